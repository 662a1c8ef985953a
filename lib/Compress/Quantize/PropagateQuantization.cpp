//===- PropagateQuantization.cpp - Move quantization upwards --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ElementMovement.h"
#include "nnq/Compress/Quantize/Passes.h"
#include "nnq/Compress/Quantize/Transforms.h"
#include "nnq/Support/QuantScales.h"
#include "nnq/Support/Rewrite.h"
#include "nnq/Support/Structured.h"

#include "mlir/IR/Matchers.h"

namespace nnq {
#define GEN_PASS_DEF_PROPAGATEQUANTIZATION
#include "nnq/Compress/Quantize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;
using quant::DequantizeCastOp;
using quant::QuantizeCastOp;

/// The type of `op` if all elements share a scale, else null.
static quant::UniformQuantizedType getUniformType(QuantizeCastOp op) {
  auto type = dyn_cast<RankedTensorType>(op.getType());
  if (!type)
    return {};
  return dyn_cast<quant::UniformQuantizedType>(type.getElementType());
}

static Value createQuantize(OpBuilder &builder, Location loc, Value value,
                            quant::UniformQuantizedType type) {
  auto tensorType = cast<RankedTensorType>(value.getType());
  return QuantizeCastOp::create(builder, loc, tensorType.clone(type), value);
}

static bool isDequantizedFrom(Value value, quant::UniformQuantizedType type) {
  auto cast = value.getDefiningOp<DequantizeCastOp>();
  return cast && getElementTypeOrSelf(cast.getInput()) == type;
}

namespace {

/// quantize(dequantize(q)) -> q
struct CancelRequantize : public OpRewritePattern<QuantizeCastOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(QuantizeCastOp op,
                                PatternRewriter &rewriter) const override {
    auto cast = op.getInput().getDefiningOp<DequantizeCastOp>();
    if (!cast || cast.getInput().getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "parameters differ");
    rewriter.replaceOp(op, cast.getInput());
    return success();
  }
};

/// quantize(reshape(x)) -> reshape(quantize(x)); slices count as reshapes.
template <typename ReshapeOp>
struct HoistAboveReshape : public OpRewritePattern<QuantizeCastOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(QuantizeCastOp op,
                                PatternRewriter &rewriter) const override {
    auto reshape = op.getInput().getDefiningOp<ReshapeOp>();
    quant::UniformQuantizedType type = getUniformType(op);
    if (!reshape || !type)
      return rewriter.notifyMatchFailure(op, "no reshape or several scales");
    rewriter.setInsertionPoint(reshape);
    Value quantized =
        createQuantize(rewriter, op.getLoc(), reshape->getOperand(0), type);
    Operation *moved = rewriter.clone(*reshape);
    moved->setOperand(0, quantized);
    moved->getResult(0).setType(cast<RankedTensorType>(op.getType()));
    rewriter.replaceOp(op, moved);
    return success();
  }
};

/// quantize(pad(x, c)) -> pad(quantize(x), quantize(c)), on storage.
struct HoistAbovePad : public OpRewritePattern<QuantizeCastOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(QuantizeCastOp op,
                                PatternRewriter &rewriter) const override {
    auto pad = op.getInput().getDefiningOp<tensor::PadOp>();
    quant::UniformQuantizedType type = getUniformType(op);
    if (!pad || !type)
      return rewriter.notifyMatchFailure(op, "no pad or several scales");
    std::optional<float> padding = getPaddingConstant(pad);
    if (!padding)
      return rewriter.notifyMatchFailure(op, "pads with no constant");
    rewriter.setInsertionPoint(pad);
    Value quantized =
        createQuantize(rewriter, op.getLoc(), pad.getSource(), type);
    rewriter.replaceOp(
        op, padQuantized(rewriter, pad, quantized,
                         nnq::quantize(*padding, getQuantParams(type),
                                       getStorageRange(type))));
    return success();
  }
};

/// quantize(pick(x)) -> quantize(pick(dequantize(quantize(x))))
struct QuantizeAboveSelection : public OpRewritePattern<QuantizeCastOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(QuantizeCastOp op,
                                PatternRewriter &rewriter) const override {
    Operation *producer = op.getInput().getDefiningOp();
    quant::UniformQuantizedType type = getUniformType(op);
    if (!producer || !type || !picksElements(producer))
      return rewriter.notifyMatchFailure(
          op, "producer does more than pick elements");
    // Another user would see the rounding.
    if (!llvm::all_of(op.getInput().getUsers(), [&](Operation *user) {
          auto cast = dyn_cast<QuantizeCastOp>(user);
          return cast && cast.getType() == op.getType();
        }))
      return rewriter.notifyMatchFailure(op, "producer has other users");

    bool changed = false;
    rewriter.setInsertionPoint(producer);
    for (OpOperand *operand : getPickedOperands(producer)) {
      Value value = operand->get();
      if (isDequantizedFrom(value, type))
        continue;
      Value quantized = createQuantize(rewriter, op.getLoc(), value, type);
      Value dequantized = DequantizeCastOp::create(rewriter, op.getLoc(),
                                                   value.getType(), quantized);
      rewriter.modifyOpInPlace(producer, [&] { operand->set(dequantized); });
      changed = true;
    }
    return success(changed);
  }
};

struct PropagateQuantization
    : public nnq::impl::PropagateQuantizationBase<PropagateQuantization> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populatePropagateQuantizationPatterns(patterns);
    populateSinkDequantizationPatterns(patterns);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void nnq::populatePropagateQuantizationPatterns(RewritePatternSet &patterns) {
  patterns.add<CancelRequantize, HoistAboveReshape<tensor::ExpandShapeOp>,
               HoistAboveReshape<tensor::CollapseShapeOp>,
               HoistAboveReshape<tensor::ExtractSliceOp>, HoistAbovePad,
               QuantizeAboveSelection>(patterns.getContext());
}
