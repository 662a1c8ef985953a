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

namespace {
/// A shift to the right that drops zeros alone.
struct ExactShift {
  Value wide;
  int64_t amount;

  static std::optional<ExactShift> match(Value value) {
    auto shift = value.getDefiningOp<arith::ShRSIOp>();
    APInt amount;
    if (!shift || !shift.getIsExact() ||
        !matchPattern(shift.getRhs(), m_ConstantInt(&amount)))
      return std::nullopt;
    return ExactShift{shift.getLhs(), amount.getSExtValue()};
  }
};

/// Vectors that are shifted alike are put together before it.
struct ShiftBehindShuffle : public OpRewritePattern<vector::ShuffleOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::ShuffleOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<ExactShift> first = ExactShift::match(op.getV1()),
                              second = ExactShift::match(op.getV2());
    if (!first || !second || first->amount != second->amount)
      return rewriter.notifyMatchFailure(op, "not of equal exact shifts");
    Value all = vector::ShuffleOp::create(rewriter, op.getLoc(), first->wide,
                                          second->wide, op.getMask());
    auto type = cast<VectorType>(all.getType());
    Value by = arith::ConstantOp::create(
        rewriter, op.getLoc(),
        SplatElementsAttr::get(
            type,
            rewriter.getIntegerAttr(type.getElementType(), first->amount)));
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
    std::optional<ExactShift> shift;
    if (convert)
      shift = ExactShift::match(convert.getIn());
    if (!type || !type.getElementType().isF32() || !shift)
      return rewriter.notifyMatchFailure(op, "multiplies no exact shift");
    Location loc = op.getLoc();
    Value power = arith::ConstantOp::create(
        rewriter, loc,
        SplatElementsAttr::get(
            type, rewriter.getF32FloatAttr(
                      std::ldexp(1.0f, -static_cast<int>(shift->amount)))));
    Value multiplier = arith::MulFOp::create(rewriter, loc, op.getRhs(), power);
    Value number = arith::SIToFPOp::create(rewriter, loc, type, shift->wide);
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
