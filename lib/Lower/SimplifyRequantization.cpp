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

/// An integer that comes from a rounded number n as clamp(n, low, high) +
/// addend.
struct BoundedRounding {
  Value rounded;
  int64_t least, most; // Of n.
  int64_t low, high, addend = 0;

  /// The steps from `value` back to the rounding, which nothing else reads.
  static std::optional<BoundedRounding> match(Value value) {
    SmallVector<Operation *> steps;
    Operation *at = value.getDefiningOp();
    for (; isa_and_nonnull<arith::AddIOp, arith::SubIOp, arith::MaxSIOp,
                           arith::MinSIOp, arith::TruncIOp, arith::ExtUIOp,
                           arith::ExtSIOp>(at);
         at = at->getOperand(0).getDefiningOp())
      steps.push_back(at);
    auto conversion = dyn_cast_or_null<arith::FPToSIOp>(at);
    auto round = conversion
                     ? conversion.getIn().getDefiningOp<math::RoundEvenOp>()
                     : nullptr;
    if (!round || !conversion.getType().isInteger(32) ||
        !round.getType().isF32() || !conversion->hasOneUse())
      return std::nullopt;
    std::optional<ScalarRange> range = ScalarRanges().get(round.getOperand());
    if (!range || range->low < -kFitsI32 || range->high > kFitsI32)
      return std::nullopt;
    auto least = static_cast<int64_t>(std::floor(range->low)),
         most = static_cast<int64_t>(std::ceil(range->high));
    BoundedRounding result{round, least, most, least, most};
    for (Operation *step : llvm::reverse(steps))
      if (!step->hasOneUse() || !result.add(step))
        return std::nullopt;
    // Of what was narrowed last, the sign is known.
    unsigned width = value.getType().getIntOrFloatBitWidth();
    if (!llvm::isIntN(width, result.low + result.addend) ||
        !llvm::isIntN(width, result.high + result.addend))
      return std::nullopt;
    return result;
  }

private:
  bool add(Operation *step) {
    if (isa<arith::TruncIOp, arith::ExtUIOp, arith::ExtSIOp>(step)) {
      Type narrow = isa<arith::TruncIOp>(step) ? step->getResult(0).getType()
                                               : step->getOperand(0).getType();
      int64_t width = narrow.getIntOrFloatBitWidth();
      int64_t least = low + addend, most = high + addend;
      bool fitsUnsigned =
          least >= 0 && static_cast<uint64_t>(most) <= llvm::maxUIntN(width);
      bool fitsSigned =
          least >= llvm::minIntN(width) && most <= llvm::maxIntN(width);
      return isa<arith::ExtUIOp>(step)   ? fitsUnsigned
             : isa<arith::ExtSIOp>(step) ? fitsSigned
                                         : fitsUnsigned || fitsSigned;
    }
    std::optional<int64_t> number = getInteger(step->getOperand(1));
    if (!number || !step->getResult(0).getType().isInteger(32))
      return false;
    if (isa<arith::MaxSIOp>(step))
      low = std::max(low, *number - addend);
    else if (isa<arith::MinSIOp>(step))
      high = std::min(high, *number - addend);
    else if (isa<arith::AddIOp>(step))
      addend += *number;
    else if (isa<arith::SubIOp>(step))
      addend -= *number;
    else
      return false;
    return low <= high && llvm::isInt<32>(low + addend) &&
           llvm::isInt<32>(high + addend);
  }
};

/// True if `value` only adds to integers, for which a zero has no sign.
static bool onlyMakesIntegers(Value value) {
  return llvm::all_of(value.getUsers(), [](Operation *user) {
    if (isa<arith::FPToSIOp>(user))
      return true;
    return isa<arith::MulFOp, arith::AddFOp, arith::SubFOp, math::RoundEvenOp,
               math::FmaOp>(user) &&
           onlyMakesIntegers(user->getResult(0));
  });
}

/// A rounded number that is an integer only to be bounded stays a float.
struct StayFloat : public OpRewritePattern<arith::SIToFPOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::SIToFPOp op,
                                PatternRewriter &rewriter) const override {
    constexpr int64_t kExact = 1 << 24;
    if (!op.getType().isF32() || !isa<linalg::GenericOp>(op->getParentOp()) ||
        !onlyMakesIntegers(op))
      return rewriter.notifyMatchFailure(op, "not between two roundings");
    std::optional<BoundedRounding> from = BoundedRounding::match(op.getIn());
    if (!from || std::max(std::abs(from->low), std::abs(from->high)) +
                         std::abs(from->addend) >
                     kExact)
      return rewriter.notifyMatchFailure(op, "not of a rounded number");
    Location loc = op.getLoc();
    auto constant = [&](int64_t number) -> Value {
      return arith::ConstantOp::create(
          rewriter, loc, rewriter.getF32FloatAttr(static_cast<float>(number)));
    };
    Value result = from->rounded;
    if (from->low > from->least)
      result =
          arith::MaxNumFOp::create(rewriter, loc, result, constant(from->low));
    if (from->high < from->most)
      result =
          arith::MinNumFOp::create(rewriter, loc, result, constant(from->high));
    if (from->addend != 0)
      result =
          arith::AddFOp::create(rewriter, loc, result, constant(from->addend));
    rewriter.replaceOp(op, result);
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
    if (target && hasFusedMultiplyAdd(target)) {
      patterns.add<DivideByMultiplying>(context, /*benefit=*/2);
      patterns.add<StayFloat>(context);
    }
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
