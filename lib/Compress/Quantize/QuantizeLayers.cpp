//===- QuantizeLayers.cpp - Quantize layers one by one --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "QuantizeLayers.h"

#include "nnq/Support/Contraction.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Statistics.h"
#include "llvm/Support/FormatVariadic.h"

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
  WeightFormat result{format.weights,           format.weightRange,
                      operands.channelAxis,     operands.inputAxis,
                      format.weightCalibration, format.weightBits,
                      format.groupSize};
  WeightGranularity granularity = format.weightGranularity;
  if (auto own = op->getAttrOfType<WeightFormatAttr>(kWeightsAttr)) {
    result.scheme = own.getScheme();
    result.range = own.getRange();
    granularity = own.getGranularity();
    result.bits = own.getBits();
    result.groupSize = own.getGroup();
  }
  if (granularity == WeightGranularity::PerTensor)
    result.axis = std::nullopt;
  return result;
}

ActivationFormat nnq::getActivationFormat(linalg::LinalgOp op,
                                          const LayerFormat &format) {
  if (auto own = op->getAttrOfType<ActivationFormatAttr>(kActivationAttr))
    return {own.getScheme(), own.getRange()};
  bool isPerRow = format.activationGranularity == ActivationGranularity::PerRow;
  return {format.activations,
          isPerRow ? ActivationRange::PerRow : ActivationRange::Static};
}

Value nnq::quantizeActivation(OpBuilder &builder, Value activation,
                              ActivationFormat format) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(activation);
  Location loc = activation.getLoc();
  auto type = cast<RankedTensorType>(activation.getType());
  bool isPerRow = format.range == ActivationRange::PerRow;
  QuantRangeAttr range = findQuantRange(activation);
  if (range && format.range == ActivationRange::Static) {
    Value cast = quant::QuantizeCastOp::create(
        builder, loc, type.clone(getActivationType(range, format.scheme)),
        activation);
    return quant::DequantizeCastOp::create(builder, loc, type, cast);
  }
  UnitAttr symmetric = format.scheme == QuantScheme::Symmetric
                           ? builder.getUnitAttr()
                           : UnitAttr();
  Type scale = builder.getF32Type(), zeroPoint = builder.getI32Type();
  if (isPerRow) {
    ArrayRef<int64_t> rows = type.getShape().drop_back();
    scale = RankedTensorType::get(rows, scale);
    zeroPoint = RankedTensorType::get(rows, zeroPoint);
  }
  auto cast =
      DynamicQCastOp::create(builder, loc, type.clone(builder.getI8Type()),
                             scale, zeroPoint, activation, symmetric);
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

std::string nnq::findFormatObstacle(linalg::LinalgOp op,
                                    const WeightedOp &operands,
                                    const WeightFormat &format) {
  if (format.bits == 8 && format.groupSize == 0)
    return "";
  if (operands.weight->getOperandNumber() != 1 ||
      failed(Contraction::match(op)))
    return "weights of fewer bits, and groups, are of convolutions and "
           "products "
           "whose channels have all of the input";
  if (format.groupSize == 0)
    return "";
  int64_t rank = op.getMatchingIndexingMap(operands.weight).getNumResults();
  if (!isContraction(op) || rank != 2 || op.getNumReductionLoops() != 1)
    return "groups are of the weights of products of two matrices";
  int64_t inputs = op.getShape(operands.weight)[*operands.inputAxis];
  if (inputs % format.groupSize != 0)
    return llvm::formatv("its {0} inputs do not divide into groups of {1}",
                         inputs, format.groupSize);
  return "";
}

int64_t nnq::countWeightBits(Value dequantized) {
  int64_t elements = cast<ShapedType>(dequantized.getType()).getNumElements();
  auto cast = dequantized.getDefiningOp<quant::DequantizeCastOp>();
  if (!cast)
    return elements * 32;
  return elements * cast.getQuantizedType().getStorageTypeIntegralWidth();
}

/// Such as quantize-int8, or quantize-int4-group64.
static std::string getTechnique(Value weight) {
  auto cast = weight.getDefiningOp<quant::DequantizeCastOp>();
  if (!cast)
    return "quantize-int8";
  quant::QuantizedType type = cast.getQuantizedType();
  std::string name =
      llvm::formatv("quantize-int{0}", type.getStorageTypeIntegralWidth());
  if (auto block = dyn_cast<quant::UniformQuantizedSubChannelType>(type))
    name +=
        llvm::formatv("-group{0}", llvm::max_element(block.getBlockSizes())[0]);
  return name;
}

void nnq::setProvenance(linalg::LinalgOp op, Value weight) {
  int64_t elements = cast<ShapedType>(weight.getType()).getNumElements();
  MLIRContext *context = op.getContext();
  op->setAttr(
      kProvenanceAttr,
      ProvenanceAttr::get(context, StringAttr::get(context, getLayerName(op)),
                          StringAttr::get(context, getTechnique(weight)),
                          elements * 32, countWeightBits(weight)));
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
    if (isDequantized(weight) &&
        (isDequantized(activation) || format.compute == ComputePrecision::F32))
      return rewriter.notifyMatchFailure(op, "is quantized");
    if (!isDequantized(weight)) {
      rewriter.setInsertionPointAfterValue(weight);
      WeightFormat own = getWeightFormat(op, operands, format);
      if (!findFormatObstacle(op, operands, own).empty())
        dropFormat(own);
      FailureOr<Value> quantized = quantizeWeight(rewriter, weight, own);
      if (failed(quantized))
        return rewriter.notifyMatchFailure(
            op, "the bytes of its weights are not at hand");
      weight = *quantized;
    }
    if (!isDequantized(activation) &&
        format.compute == ComputePrecision::Int8) {
      ActivationFormat own = getActivationFormat(op, format);
      if (own.range == ActivationRange::PerRow && !readsRows(op, operands))
        own.range = ActivationRange::Static;
      activation = quantizeActivation(rewriter, activation, own);
    }
    rewriter.modifyOpInPlace(op, [&] {
      setClipped(op, operands.activation->get());
      operands.weight->set(weight);
      operands.activation->set(activation);
      setProvenance(op, weight);
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
