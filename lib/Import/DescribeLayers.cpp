//===- DescribeLayers.cpp - What a profile says of layers -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Import/Passes.h"
#include "nnq/Support/LayerKind.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"

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
    module.walk([&](LinalgOp op) {
      auto name = op->getAttrOfType<StringAttr>(kLayerAttr);
      if (!name)
        return;
      std::optional<int64_t> macs = countMultiplyAdds(op);
      NamedAttrList &layer = layers[name];
      if (macs)
        layer.set("type", TypeAttr::get(getElementTypeOrSelf(
                              op.getDpsInputOperand(0)->get().getType())));
      if (known && known.contains(name))
        return;
      auto counted = dyn_cast_or_null<IntegerAttr>(layer.get("macs"));
      if (!layer.get("kind") || (macs && !counted))
        layer.set("kind", b.getStringAttr(describeKind(op)));
      if (macs)
        layer.set("macs", b.getI64IntegerAttr(
                              *macs + (counted ? counted.getInt() : 0)));
    });
    SmallVector<NamedAttribute> described;
    for (auto &[name, layer] : layers)
      described.emplace_back(name, layer.getDictionary(&getContext()));
    numDescribed += described.size() - (known ? known.size() : 0);
    module->setAttr(kLayersAttr, b.getDictionaryAttr(described));
  }
};
} // namespace
