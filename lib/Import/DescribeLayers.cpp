//===- DescribeLayers.cpp - What a profile says of layers -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Import/Passes.h"
#include "nnq/Support/LayerKind.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/MathExtras.h"

namespace nnq {
#define GEN_PASS_DEF_DESCRIBELAYERS
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace mlir::linalg;
using namespace nnq;

static StringRef describeKind(LinalgOp op) {
  if (isConvolution(op)) {
    FailureOr<ConvolutionDimensions> dims = inferConvolutionDims(op);
    if (succeeded(dims) && !dims->depth.empty() && dims->inputChannel.empty())
      return "depthwise";
  }
  return getLayerKind(op);
}

/// Multiply-adds of `op`; none if it does not multiply or has dynamic sizes.
static std::optional<int64_t> countMultiplyAdds(LinalgOp op) {
  if (op.getNumReductionLoops() == 0 || !isMultiplyAddBody(op) ||
      op.hasDynamicShape())
    return std::nullopt;
  return ShapedType::getNumElements(op.getStaticLoopRanges());
}

/// The constant that `value` is, by a reshape at most.
static arith::ConstantOp findConstant(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op))
      return dyn_cast<arith::ConstantOp>(op);
    value = op->getOperand(0);
  }
  return nullptr;
}

static int64_t countBytes(arith::ConstantOp constant) {
  auto type = dyn_cast<RankedTensorType>(constant.getType());
  if (!type)
    return 0;
  return llvm::divideCeil(type.getNumElements() * type.getElementTypeBitWidth(),
                          8);
}

namespace {
struct DescribeLayers : public nnq::impl::DescribeLayersBase<DescribeLayers> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    Builder b(&getContext());
    auto known = module->getAttrOfType<DictionaryAttr>(kLayersAttr);
    llvm::MapVector<StringAttr, NamedAttrList> layers;
    if (known)
      for (NamedAttribute layer : known)
        layers[layer.getName()] = cast<DictionaryAttr>(layer.getValue());
    for (auto &layer : layers)
      layer.second.erase("weights");
    llvm::DenseSet<std::pair<Attribute, Operation *>> counted;
    module.walk([&](LinalgOp op) {
      auto name = op->getAttrOfType<StringAttr>(kLayerAttr);
      if (!name)
        return;
      std::optional<int64_t> macs = countMultiplyAdds(op);
      NamedAttrList &layer = layers[name];
      if (macs)
        layer.set("type", TypeAttr::get(getElementTypeOrSelf(
                              op.getDpsInputOperand(0)->get().getType())));
      countWeights(op, name, counted, layer);
      if (known && known.contains(name))
        return;
      auto sum = dyn_cast_or_null<IntegerAttr>(layer.get("macs"));
      if (!layer.get("kind") || (macs && !sum))
        layer.set("kind", b.getStringAttr(describeKind(op)));
      if (macs)
        layer.set("macs",
                  b.getI64IntegerAttr(*macs + (sum ? sum.getInt() : 0)));
    });
    SmallVector<NamedAttribute> described;
    for (auto &[name, layer] : layers)
      described.emplace_back(name, layer.getDictionary(&getContext()));
    numDescribed += described.size() - (known ? known.size() : 0);
    module->setAttr(kLayersAttr, b.getDictionaryAttr(described));
  }

private:
  /// Adds the constants that `op` reads; ops of one layer may share some.
  static void
  countWeights(LinalgOp op, StringAttr name,
               llvm::DenseSet<std::pair<Attribute, Operation *>> &counted,
               NamedAttrList &layer) {
    int64_t bytes = 0;
    for (OpOperand *operand : op.getDpsInputOperands())
      if (arith::ConstantOp constant = findConstant(operand->get());
          constant && counted.insert({name, constant}).second)
        bytes += countBytes(constant);
    if (!bytes)
      return;
    if (auto sum = dyn_cast_or_null<IntegerAttr>(layer.get("weights")))
      bytes += sum.getInt();
    layer.set("weights", Builder(op).getI64IntegerAttr(bytes));
  }
};
} // namespace
