//===- RaiseElementwise.cpp - One form of elementwise ops -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/Rewrite.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/Matchers.h"

namespace nnq {
#define GEN_PASS_DEF_RAISEELEMENTWISE
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;
using arith::CmpFPredicate;

namespace {

struct GeneralizeElementwise
    : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (isa<linalg::GenericOp>(op) || !isElementwiseCompute(op))
      return rewriter.notifyMatchFailure(op, "not a named elementwise op");
    DictionaryAttr discardable = op->getDiscardableAttrDictionary();
    FailureOr<linalg::GenericOp> generic =
        linalg::generalizeNamedOp(rewriter, op);
    if (failed(generic))
      return failure();
    for (NamedAttribute attr : discardable)
      if (attr.getName() !=
          linalg::LinalgDialect::kMemoizedIndexingMapsAttrName)
        (*generic)->setDiscardableAttr(attr.getName(), attr.getValue());
    return success();
  }
};

/// What a comparison and selection of x and a constant c amounts to.
struct Selection {
  Value x;
  APFloat c;
  bool isMax;
  bool xIfNaN;
  bool xIfEqual;
};

} // namespace

namespace {
struct Order {
  bool greater, orEqual, orUnordered;
};
} // namespace

static std::optional<Order> getOrder(CmpFPredicate predicate) {
  switch (predicate) {
  case CmpFPredicate::OGT:
    return Order{true, false, false};
  case CmpFPredicate::OGE:
    return Order{true, true, false};
  case CmpFPredicate::UGT:
    return Order{true, false, true};
  case CmpFPredicate::UGE:
    return Order{true, true, true};
  case CmpFPredicate::OLT:
    return Order{false, false, false};
  case CmpFPredicate::OLE:
    return Order{false, true, false};
  case CmpFPredicate::ULT:
    return Order{false, false, true};
  case CmpFPredicate::ULE:
    return Order{false, true, true};
  default:
    return std::nullopt;
  }
}

static std::optional<Selection> matchSelection(arith::SelectOp op) {
  auto compare = op.getCondition().getDefiningOp<arith::CmpFOp>();
  if (!compare || !isa<FloatType>(op.getType()))
    return std::nullopt;
  std::optional<Order> order = getOrder(compare.getPredicate());
  if (!order)
    return std::nullopt;
  Value lhs = compare.getLhs(), rhs = compare.getRhs();
  Value ifTrue = op.getTrueValue(), ifFalse = op.getFalseValue();
  if ((lhs != ifTrue || rhs != ifFalse) && (lhs != ifFalse || rhs != ifTrue))
    return std::nullopt;

  APFloat constant(0.0f);
  bool lhsIsConstant = matchPattern(lhs, m_ConstantFloat(&constant));
  if (!lhsIsConstant && !matchPattern(rhs, m_ConstantFloat(&constant)))
    return std::nullopt;
  Value x = lhsIsConstant ? rhs : lhs;
  bool xIfTrue = ifTrue == x;
  return Selection{x, constant, order->greater == (lhs == ifTrue),
                   order->orUnordered == xIfTrue, order->orEqual == xIfTrue};
}

/// `maximumf` and its kin order -0 below +0, which a comparison does not.
static bool agreesOnZeros(const Selection &selection, arith::FastMathFlags f) {
  if (!selection.c.isZero() || bitEnumContainsAll(f, arith::FastMathFlags::nsz))
    return true;
  // Equal operands of different signs: x is the zero that c is not.
  bool picksNegative = selection.c.isNegative() != selection.xIfEqual;
  return picksNegative != selection.isMax;
}

namespace {

struct RaiseSelect : public OpRewritePattern<arith::SelectOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::SelectOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<Selection> selection = matchSelection(op);
    if (!selection || selection->c.isNaN())
      return rewriter.notifyMatchFailure(
          op, "no selection of the operands of a comparison with a constant");
    auto compare = op.getCondition().getDefiningOp<arith::CmpFOp>();
    if (!agreesOnZeros(*selection, compare.getFastmath()))
      return rewriter.notifyMatchFailure(op, "differs in the sign of zero");

    Value constant = selection->x == op.getTrueValue() ? op.getFalseValue()
                                                       : op.getTrueValue();
    arith::FastMathFlags flags = compare.getFastmath();
    if (selection->isMax && selection->xIfNaN)
      rewriter.replaceOpWithNewOp<arith::MaximumFOp>(op, selection->x, constant,
                                                     flags);
    else if (selection->isMax)
      rewriter.replaceOpWithNewOp<arith::MaxNumFOp>(op, selection->x, constant,
                                                    flags);
    else if (selection->xIfNaN)
      rewriter.replaceOpWithNewOp<arith::MinimumFOp>(op, selection->x, constant,
                                                     flags);
    else
      rewriter.replaceOpWithNewOp<arith::MinNumFOp>(op, selection->x, constant,
                                                    flags);
    return success();
  }
};

struct RaiseElementwise
    : public nnq::impl::RaiseElementwiseBase<RaiseElementwise> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateRaiseElementwisePatterns(patterns);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void nnq::populateRaiseElementwisePatterns(RewritePatternSet &patterns) {
  patterns.add<GeneralizeElementwise, RaiseSelect>(patterns.getContext());
}
