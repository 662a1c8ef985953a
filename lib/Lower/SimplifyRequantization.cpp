//===- SimplifyRequantization.cpp - Fewer steps to the same integers ------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "DivisionByConstant.h"
#include "QuantizedValues.h"
#include "ScalarRange.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "nnq/Lower/Passes.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/TargetInfo.h"
#include "llvm/Support/MathExtras.h"

namespace nnq {
#define GEN_PASS_DEF_SIMPLIFYREQUANTIZATION
#include "nnq/Lower/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static std::optional<float> getFloat(Value value) {
  APFloat number(0.0f);
  if (!value.getType().isF32() ||
      !matchPattern(value, m_ConstantFloat(&number)))
    return std::nullopt;
  return number.convertToFloat();
}

static std::optional<int64_t> getInteger(Value value) {
  APInt number;
  if (!matchPattern(value, m_ConstantInt(&number)))
    return std::nullopt;
  return number.getSExtValue();
}

/// The value that `value` is, if not beyond a constant bound, which a NaN is.
static Value matchBound(Value value, bool isUpper, float &bound) {
  Value x, limit;
  if (auto select = value.getDefiningOp<arith::SelectOp>()) {
    auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
    if (!compare || compare.getLhs() != select.getTrueValue() ||
        compare.getRhs() != select.getFalseValue() ||
        compare.getPredicate() !=
            (isUpper ? arith::CmpFPredicate::OLT : arith::CmpFPredicate::OGT))
      return {};
    x = compare.getLhs();
    limit = compare.getRhs();
  } else if (auto op = value.getDefiningOp<arith::MinNumFOp>(); op && isUpper) {
    x = op.getLhs();
    limit = op.getRhs();
  } else if (auto op = value.getDefiningOp<arith::MaxNumFOp>();
             op && !isUpper) {
    x = op.getLhs();
    limit = op.getRhs();
  } else {
    return {};
  }
  std::optional<float> known = getFloat(limit);
  if (!known || *known != std::nearbyint(*known) ||
      std::abs(*known) > (1 << 16))
    return {};
  bound = *known;
  return x;
}

namespace {
/// `fptosi(roundeven(clamp(x, low, high)))` with bounds that are integers.
struct Rounding {
  arith::FPToSIOp conversion;
  math::RoundEvenOp round;
  Value x;
  float low, high;

  static FailureOr<Rounding> match(arith::FPToSIOp op) {
    Rounding result{
        op, op.getIn().getDefiningOp<math::RoundEvenOp>(), {}, 0, 0};
    if (!result.round || !op.getType().isInteger(32) ||
        !isa<linalg::GenericOp>(op->getParentOp()))
      return failure();
    Value lower =
        matchBound(result.round.getOperand(), /*isUpper=*/true, result.high);
    if (lower)
      result.x = matchBound(lower, /*isUpper=*/false, result.low);
    if (!result.x || result.low > result.high)
      return failure();
    return result;
  }
};

/// A pattern that starts from a rounding.
struct RoundingPattern : public OpRewritePattern<arith::FPToSIOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::FPToSIOp op,
                                PatternRewriter &rewriter) const final {
    FailureOr<Rounding> rounding = Rounding::match(op);
    if (failed(rounding))
      return rewriter.notifyMatchFailure(op, "not rounded between bounds");
    return rewrite(*rounding, rewriter);
  }

  virtual LogicalResult rewrite(Rounding rounding,
                                PatternRewriter &rewriter) const = 0;
};

/// What is below the lower bound anyway needs no bound of its own:
/// clamp(max(x, a) / s, low, high) = clamp(x / s, low, high) for a / s <= low.
/// A NaN becomes the lower bound both ways.
struct DropImpliedMaximum : public RoundingPattern {
  using RoundingPattern::RoundingPattern;

  LogicalResult rewrite(Rounding rounding,
                        PatternRewriter &rewriter) const override {
    arith::FPToSIOp op = rounding.conversion;
    Value x = rounding.x;
    float divisor = 1;
    auto division = x.getDefiningOp<arith::DivFOp>();
    if (division) {
      std::optional<float> known = getFloat(division.getRhs());
      if (!known || !(*known > 0) || std::isinf(*known))
        return rewriter.notifyMatchFailure(op, "divisor is not known");
      divisor = *known;
      x = division.getLhs();
    }
    Operation *max = x.getDefiningOp();
    if (!isa_and_nonnull<arith::MaximumFOp, arith::MaxNumFOp>(max))
      return rewriter.notifyMatchFailure(op, "no maximum is rounded");
    std::optional<float> bound = getFloat(max->getOperand(1));
    if (!bound || !(*bound / divisor <= rounding.low))
      return rewriter.notifyMatchFailure(op, "the maximum is not implied");
    // Other readers of the maximum and the quotient keep theirs.
    Location loc = op.getLoc();
    Value y = max->getOperand(0);
    rewriter.setInsertionPoint(op);
    if (division)
      y = arith::DivFOp::create(rewriter, loc, y, division.getRhs());
    IRMapping mapping;
    mapping.map(rounding.x, y);
    SmallVector<Operation *> chain;
    for (Value at = rounding.round.getOperand(); at != rounding.x;) {
      Operation *def = at.getDefiningOp();
      chain.push_back(def);
      if (auto select = dyn_cast<arith::SelectOp>(def)) {
        chain.push_back(select.getCondition().getDefiningOp());
        at = select.getTrueValue();
      } else {
        at = def->getOperand(0);
      }
    }
    for (Operation *def : llvm::reverse(chain))
      rewriter.clone(*def, mapping);
    Value bounded = mapping.lookup(rounding.round.getOperand());
    Value rounded = math::RoundEvenOp::create(rewriter, loc, bounded);
    rewriter.modifyOpInPlace(op, [&] { op.getInMutable().assign(rounded); });
    return success();
  }
};

/// x / s as fma(x, high, x * low), where that is proven to give the same
/// integers.
struct DivideByMultiplying : public RoundingPattern {
  using RoundingPattern::RoundingPattern;

  LogicalResult rewrite(Rounding rounding,
                        PatternRewriter &rewriter) const override {
    arith::FPToSIOp op = rounding.conversion;
    auto division = rounding.x.getDefiningOp<arith::DivFOp>();
    std::optional<float> divisor =
        division ? getFloat(division.getRhs()) : std::nullopt;
    if (!divisor)
      return rewriter.notifyMatchFailure(op, "no division by a constant");
    // The bounds read the quotient, and nothing else does.
    if (llvm::any_of(division->getUsers(), [&](Operation *user) {
          return !isa<arith::CmpFOp, arith::SelectOp, arith::MaxNumFOp>(user);
        }))
      return rewriter.notifyMatchFailure(op, "the quotient has other readers");
    std::optional<Reciprocal> reciprocal =
        findReciprocal(*divisor, static_cast<int>(rounding.low),
                       static_cast<int>(rounding.high));
    if (!reciprocal)
      return rewriter.notifyMatchFailure(op, "no reciprocal is as exact");
    Location loc = division.getLoc();
    rewriter.setInsertionPoint(division);
    auto constant = [&](float value) -> Value {
      return arith::ConstantOp::create(rewriter, loc,
                                       rewriter.getF32FloatAttr(value));
    };
    Value x = division.getLhs(), high = constant(reciprocal->high);
    if (reciprocal->low == 0) {
      rewriter.replaceOpWithNewOp<arith::MulFOp>(division, x, high);
      return success();
    }
    Value rest =
        arith::MulFOp::create(rewriter, loc, x, constant(reciprocal->low));
    rewriter.replaceOpWithNewOp<math::FmaOp>(division, x, high, rest);
    return success();
  }
};

/// Bounds in f32 that guard the conversion become bounds of the integer where
/// the range of what is converted is known: of the narrow one, of which twice
/// as many are in a register.
struct BoundIntegers : public RoundingPattern {
  using RoundingPattern::RoundingPattern;

  LogicalResult rewrite(Rounding rounding,
                        PatternRewriter &rewriter) const override {
    arith::FPToSIOp op = rounding.conversion;
    auto next = [](Operation *from) -> Operation * {
      return from->hasOneUse() ? *from->user_begin() : nullptr;
    };
    Operation *last = op;
    int64_t zeroPoint = 0;
    if (auto add = dyn_cast_or_null<arith::AddIOp>(next(last))) {
      std::optional<int64_t> known = getInteger(add.getRhs());
      if (!known || add.getLhs() != last->getResult(0))
        return rewriter.notifyMatchFailure(op, "zero point is not known");
      zeroPoint = *known;
      last = add;
    }
    auto max = dyn_cast_or_null<arith::MaxSIOp>(next(last));
    auto min = max ? dyn_cast_or_null<arith::MinSIOp>(next(max)) : nullptr;
    auto narrow = min ? dyn_cast_or_null<arith::TruncIOp>(next(min)) : nullptr;
    std::optional<int64_t> least =
                               max ? getInteger(max.getRhs()) : std::nullopt,
                           most = min ? getInteger(min.getRhs()) : std::nullopt;
    if (!narrow || !least || !most)
      return rewriter.notifyMatchFailure(op, "not narrowed with saturation");
    std::optional<ScalarRange> range = ScalarRanges().get(rounding.x);
    if (!range || range->low - std::abs(zeroPoint) < -kFitsI32 ||
        range->high + std::abs(zeroPoint) > kFitsI32)
      return rewriter.notifyMatchFailure(op, "may not fit in 32 bits");

    int64_t low = static_cast<int64_t>(rounding.low) + zeroPoint,
            high = static_cast<int64_t>(rounding.high) + zeroPoint;
    unsigned width = narrow.getType().getIntOrFloatBitWidth();
    auto clamp = [&](Value value) -> Value {
      auto constant = [&](int64_t number) -> Value {
        return arith::ConstantOp::create(
            rewriter, op.getLoc(),
            rewriter.getIntegerAttr(value.getType(), number));
      };
      value =
          arith::MaxSIOp::create(rewriter, op.getLoc(), value, constant(low));
      return arith::MinSIOp::create(rewriter, op.getLoc(), value,
                                    constant(high));
    };
    bool isWhole =
        *least == llvm::minIntN(width) && *most == llvm::maxIntN(width);
    bool isImplied = low <= *least && *most <= high;
    bool fits = llvm::minIntN(width) <= low && high <= llvm::maxIntN(width);
    if (!isImplied && !(isWhole && fits)) {
      rewriter.setInsertionPoint(max);
      Value bounded = clamp(max.getLhs());
      rewriter.modifyOpInPlace(max,
                               [&] { max.getLhsMutable().assign(bounded); });
    } else if (!isImplied) {
      rewriter.setInsertionPointAfter(narrow);
      Value bounded = clamp(narrow);
      Operation *lower = bounded.getDefiningOp()->getOperand(0).getDefiningOp();
      rewriter.replaceAllUsesExcept(narrow, bounded, lower);
    }
    Value x = rounding.x;
    rewriter.modifyOpInPlace(
        rounding.round, [&] { rounding.round.getOperandMutable().assign(x); });
    return success();
  }
};

/// Integers that are narrowed, bounded and extended again stay wide.
struct StayWide : public OpRewritePattern<arith::ExtSIOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::ExtSIOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<std::pair<bool, int64_t>> bounds; // Is a maximum, and of what.
    Value value = op.getIn();
    auto skipBounds = [&] {
      while (Operation *def = value.getDefiningOp()) {
        if (!isa<arith::MaxSIOp, arith::MinSIOp>(def))
          return;
        std::optional<int64_t> bound = getInteger(def->getOperand(1));
        if (!bound)
          return;
        bounds.push_back({isa<arith::MaxSIOp>(def), *bound});
        value = def->getOperand(0);
      }
    };
    skipBounds();
    auto narrow = value.getDefiningOp<arith::TruncIOp>();
    if (!narrow || narrow.getIn().getType() != op.getType() ||
        !isa<linalg::GenericOp>(op->getParentOp()))
      return rewriter.notifyMatchFailure(op, "was not narrowed before");
    size_t numNarrow = bounds.size();
    value = narrow.getIn();
    skipBounds();
    auto compose = [&](int64_t number, size_t from) {
      for (auto [isMax, bound] :
           llvm::reverse(ArrayRef(bounds).drop_front(from)))
        number = isMax ? std::max(number, bound) : std::min(number, bound);
      return number;
    };
    constexpr int64_t kLeast = std::numeric_limits<int32_t>::min(),
                      kMost = std::numeric_limits<int32_t>::max();
    unsigned width = narrow.getType().getIntOrFloatBitWidth();
    if (compose(kLeast, numNarrow) < llvm::minIntN(width) ||
        compose(kMost, numNarrow) > llvm::maxIntN(width))
      return rewriter.notifyMatchFailure(op, "narrowing drops bits");
    Location loc = op.getLoc();
    auto constant = [&](int64_t number) -> Value {
      return arith::ConstantOp::create(
          rewriter, loc, rewriter.getIntegerAttr(op.getType(), number));
    };
    // Compositions of bounds are one pair of them.
    value = arith::MaxSIOp::create(rewriter, loc, value,
                                   constant(compose(kLeast, 0)));
    rewriter.replaceOpWithNewOp<arith::MinSIOp>(op, value,
                                                constant(compose(kMost, 0)));
    return success();
  }
};

struct SimplifyRequantization
    : public nnq::impl::SimplifyRequantizationBase<SimplifyRequantization> {
  void runOnOperation() override {
    TargetAttr target = findTarget(getOperation());
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    patterns.add<DropImpliedMaximum>(context, /*benefit=*/3);
    // Without the instruction each lane would be a call of libm.
    if (target && hasFusedMultiplyAdd(target))
      patterns.add<DivideByMultiplying>(context, /*benefit=*/2);
    patterns.add<BoundIntegers, StayWide>(context);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    getOperation()->walk([&](arith::FPToSIOp op) {
      Value x;
      if (FailureOr<Rounding> rounding = Rounding::match(op);
          succeeded(rounding)) {
        x = rounding->x;
        ++boundedFloats;
      } else if (auto round = op.getIn().getDefiningOp<math::RoundEvenOp>()) {
        x = round.getOperand();
      }
      auto division = x ? x.getDefiningOp<arith::DivFOp>() : nullptr;
      if (!division || !getFloat(division.getRhs()))
        return;
      ++divisions;
      remarkMissed(op->getParentOfType<linalg::GenericOp>(),
                   "nnq-simplify-requantization",
                   target && hasFusedMultiplyAdd(target)
                       ? "divides: no reciprocal is proven to give the same "
                         "integers"
                       : "divides: the target has no fused multiply-add");
    });
  }
};
} // namespace
