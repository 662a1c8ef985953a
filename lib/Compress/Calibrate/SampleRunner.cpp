//===- SampleRunner.cpp - Run a network on samples ------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Compress/Calibrate/SampleRunner.h"
#include "nnq/Compress/Calibrate/SampleAction.h"

#include "mlir/Pass/PassManager.h"

#include <chrono>
#include <cmath>

using namespace mlir;
using namespace nnq;

namespace {
/// A line on the terminal for runs that take long, unless somebody else shows
/// it.
class Progress {
public:
  Progress(MLIRContext *context, StringRef title, int64_t total)
      : isHandled(context->hasActionHandler()), title(title), total(total) {}
  ~Progress() {
    if (isShown)
      llvm::errs() << "\n";
  }

  void update(int64_t done) {
    auto now = std::chrono::steady_clock::now();
    if (isHandled || now < next || !llvm::errs().is_displayed())
      return;
    llvm::errs() << "\r" << title << ": sample " << done << " of " << total;
    next = now + std::chrono::milliseconds(500);
    isShown = true;
  }

private:
  bool isHandled;
  StringRef title;
  int64_t total;
  bool isShown = false;
  std::chrono::steady_clock::time_point next =
      std::chrono::steady_clock::now() + std::chrono::seconds(2);
};
} // namespace

llvm::Expected<func::FuncOp> nnq::findSampledEntry(ModuleOp module) {
  SmallVector<func::FuncOp> entries;
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isDeclaration())
      entries.push_back(function);
  if (entries.size() != 1)
    return llvm::createStringError("the module has " +
                                   llvm::Twine(entries.size()) +
                                   " public functions; calibration needs one");
  func::FuncOp entry = entries.front();
  std::string name = ("function '" + entry.getName() + "'").str();
  if (entry.getNumArguments() == 0)
    return llvm::createStringError(name + " takes no input");
  std::optional<int64_t> batch;
  for (Type argument : entry.getArgumentTypes()) {
    auto type = dyn_cast<RankedTensorType>(argument);
    if (!type || type.getRank() == 0 || !getDType(type.getElementType()) ||
        ShapedType::isDynamicShape(type.getShape().drop_front()))
      return llvm::createStringError(
          name + " does not take tensors of static shape, apart from a batch");
    if (batch && batch != type.getDimSize(0))
      return llvm::createStringError(name +
                                     " takes inputs of different batch sizes");
    batch = type.getDimSize(0);
  }
  return entry;
}

llvm::Error
nnq::runSamples(ModuleOp module, CompiledModel &model, CalibrationData &data,
                StringRef title,
                function_ref<void(ArrayRef<const void *>,
                                  ArrayRef<std::vector<char>>, int64_t)>
                    use) {
  MLIRContext *context = module.getContext();
  // One sample at a time if the batch is dynamic.
  int64_t batch = model.signature().inputs.front().getShape(1).front();
  int64_t total = data.getNumSamples();
  Buffers inputs(model.signature().inputs), outputs(model.signature().outputs);
  SmallVector<const void *> inputPointers(inputs.pointers.begin(),
                                          inputs.pointers.end());
  Progress progress(context, title, total);
  for (int64_t i = 0; i + batch <= total; i += batch) {
    if (llvm::Error error = data.read(inputs.bytes, batch))
      return error;
    bool hasRun = false;
    context->executeAction<SampleAction>(
        [&] {
          model.run(inputPointers, outputs.pointers);
          hasRun = true;
        },
        {module.getOperation()}, i + batch, total);
    if (!hasRun)
      return llvm::createStringError("cancelled");
    use(inputPointers, outputs.bytes, batch);
    progress.update(i + batch);
  }
  return llvm::Error::success();
}

size_t nnq::addResult(func::FuncOp function, Value value) {
  Operation *end = function.getBody().front().getTerminator();
  size_t position =
      llvm::find(end->getOperands(), value) - end->operand_begin();
  if (position < end->getNumOperands())
    return position;
  (void)function.insertResult(function.getNumResults(), value.getType(),
                              DictionaryAttr());
  end->insertOperands(end->getNumOperands(), value);
  return position;
}

Buffers::Buffers(const std::vector<TensorSignature> &tensors) {
  for (const TensorSignature &tensor : tensors)
    pointers.push_back(bytes.emplace_back(tensor.getNumBytes()).data());
}

LogicalResult nnq::runOnCopy(ModuleOp copy,
                             function_ref<void(OpPassManager &)> build) {
  MLIRContext *context = copy.getContext();
  ScopedDiagnosticHandler silence(context, [](Diagnostic &diag) {
    return success(diag.getSeverity() == DiagnosticSeverity::Remark);
  });
  PassManager pm(context, ModuleOp::getOperationName());
  // The network itself passes through the same passes, with verification.
  pm.enableVerifier(false);
  build(pm);
  return pm.run(copy);
}

void TrialBuilders::getDependentDialects(DialectRegistry &registry) const {
  registry.insert<NNQDialect>();
  // No dialect may be loaded while passes run.
  OpPassManager pm(ModuleOp::getOperationName());
  change(pm);
  lowering(pm, /*reference=*/false);
  pm.getDependentDialects(registry);
}

llvm::Expected<CompiledModel> TrialBuilders::compile(ModuleOp copy,
                                                     StringRef entry,
                                                     LLVMLevels levels) const {
  if (failed(runOnCopy(
          copy, [&](OpPassManager &pm) { lowering(pm, /*reference=*/false); })))
    return llvm::createStringError("the network could not be lowered");
  return CompiledModel::jit(copy, {}, entry, levels);
}

void Noise::add(ArrayRef<float> expected, ArrayRef<float> values) {
  for (auto [x, y] : llvm::zip_equal(expected, values)) {
    double error = static_cast<double>(x) - y;
    signal += static_cast<double>(x) * x;
    noise += error * error;
  }
}

double Noise::getSqnr() const { return 10 * std::log10(signal / noise); }
