//===- QuantizeLayers.cpp - Quantize layers one by one --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "QuantizeLayers.h"

#include "nnq/Support/Layers.h"
#include "nnq/Support/Statistics.h"

using namespace mlir;
using namespace nnq;

bool nnq::isF32Tensor(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF32();
}

StringRef nnq::findObstacle(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics())
    return "it does not work on tensors";
  if (!llvm::all_of(op->getOperands(), isF32Tensor))
    return "its operands are not f32";
  if (failed(matchWeightedOp(op)))
    return "both of its operands are constants";
  return "";
}

WeightFormat nnq::getWeightFormat(linalg::LinalgOp op,
                                  const WeightedOp &operands,
                                  const LayerFormat &format) {
  WeightFormat result{format.weights, format.weightRange, operands.channelAxis,
                      operands.inputAxis, format.weightCalibration};
  WeightGranularity granularity = format.weightGranularity;
  if (auto own = op->getAttrOfType<WeightFormatAttr>(kWeightsAttr)) {
    result.scheme = own.getScheme();
    result.range = own.getRange();
    granularity = own.getGranularity();
  }
  if (granularity == WeightGranularity::PerTensor)
    result.axis = std::nullopt;
  return result;
}

Value nnq::quantizeActivation(OpBuilder &builder, Value activation,
                              QuantScheme scheme) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(activation);
  Location loc = activation.getLoc();
  auto type = cast<RankedTensorType>(activation.getType());
  if (QuantRangeAttr range = findQuantRange(activation)) {
    Value cast = quant::QuantizeCastOp::create(
        builder, loc, type.clone(getActivationType(range, scheme)), activation);
    return quant::DequantizeCastOp::create(builder, loc, type, cast);
  }
  UnitAttr symmetric =
      scheme == QuantScheme::Symmetric ? builder.getUnitAttr() : UnitAttr();
  auto cast = DynamicQCastOp::create(
      builder, loc, type.clone(builder.getI8Type()), builder.getF32Type(),
      builder.getI32Type(), activation, symmetric);
  return DynamicDCastOp::create(builder, loc, type, cast.getQuantized(),
                                cast.getScale(), cast.getZeroPoint(),
                                symmetric);
}

void nnq::setClipped(linalg::LinalgOp op, Value activation) {
  Value source = getStatsSource(activation);
  QuantRangeAttr range = getQuantRange(source);
  if (isDequantized(activation) || !range || !getStats(source))
    return;
  FloatAttr clipped = range.getClipped();
  op->setAttr(kClippedAttr, clipped ? clipped : Builder(op).getF64FloatAttr(0));
}

void nnq::setProvenance(linalg::LinalgOp op, int64_t elements) {
  MLIRContext *context = op.getContext();
  op->setAttr(kProvenanceAttr,
              ProvenanceAttr::get(context,
                                  StringAttr::get(context, getLayerName(op)),
                                  StringAttr::get(context, "quantize-int8"),
                                  elements * 32, elements * 8));
}

namespace {
/// y = f(x, w) -> y = f(dequantize(quantize(x)), dequantize(quantize(w)))
struct QuantizeLayer : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  QuantizeLayer(MLIRContext *context, const LayerFormat &format)
      : OpInterfaceRewritePattern(context), format(format) {}

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (!isMultiplyAccumulate(op) || op->hasAttr(kKeepF32Attr))
      return rewriter.notifyMatchFailure(op, "no layer, or one kept in f32");
    if (StringRef obstacle = findObstacle(op); !obstacle.empty())
      return rewriter.notifyMatchFailure(op, obstacle);
    WeightedOp operands = *matchWeightedOp(op);
    Value weight = operands.weight->get();
    Value activation = operands.activation->get();
    if (isDequantized(weight) && isDequantized(activation))
      return rewriter.notifyMatchFailure(op, "is quantized");
    if (!isDequantized(weight)) {
      rewriter.setInsertionPointAfterValue(weight);
      FailureOr<Value> quantized = quantizeWeight(
          rewriter, weight, getWeightFormat(op, operands, format));
      if (failed(quantized))
        return rewriter.notifyMatchFailure(
            op, "the bytes of its weights are not at hand");
      weight = *quantized;
    }
    if (!isDequantized(activation))
      activation = quantizeActivation(rewriter, activation, format.activations);
    rewriter.modifyOpInPlace(op, [&] {
      setClipped(op, operands.activation->get());
      operands.weight->set(weight);
      operands.activation->set(activation);
      setProvenance(op, cast<ShapedType>(weight.getType()).getNumElements());
    });
    return success();
  }

  LayerFormat format;
};
} // namespace

void nnq::populateQuantizeLayersPatterns(RewritePatternSet &patterns,
                                         const LayerFormat &format) {
  patterns.add<QuantizeLayer>(patterns.getContext(), format);
}
