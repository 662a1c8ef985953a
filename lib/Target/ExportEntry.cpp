//===- ExportEntry.cpp - The C interface of entry functions ---------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"
#include "nnq/Support/Signature.h"
#include "nnq/Support/TargetInfo.h"
#include "nnq/Target/Passes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace nnq {
#define GEN_PASS_DEF_EXPORTENTRY
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static bool isIdentifier(StringRef name) {
  return !name.empty() && !llvm::isDigit(name.front()) &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

/// Bytes of all weights; every entry function may use all of them.
static int64_t countWeightBytes(ModuleOp module) {
  DataLayout layout = DataLayout::closest(module);
  int64_t bytes = 0;
  for (auto global : module.getOps<memref::GlobalOp>())
    if (global.getConstant() && !global.isExternal())
      bytes +=
          global.getType().getNumElements() *
          layout.getTypeSize(global.getType().getElementType()).getFixedValue();
  return bytes;
}

static FailureOr<TensorSignature> describe(func::FuncOp function,
                                           BlockArgument arg) {
  auto type = dyn_cast<MemRefType>(arg.getType());
  bool isUnsigned =
      static_cast<bool>(function.getArgAttr(arg.getArgNumber(), kUnsignedAttr));
  std::optional<DType> dtype =
      type ? getDType(type.getElementType(), isUnsigned) : std::nullopt;
  auto fail = [&]() {
    return function.emitError()
           << "entry function '" << function.getName() << "', argument "
           << arg.getArgNumber() << ": type " << arg.getType() << " ";
  };
  if (!dtype)
    return fail() << "has no counterpart in the C interface; use a tensor of "
                     "f32, f64, bool or integers of 8, 16, 32 or 64 bits";
  if (!type.hasStaticShape())
    return fail() << "has a size known only at run time; give the inputs of "
                     "the network static shapes";
  if (!type.getLayout().isIdentity() || type.getMemorySpace())
    return fail() << "is not plain row-major";
  auto name = function.getArgAttrOfType<StringAttr>(arg.getArgNumber(),
                                                    kTensorNameAttr);
  return TensorSignature{llvm::to_vector(type.getShape()), *dtype,
                         name ? name.str() : ""};
}

/// Writes that the first dimension is open where it holds the samples of a
/// tile.
static LogicalResult openBatch(func::FuncOp function, BatchAttr batch,
                               Signature &signature) {
  auto open = [&](std::vector<TensorSignature> &tensors,
                  ArrayRef<bool> isOpen) {
    if (tensors.size() != isOpen.size())
      return failure();
    for (auto [tensor, hasSamples] : llvm::zip(tensors, isOpen)) {
      if (!hasSamples)
        continue;
      if (tensor.shape.empty() || tensor.shape.front() != batch.getTile())
        return failure();
      tensor.shape.front() = kDynamicBatch;
    }
    return success();
  };
  if (failed(open(signature.inputs, batch.getInputs())) ||
      failed(open(signature.outputs, batch.getOutputs())))
    return function.emitError()
           << "'" << kBatchAttr << "' does not fit the arguments of '"
           << function.getName() << "'";
  return success();
}

static LayerSignature describe(DictionaryAttr layer) {
  LayerSignature result;
  if (auto name = layer.getAs<StringAttr>("name"))
    result.name = name.str();
  if (auto kind = layer.getAs<StringAttr>("kind"))
    result.kind = kind.str();
  if (auto type = layer.getAs<TypeAttr>("type"))
    llvm::raw_string_ostream(result.type) << type.getValue();
  if (auto macs = layer.getAs<IntegerAttr>("macs"))
    result.macs = macs.getInt();
  if (auto weights = layer.getAs<IntegerAttr>("weights"))
    result.weights = weights.getInt();
  if (auto stored = layer.getAs<IntegerAttr>("stored"))
    result.stored = stored.getInt();
  if (auto factors = layer.getAs<IntegerAttr>("factors"))
    result.factors = factors.getInt();
  if (auto zeros = layer.getAs<IntegerAttr>("zeros"))
    result.zeros = zeros.getInt();
  if (auto sqnr = layer.getAs<FloatAttr>("sqnr"))
    result.sqnr = sqnr.getValueAsDouble();
  if (auto sqnr = layer.getAs<FloatAttr>("weight_sqnr"))
    result.weightSqnr = sqnr.getValueAsDouble();
  if (auto scheme = layer.getAs<StringAttr>("weight_scheme"))
    result.weightScheme = scheme.str();
  if (auto scheme = layer.getAs<StringAttr>("input_scheme"))
    result.inputScheme = scheme.str();
  if (auto range = layer.getAs<DenseF64ArrayAttr>("input_range"))
    result.inputRange = {range[0], range[1]};
  if (auto clipped = layer.getAs<FloatAttr>("clipped"))
    result.clipped = clipped.getValueAsDouble();
  if (auto format = layer.getAs<StringAttr>("format"))
    result.format = format.str();
  return result;
}

namespace {
struct ExportEntry : public nnq::impl::ExportEntryBase<ExportEntry> {
  using ExportEntryBase::ExportEntryBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    TargetAttr target = getRequiredTarget(module);
    if (!target)
      return signalPassFailure();
    weightBytes = countWeightBytes(module);
    SmallVector<func::FuncOp> entries;
    workspaceBytes.clear();
    exported.clear();
    for (auto function : module.getOps<func::FuncOp>()) {
      if (!function.isPublic() || function.isExternal())
        continue;
      entries.push_back(function);
      for (BlockArgument arg : function.getArguments())
        if (function.getArgAttr(arg.getArgNumber(), kWorkspaceAttr)) {
          int64_t &bytes = workspaceBytes[getEntryName(function)];
          bytes =
              std::max(bytes, cast<MemRefType>(arg.getType()).getNumElements());
        }
    }
    if (entries.empty()) {
      module.emitError() << "module has no public function to export";
      return signalPassFailure();
    }
    for (func::FuncOp function : entries)
      if (failed(exportEntry(function, target)))
        return signalPassFailure();
  }

  int64_t weightBytes = 0;
  /// Functions of one entry point share the workspace.
  llvm::StringMap<int64_t> workspaceBytes;
  llvm::StringSet<> exported;

  static StringRef getEntryName(func::FuncOp function) {
    auto batch = function->getAttrOfType<BatchAttr>(kBatchAttr);
    return batch ? batch.getEntry().getValue() : function.getName();
  }

  LogicalResult exportEntry(func::FuncOp function, TargetAttr target) {
    StringRef name = getEntryName(function);
    if (!isIdentifier(name))
      return function.emitError()
             << "'" << name
             << "' is no name of a C function; give it another "
                "(nnq-compile --name)";
    if (function.getNumResults())
      return function.emitError()
             << "entry function '" << name
             << "' still returns values; run --buffer-results-to-out-params";

    Signature signature;
    signature.entry = name.str();
    signature.weights = weightBytes;
    signature.workspace = workspaceBytes.lookup(name);
    signature.threads = getNumThreads(getOperation());
    signature.triple = target.getTriple().str();
    signature.cpu = target.getCpu().str();
    signature.features = target.getFeatures().str();
    if (auto layers = function->getAttrOfType<ArrayAttr>(kLayersAttr))
      for (auto layer : layers.getAsRange<DictionaryAttr>())
        signature.layers.push_back(describe(layer));
    Builder b(&getContext());
    for (BlockArgument arg : function.getArguments()) {
      unsigned i = arg.getArgNumber();
      function.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                          b.getUnitAttr());
      if (function.getArgAttr(i, kWorkspaceAttr)) {
        function.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(),
                            b.getI64IntegerAttr(kBufferAlignment));
        continue;
      }
      FailureOr<TensorSignature> tensor = describe(function, arg);
      if (failed(tensor))
        return failure();
      bool isOutput = static_cast<bool>(function.getArgAttr(i, kResultAttr));
      (isOutput ? signature.outputs : signature.inputs)
          .push_back(std::move(*tensor));
    }
    if (signature.outputs.empty())
      return function.emitError()
             << "entry function '" << name
             << "' has no output: no argument carries '" << kResultAttr << "'";

    if (auto batch = function->getAttrOfType<BatchAttr>(kBatchAttr))
      if (failed(openBatch(function, batch, signature)))
        return failure();

    function->setAttr(kSignatureAttr, signature.toAttribute(&getContext()));
    if (!exported.insert(name).second)
      return success();
    std::string json = signature.toJSON();
    json.push_back('\0');
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), json.size());
    LLVM::GlobalOp::create(builder, function.getLoc(), type,
                           /*isConstant=*/true, LLVM::Linkage::External,
                           (name + kSignatureSuffix).str(),
                           builder.getStringAttr(json));
    return success();
  }
};
} // namespace
