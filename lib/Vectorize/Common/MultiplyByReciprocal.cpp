//===- MultiplyByReciprocal.cpp - Quantize without division ---------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/Reciprocal.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/TargetInfo.h"
#include "nnq/Vectorize/Passes.h"
#include "nnq/Vectorize/Transforms.h"

#include <cmath>

namespace nnq {
#define GEN_PASS_DEF_MULTIPLYBYRECIPROCAL
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// The number that all elements of a constant are.
static std::optional<float> getConstantF32(Value value) {
  APFloat number(0.0f);
  if (!getElementTypeOrSelf(value).isF32() ||
      !matchPattern(value, m_ConstantFloat(&number)))
    return std::nullopt;
  return number.convertToFloat();
}

/// `x` and `limit` of select(cmpf predicate x, limit; x, limit), which is the
/// limit for a NaN.
static std::optional<std::pair<Value, float>>
matchBound(Value value, arith::CmpFPredicate predicate) {
  auto select = value.getDefiningOp<arith::SelectOp>();
  auto compare =
      select ? select.getCondition().getDefiningOp<arith::CmpFOp>() : nullptr;
  if (!compare || compare.getPredicate() != predicate ||
      compare.getLhs() != select.getTrueValue() ||
      compare.getRhs() != select.getFalseValue())
    return std::nullopt;
  std::optional<float> limit = getConstantF32(compare.getRhs());
  if (!limit)
    return std::nullopt;
  return std::pair{compare.getLhs(), *limit};
}

static std::optional<int32_t> getInteger(float number) {
  constexpr float kMost = 1 << 20;
  if (!(std::abs(number) <= kMost) || std::trunc(number) != number)
    return std::nullopt;
  return static_cast<int32_t>(number);
}

namespace {
/// A division by a constant whose result is bounded and rounded.
struct Quantization {
  arith::DivFOp division;
  float divisor;
  int32_t min, max;
};
} // namespace

static std::optional<Quantization> matchQuantization(math::RoundEvenOp op) {
  auto upper = matchBound(op.getOperand(), arith::CmpFPredicate::OLT);
  auto lower = upper ? matchBound(upper->first, arith::CmpFPredicate::OGT)
                     : std::nullopt;
  auto division = lower ? lower->first.getDefiningOp<arith::DivFOp>() : nullptr;
  if (!division)
    return std::nullopt;
  std::optional<float> divisor = getConstantF32(division.getRhs());
  std::optional<int32_t> min = getInteger(lower->second),
                         max = getInteger(upper->second);
  if (!divisor || !min || !max)
    return std::nullopt;
  return Quantization{division, *divisor, *min, *max};
}

namespace {
struct MultiplyByReciprocalPattern
    : public OpRewritePattern<math::RoundEvenOp> {
  MultiplyByReciprocalPattern(MLIRContext *context, bool hasFma)
      : OpRewritePattern(context), hasFma(hasFma) {}

  LogicalResult matchAndRewrite(math::RoundEvenOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<Quantization> match = matchQuantization(op);
    Type type = op.getType();
    if (!match || !LLVM::isCompatibleType(type))
      return rewriter.notifyMatchFailure(
          op, "not a bounded quotient by a constant");
    std::optional<Reciprocal> reciprocal =
        findReciprocal(match->divisor, match->min, match->max, hasFma);
    if (!reciprocal)
      return rewriter.notifyMatchFailure(op, "no factor has the same steps");
    Location loc = op.getLoc();
    auto constant = [&](float value) -> Value {
      TypedAttr attr = rewriter.getF32FloatAttr(value);
      if (auto shaped = dyn_cast<ShapedType>(type))
        attr = SplatElementsAttr::get(shaped, Attribute(attr));
      return arith::ConstantOp::create(rewriter, loc, attr);
    };
    auto bound = [&](arith::CmpFPredicate keep, Value value, Value limit) {
      Value kept = arith::CmpFOp::create(rewriter, loc, keep, value, limit);
      return arith::SelectOp::create(rewriter, loc, kept, value, limit);
    };
    Value x = bound(arith::CmpFPredicate::OGT, match->division.getLhs(),
                    constant(reciprocal->low));
    x = bound(arith::CmpFPredicate::OLT, x, constant(reciprocal->high));
    Value factor = constant(reciprocal->factor), product;
    if (reciprocal->rest == 0) {
      product = arith::MulFOp::create(rewriter, loc, x, factor);
    } else {
      // Not math.fma, which may be computed by two operations.
      Value rest =
          arith::MulFOp::create(rewriter, loc, x, constant(reciprocal->rest));
      product = LLVM::FMAOp::create(rewriter, loc, x, factor, rest);
    }
    rewriter.modifyOpInPlace(op,
                             [&] { op.getOperandMutable().assign(product); });
    return success();
  }

private:
  bool hasFma;
};

struct MultiplyByReciprocal
    : public nnq::impl::MultiplyByReciprocalBase<MultiplyByReciprocal> {
  void runOnOperation() override {
    auto module = getOperation()->getParentOfType<ModuleOp>();
    auto target =
        module ? module->getAttrOfType<TargetAttr>(kTargetAttr) : nullptr;
    SmallVector<math::RoundEvenOp> found;
    getOperation().walk([&](math::RoundEvenOp op) {
      if (matchQuantization(op))
        found.push_back(op);
    });
    if (found.empty())
      return;
    RewritePatternSet patterns(&getContext());
    populateMultiplyByReciprocalPatterns(patterns,
                                         target && hasFusedMultiplyAdd(target));
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    int64_t left = 0;
    getOperation().walk([&](math::RoundEvenOp op) {
      if (!matchQuantization(op))
        return;
      ++left;
      remarkMissed(op, "nnq-multiply-by-reciprocal",
                   "no multiplication that the target has gives the same bits");
    });
    kept += left;
    replaced += static_cast<int64_t>(found.size()) - left;
  }
};
} // namespace

void nnq::populateMultiplyByReciprocalPatterns(RewritePatternSet &patterns,
                                               bool hasFma) {
  patterns.add<MultiplyByReciprocalPattern>(patterns.getContext(), hasFma);
}
