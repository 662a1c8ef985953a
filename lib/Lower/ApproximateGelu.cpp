//===- ApproximateGelu.cpp - GELU in steps of its integers ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "RoundedQuotient.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/RegionUtils.h"
#include "nnq/Lower/Passes.h"

#include <cmath>

namespace nnq {
#define GEN_PASS_DEF_APPROXIMATEGELU
#include "nnq/Lower/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {

/// factor * x * (1 + erf(slope * x)) / step, which is rounded.
struct QuantizedGelu {
  arith::DivFOp quotient;
  Value x;
  double factor, slope, step;

  static std::optional<QuantizedGelu> match(arith::DivFOp quotient);
};

/// t Phi(-t) between 0 and `bound`, and what it is at `bound` beyond, where Phi
/// is the distribution function of the normal distribution. The powers of t
/// from the first have the `coefficients` with the least `error`.
struct GeluTail {
  double error, bound;
  ArrayRef<double> coefficients;
};

} // namespace

static constexpr double kFour[] = {0.52984622, -0.53099805, 0.17928253,
                                   -0.020310236};
static constexpr double kSix[] = {0.51023526,  -0.44471907,  0.056661334,
                                  0.055362529, -0.021109949, 0.0021833999};
static constexpr double kSeven[] = {0.498741,      -0.38241051,  -0.056796339,
                                    0.15087465,    -0.061905399, 0.01077515,
                                    -0.00070866433};
static const GeluTail kTails[] = {
    {2.08e-3, 3.25, kFour}, {6.95e-4, 3.40, kSix}, {1.31e-4, 3.85, kSeven}};

/// The factors of a product of products, constants apart as one.
static void flatten(Value value, SmallVectorImpl<Value> &factors,
                    double &constant) {
  if (std::optional<double> number = getPositive(value)) {
    constant *= *number;
    return;
  }
  if (auto product = value.getDefiningOp<arith::MulFOp>();
      product && product->hasOneUse()) {
    flatten(product.getLhs(), factors, constant);
    flatten(product.getRhs(), factors, constant);
    return;
  }
  factors.push_back(value);
}

std::optional<QuantizedGelu> QuantizedGelu::match(arith::DivFOp quotient) {
  std::optional<RoundedQuotient> rounded = RoundedQuotient::match(quotient);
  if (!rounded)
    return std::nullopt;
  SmallVector<Value> factors;
  QuantizedGelu gelu{quotient, Value(), 1.0, 1.0, rounded->step};
  flatten(quotient.getLhs(), factors, gelu.factor);
  if (factors.size() != 2)
    return std::nullopt;
  for (unsigned i : {0, 1}) {
    auto sum = factors[i].getDefiningOp<arith::AddFOp>();
    auto erf = sum ? sum.getLhs().getDefiningOp<math::ErfOp>() : math::ErfOp();
    if (!erf || !erf->hasOneUse() || !sum->hasOneUse() ||
        getPositive(sum.getRhs()) != 1.0)
      continue;
    gelu.x = factors[1 - i];
    // Not its factors: they are in those of the product only with one use.
    auto argument = erf.getOperand().getDefiningOp<arith::MulFOp>();
    std::optional<double> slope =
        argument ? getPositive(argument.getRhs()) : std::nullopt;
    if (!slope || argument.getLhs() != gelu.x)
      continue;
    gelu.slope = *slope;
    return gelu;
  }
  return std::nullopt;
}

/// In steps, u = 2 factor x / step, a GELU is max(u, 0) - t Phi(-t) with t as
/// |u| up to a bound.
static bool rewrite(RewriterBase &rewriter, QuantizedGelu gelu) {
  double steps = 2 * gelu.factor / gelu.step;
  // From steps to the argument of Phi.
  double scale = gelu.slope * std::sqrt(2.0) / steps;
  const GeluTail *tail = llvm::find_if(kTails, [&](const GeluTail &candidate) {
    return candidate.error <= kHiddenSteps * scale;
  });
  if (tail == std::end(kTails))
    return false;
  Location loc = gelu.quotient.getLoc();
  rewriter.setInsertionPoint(gelu.quotient);
  auto constant = [&](double value) -> Value {
    return arith::ConstantOp::create(
        rewriter, loc, rewriter.getF32FloatAttr(static_cast<float>(value)));
  };
  Value u = arith::MulFOp::create(rewriter, loc, gelu.x, constant(steps));
  Value positive = arith::MaximumFOp::create(rewriter, loc, u, constant(0.0));
  Value t = math::AbsFOp::create(rewriter, loc, u);
  t = arith::MinimumFOp::create(rewriter, loc, t,
                                constant(tail->bound / scale));
  SmallVector<double> scaled;
  double power = -1;
  for (double coefficient : tail->coefficients) {
    scaled.push_back(coefficient * power);
    power *= scale;
  }
  Value p = constant(scaled.pop_back_val());
  for (double coefficient : llvm::reverse(scaled))
    p = math::FmaOp::create(rewriter, loc, p, t, constant(coefficient));
  rewriter.replaceOpWithNewOp<math::FmaOp>(gelu.quotient, t, p, positive);
  return true;
}

namespace {
struct ApproximateGelu
    : public nnq::impl::ApproximateGeluBase<ApproximateGelu> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation().walk([&](linalg::GenericOp op) {
      SmallVector<QuantizedGelu> found;
      for (auto quotient : op.getBlock()->getOps<arith::DivFOp>())
        if (std::optional<QuantizedGelu> gelu = QuantizedGelu::match(quotient))
          found.push_back(*gelu);
      for (const QuantizedGelu &gelu : found)
        ++(rewrite(rewriter, gelu) ? approximated : exact);
      // What is left of the functions.
      if (!found.empty())
        (void)runRegionDCE(rewriter, op->getRegions());
    });
  }
};
} // namespace
