//===- FoldShifts.cpp - Exact shifts in front of a multiplier -------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "nnq/Vectorize/Passes.h"

#include <cmath>

namespace nnq {
#define GEN_PASS_DEF_FOLDSHIFTS
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// By how much `value` is an exact shift to the right; 0 if it is none.
static int64_t getExactShift(Value value) {
  auto shift = value.getDefiningOp<arith::ShRSIOp>();
  APInt amount;
  if (!shift || !shift.getIsExact() ||
      !matchPattern(shift.getRhs(), m_ConstantInt(&amount)))
    return 0;
  return amount.getSExtValue();
}

namespace {
/// Vectors that are shifted alike are put together before it.
struct ShiftBehindShuffle : public OpRewritePattern<vector::ShuffleOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::ShuffleOp op,
                                PatternRewriter &rewriter) const override {
    int64_t amount = getExactShift(op.getV1());
    if (amount == 0 || getExactShift(op.getV2()) != amount)
      return rewriter.notifyMatchFailure(op, "not of equal exact shifts");
    auto wide = [](Value value) {
      return value.getDefiningOp<arith::ShRSIOp>().getLhs();
    };
    Value all =
        vector::ShuffleOp::create(rewriter, op.getLoc(), wide(op.getV1()),
                                  wide(op.getV2()), op.getMask());
    auto type = cast<VectorType>(all.getType());
    Value by = arith::ConstantOp::create(
        rewriter, op.getLoc(),
        SplatElementsAttr::get(
            type, rewriter.getIntegerAttr(type.getElementType(), amount)));
    rewriter.replaceOpWithNewOp<arith::ShRSIOp>(op, all, by, /*isExact=*/true);
    return success();
  }
};

struct ShiftIntoMultiplier : public OpRewritePattern<arith::MulFOp> {
  ShiftIntoMultiplier(MLIRContext *context, Pass::Statistic &folded)
      : OpRewritePattern(context), folded(folded) {}

  LogicalResult matchAndRewrite(arith::MulFOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<VectorType>(op.getType());
    auto convert = op.getLhs().getDefiningOp<arith::SIToFPOp>();
    int64_t amount = convert ? getExactShift(convert.getIn()) : 0;
    if (!type || !type.getElementType().isF32() || amount == 0)
      return rewriter.notifyMatchFailure(op, "multiplies no exact shift");
    Location loc = op.getLoc();
    Value wide = convert.getIn().getDefiningOp<arith::ShRSIOp>().getLhs();
    Value power = arith::ConstantOp::create(
        rewriter, loc,
        SplatElementsAttr::get(type, rewriter.getF32FloatAttr(std::ldexp(
                                         1.0f, -static_cast<int>(amount)))));
    Value multiplier = arith::MulFOp::create(rewriter, loc, op.getRhs(), power);
    Value number = arith::SIToFPOp::create(rewriter, loc, type, wide);
    rewriter.replaceOpWithNewOp<arith::MulFOp>(op, number, multiplier);
    ++folded;
    return success();
  }

private:
  Pass::Statistic &folded;
};

struct FoldShifts : public nnq::impl::FoldShiftsBase<FoldShifts> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    patterns.add<ShiftBehindShuffle>(context);
    patterns.add<ShiftIntoMultiplier>(context, folded);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
