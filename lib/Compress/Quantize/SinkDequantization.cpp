//===- SinkDequantization.cpp - Move dequantization downwards -------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ElementMovement.h"
#include "nnq/Compress/Quantize/Transforms.h"
#include "nnq/Support/QuantScales.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace nnq;
using quant::DequantizeCastOp;
using quant::QuantizeCastOp;
using quant::StorageCastOp;

/// The constant integers behind a dequantization, or null.
static Value getStoredConstant(DequantizeCastOp op) {
  auto cast = op.getInput().getDefiningOp<StorageCastOp>();
  return cast && matchPattern(cast.getInput(), m_Constant()) ? cast.getInput()
                                                             : Value();
}

/// `type` with the dimension of its scales, if it has one, at `axis`.
static quant::QuantizedType moveAxis(quant::QuantizedType type, int64_t axis) {
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
  if (!perAxis)
    return type;
  return quant::UniformQuantizedPerAxisType::get(
      perAxis.getFlags(), perAxis.getStorageType(), perAxis.getExpressedType(),
      perAxis.getScales(), perAxis.getZeroPoints(), axis,
      perAxis.getStorageTypeMin(), perAxis.getStorageTypeMax());
}

/// The dimension of `to` that is dimension `axis` of `from`, alone but for unit
/// dimensions, in a reshape of one into the other.
static std::optional<int64_t> mapAxis(ArrayRef<int64_t> from,
                                      ArrayRef<int64_t> to, int64_t axis) {
  auto countInner = [](ArrayRef<int64_t> shape, int64_t dim) {
    int64_t count = 1;
    for (int64_t size : shape.drop_front(dim + 1))
      count *= size;
    return count;
  };
  if (llvm::any_of(from, ShapedType::isDynamic) ||
      llvm::any_of(to, ShapedType::isDynamic))
    return std::nullopt;
  int64_t inner = countInner(from, axis);
  for (auto [dim, size] : llvm::enumerate(to))
    if (size == from[axis] && countInner(to, dim) == inner)
      return dim;
  return std::nullopt;
}

namespace {

/// reshape(dequantize(q)) -> dequantize(reshape(q)); of constants the integers
/// are reshaped.
template <typename ReshapeOp>
struct SinkBelowReshape : public OpRewritePattern<ReshapeOp> {
  using OpRewritePattern<ReshapeOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto cast = op->getOperand(0).template getDefiningOp<DequantizeCastOp>();
    if (!cast)
      return rewriter.notifyMatchFailure(op, "operand is not dequantized");
    quant::QuantizedType type = cast.getQuantizedType();
    auto result = cast_or_null<RankedTensorType>(op->getResult(0).getType());
    auto source = dyn_cast<RankedTensorType>(cast.getType());
    if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type)) {
      if (isa<tensor::ExtractSliceOp>(op))
        return rewriter.notifyMatchFailure(op, "slice of several scales");
      std::optional<int64_t> axis =
          mapAxis(source.getShape(), result.getShape(),
                  perAxis.getQuantizedDimension());
      if (!axis)
        return rewriter.notifyMatchFailure(op, "scales do not stay apart");
      type = moveAxis(type, *axis);
    } else if (!isa<quant::UniformQuantizedType>(type)) {
      return rewriter.notifyMatchFailure(op, "scales are of blocks");
    }
    Value stored = getStoredConstant(cast);
    Operation *moved = rewriter.clone(*op);
    moved->setOperand(0, stored ? stored : cast.getInput());
    Type element = stored ? type.getStorageType() : Type(type);
    moved->getResult(0).setType(result.clone(element));
    Value quantized = moved->getResult(0);
    if (stored)
      quantized = StorageCastOp::create(rewriter, op.getLoc(),
                                        result.clone(type), quantized);
    rewriter.replaceOpWithNewOp<DequantizeCastOp>(op, result, quantized);
    return success();
  }
};

/// pad(dequantize(q), x) -> dequantize(pad(q, x / s + zp)) if that is exact.
struct SinkBelowPad : public OpRewritePattern<tensor::PadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::PadOp op,
                                PatternRewriter &rewriter) const override {
    auto cast = op.getSource().getDefiningOp<DequantizeCastOp>();
    if (!cast)
      return rewriter.notifyMatchFailure(op, "source is not dequantized");
    auto type = dyn_cast<quant::UniformQuantizedType>(cast.getQuantizedType());
    std::optional<float> padding = getPaddingConstant(op);
    if (!type || !padding)
      return rewriter.notifyMatchFailure(op, "several scales or no constant");
    QuantParams params = getQuantParams(type);
    int32_t stored = quantize(*padding, params, getStorageRange(type));
    if (static_cast<float>(stored - params.zeroPoint) * params.scale !=
        *padding)
      return rewriter.notifyMatchFailure(op, "padding is rounded");
    rewriter.replaceOpWithNewOp<DequantizeCastOp>(
        op, op.getResultType(),
        padQuantized(rewriter, op, cast.getInput(), stored));
    return success();
  }
};

/// transpose(dequantize(constant)) -> dequantize(transpose(constant))
struct SinkBelowConstantTranspose
    : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<SmallVector<int64_t>> order = getPermutation(op);
    if (!order || !op.hasPureTensorSemantics())
      return rewriter.notifyMatchFailure(op, "no transpose");
    auto cast =
        op.getDpsInputOperand(0)->get().getDefiningOp<DequantizeCastOp>();
    Value stored = cast ? getStoredConstant(cast) : Value();
    if (!stored)
      return rewriter.notifyMatchFailure(op, "operand is no constant");
    quant::QuantizedType type = cast.getQuantizedType();
    if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type))
      type =
          moveAxis(type, llvm::find(*order, perAxis.getQuantizedDimension()) -
                             order->begin());
    else if (!isa<quant::UniformQuantizedType>(type))
      return rewriter.notifyMatchFailure(op, "scales are of blocks");
    auto result = ::cast<RankedTensorType>(op->getResult(0).getType());
    Value empty = tensor::EmptyOp::create(
        rewriter, op.getLoc(), result.getShape(), type.getStorageType());
    Value moved = linalg::TransposeOp::create(rewriter, op.getLoc(), stored,
                                              empty, *order)
                      ->getResult(0);
    Value quantized =
        StorageCastOp::create(rewriter, op.getLoc(), result.clone(type), moved);
    rewriter.replaceOpWithNewOp<DequantizeCastOp>(op, result, quantized);
    return success();
  }
};

/// pick(dequantize(q)) -> dequantize(quantize(pick(dequantize(q)))), in which
/// nothing is rounded.
struct QuantizeBelowSelection
    : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (!picksElements(op) || op->getNumResults() != 1)
      return rewriter.notifyMatchFailure(op, "does more than pick elements");
    return quantizeResult(op, rewriter);
  }

  static LogicalResult quantizeResult(Operation *op,
                                      PatternRewriter &rewriter) {
    quant::UniformQuantizedType type;
    for (OpOperand *operand : getPickedOperands(op)) {
      auto cast = operand->get().getDefiningOp<DequantizeCastOp>();
      auto uniform =
          cast ? dyn_cast<quant::UniformQuantizedType>(cast.getQuantizedType())
               : quant::UniformQuantizedType();
      if (!uniform || (type && type != uniform))
        return rewriter.notifyMatchFailure(op, "operands differ in scale");
      type = uniform;
    }
    Value result = op->getResult(0);
    // A cast that is there already does as well.
    if (!type || llvm::any_of(result.getUsers(), [](Operation *user) {
          return isa<QuantizeCastOp>(user);
        }))
      return rewriter.notifyMatchFailure(op, "result is quantized");
    rewriter.setInsertionPointAfter(op);
    auto tensor = cast<RankedTensorType>(result.getType());
    auto quantized = QuantizeCastOp::create(rewriter, op->getLoc(),
                                            tensor.clone(type), result);
    auto dequantized =
        DequantizeCastOp::create(rewriter, op->getLoc(), tensor, quantized);
    rewriter.replaceAllUsesExcept(result, dequantized, quantized);
    return success();
  }
};

struct QuantizeBelowConcat : public OpRewritePattern<tensor::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    return QuantizeBelowSelection::quantizeResult(op, rewriter);
  }
};

} // namespace

void nnq::populateSinkDequantizationPatterns(RewritePatternSet &patterns) {
  patterns.add<SinkBelowReshape<tensor::ExpandShapeOp>,
               SinkBelowReshape<tensor::CollapseShapeOp>,
               SinkBelowReshape<tensor::ExtractSliceOp>, SinkBelowPad,
               SinkBelowConstantTranspose, QuantizeBelowSelection,
               QuantizeBelowConcat>(patterns.getContext());
}
