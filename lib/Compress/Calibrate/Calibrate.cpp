//===- Calibrate.cpp - Run a network and observe its tensors --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "CalibrationData.h"
#include "StatisticsFile.h"
#include "nnq/Compress/Calibrate/Passes.h"
#include "nnq/Compress/Calibrate/SampleAction.h"
#include "nnq/Compress/Calibrate/TensorObserver.h"
#include "nnq/Runtime/CompiledModel.h"
#include "nnq/Support/Branches.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Statistics.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

#include <chrono>

namespace nnq {
#define GEN_PASS_DEF_CALIBRATE
#include "nnq/Compress/Calibrate/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// What `observe` adds to: the compiled code passes no context along.
static thread_local MutableArrayRef<TensorObserver> currentObservers;

static void observe(int64_t id, const float *data, int64_t count) {
  currentObservers[id].add({data, static_cast<size_t>(count)});
}

/// Activations whose statistics quantization will ask for.
static SmallVector<Value> findObserved(ModuleOp module) {
  llvm::SetVector<Value> observed;
  auto observe = [&](Value value) {
    Value source = getStatsSource(value);
    auto type = dyn_cast<RankedTensorType>(source.getType());
    if (!isDequantized(value) && type && type.getElementType().isF32() &&
        canHoldStats(source))
      observed.insert(source);
  };
  module.walk([&](Operation *op) {
    if (op->hasAttr(kKeepF32Attr))
      return;
    auto structured = dyn_cast<linalg::LinalgOp>(op);
    if (structured && isActivationProduct(structured))
      for (Value operand : structured.getDpsInputs())
        observe(operand);
    else if (structured)
      if (FailureOr<WeightedOp> operands = matchWeightedOp(structured);
          succeeded(operands))
        observe(operands->activation->get());
    for (OpOperand *branch : findStoredBranches(op))
      observe(branch->get());
  });
  return observed.takeVector();
}

namespace {

/// A line on the terminal for runs that take long, unless somebody else shows
/// it.
class Progress {
public:
  Progress(MLIRContext *context, int64_t total)
      : isHandled(context->hasActionHandler()), total(total) {}
  ~Progress() {
    if (isShown)
      llvm::errs() << "\n";
  }

  void update(int64_t done) {
    auto now = std::chrono::steady_clock::now();
    if (isHandled || now < next || !llvm::errs().is_displayed())
      return;
    llvm::errs() << "\rcalibrating: sample " << done << " of " << total;
    next = now + std::chrono::milliseconds(500);
    isShown = true;
  }

private:
  bool isHandled;
  int64_t total;
  bool isShown = false;
  std::chrono::steady_clock::time_point next =
      std::chrono::steady_clock::now() + std::chrono::seconds(2);
};

struct Calibrate : public nnq::impl::CalibrateBase<Calibrate> {
  Calibrate(const CalibrateOptions &options, LoweringBuilder lowering)
      : CalibrateBase(options), lowering(std::move(lowering)) {}

  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<NNQDialect>();
    // No dialect may be loaded while passes run.
    OpPassManager pm(ModuleOp::getOperationName());
    for (bool isReference : {false, true})
      lowering(pm, isReference);
    pm.getDependentDialects(registry);
  }

  void runOnOperation() override {
    if (!statistics.empty()) {
      if (llvm::Error error = load())
        fail(std::move(error));
      return;
    }
    llvm::Expected<func::FuncOp> entry = findEntry();
    if (!entry)
      return fail(entry.takeError());
    llvm::Expected<CalibrationData> samplesOfInputs =
        CalibrationData::open(*entry, data, key, samples);
    if (!samplesOfInputs)
      return fail(samplesOfInputs.takeError());
    SmallVector<Value> observed = findObserved(getOperation());
    if (failed(observeAll(observed, *entry, *samplesOfInputs)))
      return signalPassFailure();
    if (save.empty())
      return;
    if (llvm::Error error = writeStatistics(save, getOperation(), observed))
      fail(std::move(error));
  }

private:
  void fail(llvm::Error error) {
    emitError(getOperation().getLoc())
        << "cannot calibrate: " << llvm::toString(std::move(error));
    signalPassFailure();
  }

  llvm::Error load() {
    if (!data.empty() || !save.empty() || key != "x" || samples != 0)
      return llvm::createStringError(
          "statistics=FILE takes the place of a run; "
          "leave out data, key, samples and save");
    SmallVector<Value> observed = findObserved(getOperation());
    if (llvm::Error error =
            readStatistics(statistics, getOperation(), observed))
      return error;
    numTensors += observed.size();
    return llvm::Error::success();
  }

  /// Runs the network and sets the statistics of `observed`.
  LogicalResult observeAll(ArrayRef<Value> observed, func::FuncOp entry,
                           CalibrationData &samplesOfInputs) {
    if (observed.empty())
      return success();
    std::vector<TensorObserver> observers(observed.size());
    llvm::Expected<CompiledModel> model = compile(observed, entry.getName());
    if (!model) {
      fail(model.takeError());
      return failure();
    }
    currentObservers = observers;
    llvm::Error error = run(*model, samplesOfInputs);
    currentObservers = {};
    if (error) {
      fail(std::move(error));
      return failure();
    }

    for (auto [value, observer] : llvm::zip(observed, observers))
      if (!observer.isFinite() || observer.getCount() == 0)
        return emitError(value.getLoc())
               << "the input of layer '" << getUserLayerName(value)
               << "' became NaN or infinite in calibration; the network does "
                  "not work on the data given by data="
               << data;
    for (auto [value, observer] : llvm::zip(observed, observers))
      setStats(value, observer.getAttr(&getContext()));
    numTensors += observed.size();
    return success();
  }

  /// The only function that a user can call.
  llvm::Expected<func::FuncOp> findEntry() {
    SmallVector<func::FuncOp> entries;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic() && !function.isDeclaration())
        entries.push_back(function);
    if (entries.size() != 1)
      return llvm::createStringError(
          "the module has " + llvm::Twine(entries.size()) +
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
            name +
            " does not take tensors of static shape, apart from a batch");
      if (batch && batch != type.getDimSize(0))
        return llvm::createStringError(
            name + " takes inputs of different batch sizes");
      batch = type.getDimSize(0);
    }
    return entry;
  }

  llvm::Expected<CompiledModel> compile(ArrayRef<Value> observed,
                                        StringRef entry) {
    IRMapping mapping;
    OwningOpRef<ModuleOp> copy = cast<ModuleOp>(getOperation()->clone(mapping));
    OpBuilder builder(&getContext());
    for (auto [id, value] : llvm::enumerate(observed)) {
      Value copied = mapping.lookup(value);
      builder.setInsertionPointAfterValue(copied);
      ObserveOp::create(builder, value.getLoc(), copied, id);
    }
    PassManager pm(&getContext(), ModuleOp::getOperationName());
    // The network itself passes through the same passes, with verification.
    pm.enableVerifier(false);
    lowering(pm, reference);
    if (failed(pm.run(*copy)))
      return llvm::createStringError("the network could not be lowered");
    llvm::StringMap<void *> symbols;
    symbols["nnq_observe"] = reinterpret_cast<void *>(observe);
    // Higher levels take longer to compile than they save in a run.
    return CompiledModel::jit(*copy, symbols, entry,
                              reference ? LLVMLevels{2, 2} : LLVMLevels{0, 1});
  }

  llvm::Error run(CompiledModel &model, CalibrationData &samplesOfInputs) {
    // One sample at a time if the batch is dynamic.
    int64_t batch = model.signature().inputs.front().getShape(1).front();
    int64_t total = samplesOfInputs.getNumSamples();
    std::vector<std::vector<char>> results;
    SmallVector<void *> outputs;
    for (const TensorSignature &output : model.signature().outputs)
      outputs.push_back(results.emplace_back(output.getNumBytes()).data());
    Progress progress(&getContext(), total);
    // Aligned for the code.
    std::vector<std::vector<char>> buffers;
    SmallVector<const void *> inputs;
    for (const TensorSignature &input : model.signature().inputs)
      inputs.push_back(buffers.emplace_back(input.getNumBytes()).data());
    for (int64_t i = 0; i + batch <= total; i += batch) {
      if (llvm::Error error = samplesOfInputs.read(buffers, batch))
        return error;
      bool hasRun = false;
      getContext().executeAction<SampleAction>(
          [&] {
            model.run(inputs, outputs);
            hasRun = true;
          },
          {getOperation().getOperation()}, i + batch, total);
      if (!hasRun)
        return llvm::createStringError("cancelled");
      numSamples += batch;
      progress.update(i + batch);
    }
    return llvm::Error::success();
  }

  LoweringBuilder lowering;
};

} // namespace

std::unique_ptr<Pass> nnq::createCalibrate(const CalibrateOptions &options,
                                           LoweringBuilder lowering) {
  return std::make_unique<Calibrate>(options, std::move(lowering));
}

void nnq::registerNNQCalibratePasses(LoweringBuilder lowering) {
  registerPass([lowering = std::move(lowering)] {
    return createCalibrate(CalibrateOptions(), lowering);
  });
  registerPass([] { return createChooseRanges(); });
  registerPass([] { return createInterchangeLoops(); });
}
