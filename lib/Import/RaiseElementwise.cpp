//===- RaiseElementwise.cpp - One form of elementwise ops -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Rewrite.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
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
    return nnq::generalizeNamedOp(rewriter, op);
  }
};

/// A constant all of whose elements are equal becomes a scalar of the body.
struct InlineUniformConstant : public OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || !linalg::isElementwise(op))
      return rewriter.notifyMatchFailure(op, "not elementwise");
    for (OpOperand *operand : op.getDpsInputOperands()) {
      TypedAttr scalar = getUniformValue(operand->get());
      if (!scalar)
        continue;
      int64_t position = operand->getOperandNumber();
      Value constant =
          arith::ConstantOp::create(rewriter, operand->get().getLoc(), scalar);
      rewriter.modifyOpInPlace(op, [&] {
        BlockArgument argument = op.getBody()->getArgument(position);
        argument.replaceAllUsesWith(constant);
        op.getBody()->eraseArgument(position);
        SmallVector<AffineMap> maps = op.getIndexingMapsArray();
        maps.erase(maps.begin() + position);
        op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
        op.getInputsMutable().erase(position);
      });
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no uniform constant");
  }

private:
  static TypedAttr getUniformValue(Value value) {
    Attribute attr;
    if (!isa<RankedTensorType>(value.getType()) ||
        !matchPattern(value, m_Constant(&attr)))
      return {};
    if (auto splat = dyn_cast<SplatElementsAttr>(attr))
      return splat.getSplatValue<TypedAttr>();
    FailureOr<ConstantData> data = ConstantData::get(attr);
    if (failed(data) || data->getNumElements() != 1)
      return {};
    Type element = data->getType().getElementType();
    APInt bits(element.getIntOrFloatBitWidth(), 0);
    llvm::LoadIntFromMemory(
        bits, reinterpret_cast<const uint8_t *>(data->getBytes().data()),
        data->getBytes().size());
    if (auto type = dyn_cast<FloatType>(element))
      return FloatAttr::get(type, APFloat(type.getFloatSemantics(), bits));
    return IntegerAttr::get(element, bits);
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

/// `maximumf` and `minimumf` order -0 below +0, which a comparison does not.
/// `maxnumf` and `minnumf` leave the sign open.
static bool agreesOnZeros(const Selection &selection, arith::FastMathFlags f) {
  if (!selection.c.isZero() || !selection.xIfNaN ||
      bitEnumContainsAll(f, arith::FastMathFlags::nsz))
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

} // namespace

/// True for what is rounded to a whole number, at most within bounds, or
/// compared.
static bool isPartOfQuantization(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) {
    if (isa<math::RoundEvenOp, arith::CmpFOp>(user))
      return true;
    return isa<arith::MaxNumFOp, arith::MinNumFOp, arith::MaximumFOp,
               arith::MinimumFOp>(user) &&
           isPartOfQuantization(user->getResult(0));
  });
}

namespace {
/// x / c as x * (1 / c), which is off by one unit in the last place at most and
/// several times as fast. A division that is rounded to a whole number is part
/// of a quantization, where that unit may be a step; one that is compared, too,
/// as the scale of a range is with zero.
struct MultiplyByReciprocal : public OpRewritePattern<arith::DivFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::DivFOp op,
                                PatternRewriter &rewriter) const override {
    if (!isa<linalg::GenericOp>(op->getParentOp()) || !op.getType().isF32())
      return rewriter.notifyMatchFailure(op, "not f32 in a body");
    Value divisor = op.getRhs();
    if (auto narrowed = divisor.getDefiningOp<arith::TruncFOp>())
      divisor = narrowed.getIn();
    APFloat value(0.0f);
    if (!matchPattern(divisor, m_ConstantFloat(&value)))
      return rewriter.notifyMatchFailure(op, "no division by a constant");
    if (isPartOfQuantization(op))
      return rewriter.notifyMatchFailure(op, "part of a quantization");
    bool inexact;
    value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                  &inexact);
    APFloat reciprocal(1.0f);
    reciprocal.divide(value, APFloat::rmNearestTiesToEven);
    if (!reciprocal.isNormal())
      return rewriter.notifyMatchFailure(op, "no normal reciprocal");
    rewriter.setInsertionPoint(op->getParentOp());
    Value factor = arith::ConstantOp::create(
        rewriter, op.getLoc(), FloatAttr::get(op.getType(), reciprocal));
    rewriter.setInsertionPoint(op);
    rewriter.replaceOpWithNewOp<arith::MulFOp>(op, op.getLhs(), factor,
                                               op.getFastmath());
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
  patterns.add<GeneralizeElementwise, InlineUniformConstant, RaiseSelect,
               MultiplyByReciprocal>(patterns.getContext());
  // Of a constant integer, a product; LLVM has no power of vectors.
  math::populateExpansionPatterns(patterns, {"fpowi"});
}
