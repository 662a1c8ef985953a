//===- DropChecks.cpp - Remove checks that cannot fail --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Rewrite.h"

#include "mlir/IR/Matchers.h"

namespace nnq {
#define GEN_PASS_DEF_DROPCHECKS
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static bool isFalse(cf::AssertOp op) {
  return matchPattern(op.getArg(), m_Zero());
}

/// The value that the check wants to be other than zero, or null.
static Value getNonZero(cf::AssertOp op) {
  auto compare = op.getArg().getDefiningOp<arith::CmpFOp>();
  if (!compare || (compare.getPredicate() != arith::CmpFPredicate::ONE &&
                   compare.getPredicate() != arith::CmpFPredicate::UNE))
    return {};
  if (matchPattern(compare.getRhs(), m_AnyZeroFloat()))
    return compare.getLhs();
  return matchPattern(compare.getLhs(), m_AnyZeroFloat()) ? compare.getRhs()
                                                          : Value();
}

/// A number that the check compares with a constant, and that constant.
static std::optional<std::pair<Value, APInt>>
matchBound(cf::AssertOp op, arith::CmpIPredicate predicate) {
  auto compare = op.getArg().getDefiningOp<arith::CmpIOp>();
  APInt bound;
  if (!compare || compare.getPredicate() != predicate ||
      !matchPattern(compare.getRhs(), m_ConstantInt(&bound)))
    return std::nullopt;
  return std::make_pair(compare.getLhs(), bound);
}

/// True if elements are read at `index`, itself or cast.
static bool isReadAt(Value index) {
  return llvm::any_of(index.getUsers(), [](Operation *user) {
    return isa<tensor::ExtractOp>(user) ||
           (isa<arith::IndexCastOp>(user) && isReadAt(user->getResult(0)));
  });
}

namespace {

struct DropTrueCheck : public OpRewritePattern<cf::AssertOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(cf::AssertOp op,
                                PatternRewriter &rewriter) const override {
    if (!matchPattern(op.getArg(), m_NonZero()))
      return rewriter.notifyMatchFailure(op, "condition is not true");
    rewriter.eraseOp(op);
    return success();
  }
};

struct DropDivisorCheck : public OpRewritePattern<cf::AssertOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(cf::AssertOp op,
                                PatternRewriter &rewriter) const override {
    Value divisor = getNonZero(op);
    if (!divisor)
      return rewriter.notifyMatchFailure(op, "no comparison with zero");
    bool divides = llvm::any_of(divisor.getUsers(), [&](Operation *user) {
      auto division = dyn_cast<arith::DivFOp>(user);
      return division && division.getRhs() == divisor &&
             division->getBlock() == op->getBlock();
    });
    if (!divides)
      return rewriter.notifyMatchFailure(op, "nothing is divided");
    rewriter.eraseOp(op);
    return success();
  }
};

/// i < n and i >= 0: what reads at i reads at min(i, n - 1) and max(i, 0).
struct ClampIndex : public OpRewritePattern<cf::AssertOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(cf::AssertOp op,
                                PatternRewriter &rewriter) const override {
    auto above = matchBound(op, arith::CmpIPredicate::slt);
    auto below = matchBound(op, arith::CmpIPredicate::sge);
    if (!above && !below)
      return rewriter.notifyMatchFailure(op, "no comparison with a bound");
    auto [index, bound] = above ? *above : *below;
    if (!isReadAt(index))
      return rewriter.notifyMatchFailure(op, "nothing is read at the index");
    if (above)
      --bound;
    rewriter.setInsertionPointAfterValue(index);
    Value limit = arith::ConstantOp::create(
        rewriter, op.getLoc(),
        rewriter.getIntegerAttr(index.getType(), bound.getSExtValue()));
    Value clamped;
    if (above)
      clamped = arith::MinSIOp::create(rewriter, op.getLoc(), index, limit);
    else
      clamped = arith::MaxSIOp::create(rewriter, op.getLoc(), index, limit);
    rewriter.replaceAllUsesExcept(index, clamped, clamped.getDefiningOp());
    rewriter.eraseOp(op);
    return success();
  }
};

struct DropChecks : public nnq::impl::DropChecksBase<DropChecks> {
  void runOnOperation() override {
    int64_t before = countChecks();
    RewritePatternSet patterns(&getContext());
    populateDropChecksPatterns(patterns);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      return signalPassFailure();
    numDropped += before - countChecks();

    getOperation()->walk([&](cf::AssertOp op) {
      if (!isFalse(op))
        return;
      Operation *layer = op->getParentOfType<linalg::LinalgOp>();
      emitError(op.getLoc())
          << "a check of layer '" << getLayerName(layer ? layer : op)
          << "' fails for its constants: " << op.getMsg();
      signalPassFailure();
    });
  }

private:
  int64_t countChecks() {
    int64_t count = 0;
    getOperation()->walk([&](cf::AssertOp) { ++count; });
    return count;
  }
};

} // namespace

void nnq::populateDropChecksPatterns(RewritePatternSet &patterns) {
  patterns.add<DropTrueCheck, DropDivisorCheck, ClampIndex>(
      patterns.getContext());
}
