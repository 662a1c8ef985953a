//===- DivideByScale.cpp - Quotients that are rounded to integers ---------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Support/QuantMath.h"
#include "nnq/Vectorize/Transforms.h"

using namespace mlir;
using namespace nnq;

namespace {

/// What a quotient is bounded to before it is rounded.
struct RoundedRange {
  std::optional<float> low, high;
};

/// Divisions take the divider for several cycles; two multiplications do not.
struct DivideByScale : public OpRewritePattern<arith::DivFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::DivFOp op,
                                PatternRewriter &rewriter) const override {
    APFloat divisor(0.0f);
    if (!getElementTypeOrSelf(op.getType()).isF32() ||
        !LLVM::isCompatibleType(op.getType()) ||
        !matchPattern(op.getRhs(), m_ConstantFloat(&divisor)))
      return rewriter.notifyMatchFailure(op, "not by an f32 constant");
    RoundedRange range;
    if (!isRounded(op.getResult(), range) || !range.low || !range.high)
      return rewriter.notifyMatchFailure(
          op, "the quotient is not bounded and rounded");
    std::optional<Reciprocal> reciprocal =
        findReciprocal(divisor.convertToFloat(), *range.low, *range.high);
    if (!reciprocal)
      return rewriter.notifyMatchFailure(
          op, "products may round to other integers");
    auto constant = [&](float value) -> Value {
      TypedAttr attr = rewriter.getF32FloatAttr(value);
      if (auto shaped = dyn_cast<ShapedType>(op.getType()))
        attr = SplatElementsAttr::get(shaped, Attribute(attr));
      return arith::ConstantOp::create(rewriter, op.getLoc(), attr);
    };
    Value rest = arith::MulFOp::create(rewriter, op.getLoc(), op.getLhs(),
                                       constant(reciprocal->rest));
    // Rounded once, on which the proof relies.
    rewriter.replaceOpWithNewOp<LLVM::FMAOp>(
        op, op.getType(),
        ValueRange{op.getLhs(), constant(reciprocal->leading), rest});
    return success();
  }

private:
  /// True if all that reads `value` bounds it, as quantization does, and rounds
  /// it then.
  static bool isRounded(Value value, RoundedRange &range) {
    return llvm::all_of(value.getUsers(), [&](Operation *user) {
      if (isa<math::RoundEvenOp>(user))
        return true;
      if (auto compare = dyn_cast<arith::CmpFOp>(user))
        return compare.getLhs() == value &&
               llvm::all_of(compare->getUsers(), [&](Operation *reader) {
                 return isa<arith::SelectOp>(reader) &&
                        reader->getOperand(1) == value;
               });
      auto select = dyn_cast<arith::SelectOp>(user);
      if (!select || select.getTrueValue() != value)
        return false;
      auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
      APFloat limit(0.0f);
      if (!compare || compare.getLhs() != value ||
          compare.getRhs() != select.getFalseValue() ||
          !matchPattern(select.getFalseValue(), m_ConstantFloat(&limit)))
        return false;
      if (compare.getPredicate() == arith::CmpFPredicate::OGT)
        range.low = limit.convertToFloat();
      else if (compare.getPredicate() == arith::CmpFPredicate::OLT)
        range.high = limit.convertToFloat();
      else
        return false;
      return isRounded(select.getResult(), range);
    });
  }
};
} // namespace

void nnq::populateDivideByScalePatterns(RewritePatternSet &patterns) {
  patterns.add<DivideByScale>(patterns.getContext());
}
