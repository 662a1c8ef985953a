//===- RaiseTosaQuantization.cpp - Integers of TOSA to casts --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/QuantScales.h"
#include "nnq/Support/Rewrite.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

namespace nnq {
#define GEN_PASS_DEF_RAISETOSAQUANTIZATION
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static std::optional<SmallVector<int64_t>> getIntegers(Value value) {
  DenseElementsAttr attr;
  if (!matchPattern(value, m_Constant(&attr)) ||
      !attr.getElementType().isInteger())
    return std::nullopt;
  SmallVector<int64_t> integers;
  for (const APInt &integer : attr.getValues<APInt>())
    integers.push_back(integer.getSExtValue());
  return integers;
}

/// The zero point in a tensor of one element.
static std::optional<int64_t> getZeroPoint(Value value) {
  std::optional<SmallVector<int64_t>> integers = getIntegers(value);
  if (!integers || integers->size() != 1)
    return std::nullopt;
  return integers->front();
}

static RankedTensorType getTensor(Value value, unsigned width) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isSignlessInteger(width)
             ? type
             : RankedTensorType();
}

/// Factor and zero points of a rescale of signed integers.
namespace {
struct Rescale {
  /// multiplier * 2^-shift, one or one for each index of the last dimension.
  SmallVector<double> factors;
  int64_t inputZeroPoint, outputZeroPoint;

  static std::optional<Rescale> match(tosa::RescaleOp op);
};
} // namespace

std::optional<Rescale> Rescale::match(tosa::RescaleOp op) {
  std::optional<SmallVector<int64_t>> multipliers =
      getIntegers(op.getMultiplier());
  std::optional<SmallVector<int64_t>> shifts = getIntegers(op.getShift());
  std::optional<int64_t> input = getZeroPoint(op.getInputZp());
  std::optional<int64_t> output = getZeroPoint(op.getOutputZp());
  if (!multipliers || !shifts || !input || !output || op.getInputUnsigned() ||
      op.getOutputUnsigned() || multipliers->size() != shifts->size())
    return std::nullopt;
  Rescale result{{}, *input, *output};
  for (auto [multiplier, shift] : llvm::zip(*multipliers, *shifts)) {
    if (multiplier <= 0)
      return std::nullopt;
    result.factors.push_back(
        std::ldexp(static_cast<double>(multiplier), -static_cast<int>(shift)));
  }
  return result;
}

/// i8 whose numbers are q - zeroPoint.
static quant::QuantizedType getUnitType(MLIRContext *context,
                                        int64_t zeroPoint) {
  return getInt8Type(context, /*isSigned=*/true, kInt8, 1.0, zeroPoint);
}

static Value dequantize(OpBuilder &builder, Location loc, Value stored,
                        quant::QuantizedType type) {
  auto tensor = cast<RankedTensorType>(stored.getType());
  Value quantized =
      quant::StorageCastOp::create(builder, loc, tensor.clone(type), stored);
  return quant::DequantizeCastOp::create(
      builder, loc, tensor.clone(builder.getF32Type()), quantized);
}

static Value quantize(OpBuilder &builder, Location loc, Value number,
                      quant::QuantizedType type) {
  auto tensor = cast<RankedTensorType>(number.getType());
  Value quantized =
      quant::QuantizeCastOp::create(builder, loc, tensor.clone(type), number);
  return quant::StorageCastOp::create(
      builder, loc, tensor.clone(type.getStorageType()), quantized);
}

static Value createFloats(OpBuilder &builder, Location loc,
                          ArrayRef<int64_t> shape, ArrayRef<float> values) {
  auto type = RankedTensorType::get(shape, builder.getF32Type());
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, values));
}

/// number * factor, by the index of the last dimension if there are several.
static Value scaleBy(OpBuilder &builder, Location loc, Value number,
                     ArrayRef<double> factors) {
  auto type = cast<RankedTensorType>(number.getType());
  SmallVector<float> values(factors);
  SmallVector<int64_t> shape(type.getRank(), 1);
  if (values.size() > 1)
    shape.back() = values.size();
  Value factor = createFloats(builder, loc, shape, values);
  Value shift = arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(RankedTensorType::get({1}, builder.getI8Type()),
                             builder.getI8IntegerAttr(0)));
  return tosa::MulOp::create(builder, loc, type, number, factor, shift);
}

/// `op` on `operands` in place of its own, of which f32 come out.
static Value createOnFloats(OpBuilder &builder, Operation *op,
                            ValueRange operands) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  OperationState state(op->getLoc(), op->getName());
  state.addOperands(operands);
  state.addTypes(type.clone(builder.getF32Type()));
  state.addAttributes(op->getAttrs());
  if (op->hasAttr("acc_type"))
    state.attributes.set("acc_type", TypeAttr::get(builder.getF32Type()));
  return builder.create(state)->getResult(0);
}

namespace {

/// rescale(conv(x, w, b)) -> quantize(conv(dequantize(x), dequantize(w), b *
/// f)) with the factors f as scales of the weights.
template <typename ConvOp>
struct RaiseConvolution : public OpRewritePattern<tosa::RescaleOp> {
  RaiseConvolution(MLIRContext *context, llvm::function_ref<void()> count)
      : OpRewritePattern(context, /*benefit=*/2), count(count) {}

  LogicalResult matchAndRewrite(tosa::RescaleOp op,
                                PatternRewriter &rewriter) const override {
    auto conv = op.getInput().getDefiningOp<ConvOp>();
    if (!conv || !conv->hasOneUse())
      return rewriter.notifyMatchFailure(op, "no convolution of its own");
    std::optional<Rescale> rescale = Rescale::match(op);
    std::optional<int64_t> x = getZeroPoint(conv.getInputZp()),
                           w = getZeroPoint(conv.getWeightZp());
    std::optional<SmallVector<int64_t>> biases = getIntegers(conv.getBias());
    RankedTensorType weight = getTensor(conv.getWeight(), 8);
    if (!rescale || !x || !w || !biases || !weight ||
        rescale->inputZeroPoint != 0)
      return rewriter.notifyMatchFailure(op, "parameters are not constants");
    if (!getTensor(conv.getInput(), 8) || !getTensor(op.getOutput(), 8))
      return rewriter.notifyMatchFailure(op, "activations are not i8");
    Attribute weights;
    if (!matchPattern(conv.getWeight(), m_Constant(&weights)))
      return rewriter.notifyMatchFailure(op, "weights are no constant");
    std::optional<int64_t> axis = getChannelAxis(weight.getShape());
    if (rescale->factors.size() > 1 && !axis)
      return rewriter.notifyMatchFailure(op, "channels are of two dimensions");

    Location loc = conv.getLoc();
    rewriter.setInsertionPoint(op);
    int64_t channels = cast<RankedTensorType>(op.getType()).getShape().back();
    SmallVector<float> scaledBiases;
    for (int64_t i = 0; i < channels; ++i)
      scaledBiases.push_back(static_cast<float>(
          static_cast<double>((*biases)[i % biases->size()]) *
          rescale->factors[i % rescale->factors.size()]));
    Value constant = arith::ConstantOp::create(rewriter, loc, weight,
                                               cast<TypedAttr>(weights));
    Value zero = createFloats(rewriter, loc, {1}, 0.0f);
    SmallVector<Value> operands{
        dequantize(rewriter, loc, conv.getInput(),
                   getUnitType(getContext(), *x)),
        dequantize(rewriter, loc, constant,
                   getWeightType(rescale->factors, axis, *w)),
        createFloats(rewriter, loc, {channels}, scaledBiases), zero, zero};
    Value raised = createOnFloats(rewriter, conv, operands);
    rewriter.replaceOp(
        op, quantize(rewriter, loc, raised,
                     getUnitType(getContext(), rescale->outputZeroPoint)));
    rewriter.eraseOp(conv);
    count();
    return success();
  }

private:
  /// The dimension of the weights that is that of the output channels.
  static std::optional<int64_t> getChannelAxis(ArrayRef<int64_t> shape) {
    if (std::is_same_v<ConvOp, tosa::Conv2DOp>)
      return 0;
    // Height, width, input channels, and output channels of each.
    if (shape[3] == 1)
      return 2;
    return shape[2] == 1 ? std::optional<int64_t>(3) : std::nullopt;
  }

  quant::QuantizedType getWeightType(ArrayRef<double> scales,
                                     std::optional<int64_t> axis,
                                     int64_t zeroPoint) const {
    SmallVector<int64_t> zeroPoints(scales.size(), zeroPoint);
    // Symmetric weights have no -128.
    return getInt8Type(getContext(), /*isSigned=*/true,
                       zeroPoint == 0 ? kNarrowInt8 : kInt8, scales, zeroPoints,
                       scales.size() > 1 ? axis : std::nullopt);
  }

  llvm::function_ref<void()> count;
};

/// rescale(f(rescale(x), ...)) -> quantize(f(dequantize(x) * factor, ...)), f
/// being sums, differences and bounds in i32.
struct RaiseArithmetic : public OpRewritePattern<tosa::RescaleOp> {
  RaiseArithmetic(MLIRContext *context, llvm::function_ref<void()> count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(tosa::RescaleOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<Rescale> rescale = Rescale::match(op);
    if (!rescale || !getTensor(op.getOutput(), 8))
      return rewriter.notifyMatchFailure(op, "not to i8 by constants");
    bool isFromI8 = static_cast<bool>(getTensor(op.getInput(), 8));
    if (!isFromI8 && !isRaisable(op.getInput()))
      return rewriter.notifyMatchFailure(op, "not computed from i8");
    Location loc = op.getLoc();
    Value number =
        isFromI8
            ? dequantize(rewriter, loc, op.getInput(),
                         getUnitType(getContext(), rescale->inputZeroPoint))
            : raise(rewriter, op.getInput());
    number = scaleBy(rewriter, loc, number, rescale->factors);
    rewriter.replaceOp(
        op, quantize(rewriter, loc, number,
                     getUnitType(getContext(), rescale->outputZeroPoint)));
    count();
    return success();
  }

private:
  static bool isRaisable(Value value) {
    if (!getTensor(value, 32))
      return false;
    if (auto rescale = value.getDefiningOp<tosa::RescaleOp>()) {
      std::optional<Rescale> parameters = Rescale::match(rescale);
      return parameters && parameters->outputZeroPoint == 0 &&
             getTensor(rescale.getInput(), 8);
    }
    Operation *def = value.getDefiningOp();
    return isa_and_nonnull<tosa::AddOp, tosa::SubOp, tosa::MaximumOp,
                           tosa::MinimumOp>(def) &&
           llvm::all_of(def->getOperands(), isRaisable);
  }

  Value raise(PatternRewriter &rewriter, Value value) const {
    Operation *def = value.getDefiningOp();
    if (auto rescale = dyn_cast<tosa::RescaleOp>(def)) {
      Rescale parameters = *Rescale::match(rescale);
      Value number =
          dequantize(rewriter, def->getLoc(), rescale.getInput(),
                     getUnitType(getContext(), parameters.inputZeroPoint));
      return scaleBy(rewriter, def->getLoc(), number, parameters.factors);
    }
    SmallVector<Value> operands;
    for (Value operand : def->getOperands())
      operands.push_back(raise(rewriter, operand));
    return createOnFloats(rewriter, def, operands);
  }

  llvm::function_ref<void()> count;
};

/// move(q) -> quantize(move(dequantize(q))) for what moves elements or picks
/// them, if q is known to be quantized.
template <typename MoveOp>
struct RaiseMovement : public OpRewritePattern<MoveOp> {
  using OpRewritePattern<MoveOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(MoveOp op,
                                PatternRewriter &rewriter) const override {
    quant::UniformQuantizedType type;
    for (OpOperand &operand : op->getOpOperands()) {
      if (!isMoved(operand))
        continue;
      auto cast = operand.get().template getDefiningOp<quant::StorageCastOp>();
      auto found = cast ? dyn_cast<quant::UniformQuantizedType>(
                              getElementTypeOrSelf(cast.getInput().getType()))
                        : quant::UniformQuantizedType();
      if (!found || (type && found != type))
        return rewriter.notifyMatchFailure(op, "operands are not quantized "
                                               "alike");
      type = found;
    }
    Location loc = op.getLoc();
    std::optional<int64_t> padding;
    if constexpr (std::is_same_v<MoveOp, tosa::PadOp>) {
      padding = getZeroPoint(op.getPadConst());
      if (!padding)
        return rewriter.notifyMatchFailure(op, "pads with no constant");
    }
    SmallVector<Value> operands;
    for (OpOperand &operand : op->getOpOperands())
      operands.push_back(isMoved(operand)
                             ? dequantize(rewriter, loc, operand.get(), type)
                             : operand.get());
    if (padding)
      operands.back() =
          createFloats(rewriter, loc, {1},
                       static_cast<float>((*padding - type.getZeroPoint()) *
                                          type.getScale()));
    Value moved = createOnFloats(rewriter, op, operands);
    rewriter.replaceOp(op, quantize(rewriter, loc, moved, type));
    return success();
  }

private:
  /// Shapes and padding are no operands that are moved.
  static bool isMoved(OpOperand &operand) {
    return isa<RankedTensorType>(operand.get().getType()) &&
           (operand.getOperandNumber() == 0 ||
            std::is_same_v<MoveOp, tosa::ConcatOp>);
  }
};

/// The mean of numbers; it is rounded once.
struct RaiseAveragePool : public OpRewritePattern<tosa::AvgPool2dOp> {
  RaiseAveragePool(MLIRContext *context, llvm::function_ref<void()> count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(tosa::AvgPool2dOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<int64_t> input = getZeroPoint(op.getInputZp()),
                           output = getZeroPoint(op.getOutputZp());
    if (!getTensor(op.getInput(), 8) || !input || !output)
      return rewriter.notifyMatchFailure(op, "not of i8");
    Location loc = op.getLoc();
    Value zero = createFloats(rewriter, loc, {1}, 0.0f);
    Value number = dequantize(rewriter, loc, op.getInput(),
                              getUnitType(getContext(), *input));
    Value mean = createOnFloats(rewriter, op, {number, zero, zero});
    rewriter.replaceOp(
        op, quantize(rewriter, loc, mean, getUnitType(getContext(), *output)));
    count();
    return success();
  }

private:
  llvm::function_ref<void()> count;
};

struct RaiseTosaQuantization
    : public nnq::impl::RaiseTosaQuantizationBase<RaiseTosaQuantization> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    auto count = [&] { ++numRaised; };
    populateRaiseTosaQuantizationPatterns(patterns, count);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void nnq::populateRaiseTosaQuantizationPatterns(
    RewritePatternSet &patterns, llvm::function_ref<void()> count) {
  patterns.add<RaiseConvolution<tosa::Conv2DOp>,
               RaiseConvolution<tosa::DepthwiseConv2DOp>, RaiseArithmetic,
               RaiseAveragePool>(patterns.getContext(), count);
  patterns.add<RaiseMovement<tosa::MaxPool2dOp>, RaiseMovement<tosa::ReshapeOp>,
               RaiseMovement<tosa::TransposeOp>, RaiseMovement<tosa::SliceOp>,
               RaiseMovement<tosa::ConcatOp>, RaiseMovement<tosa::PadOp>>(
      patterns.getContext());
}
