//===- ApproximateExp.cpp - exp in steps of its integers ------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "RoundedQuotient.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/RegionUtils.h"
#include "nnq/Lower/Passes.h"

#include <cmath>

namespace nnq {
#define GEN_PASS_DEF_APPROXIMATEEXP
#include "nnq/Lower/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
/// exp between +-ln(2)/2: `coefficients` of the powers from the zeroth with the
/// least `error`, relative to exp.
struct ExpPolynomial {
  double error;
  ArrayRef<double> coefficients;
};
} // namespace

static constexpr double kThree[] = {0.99992805719, 1.00016415119, 0.50496327877,
                                    0.16566842794};
static constexpr double kFour[] = {0.99999928474, 0.99996340275, 0.50004357100,
                                   0.16790907085, 0.04145860672};
static const ExpPolynomial kPolynomials[] = {{7.48e-5, kThree},
                                             {2.60e-6, kFour}};

/// exp(x) / step = 2^n p(x - n ln(2)), where the coefficients of p are divided
/// by the step.
static bool rewrite(RewriterBase &rewriter, RoundedQuotient quotient, Value x) {
  if (!quotient.bound)
    return false;
  const ExpPolynomial *polynomial =
      llvm::find_if(kPolynomials, [&](const ExpPolynomial &candidate) {
        return candidate.error * *quotient.bound <= kHiddenSteps;
      });
  if (polynomial == std::end(kPolynomials))
    return false;
  ImplicitLocOpBuilder b(quotient.op.getLoc(), rewriter);
  b.setInsertionPoint(quotient.op);
  auto constant = [&](double value) -> Value {
    return arith::ConstantOp::create(
        b, b.getF32FloatAttr(static_cast<float>(value)));
  };
  // The exponent of a normal number, which ends below the least and above the
  // largest integer. A comparison with NaN is false: that of no x is 0.
  double steps = std::log(quotient.step);
  auto clamp = [&](arith::CmpFPredicate predicate, double bound) {
    Value limit = constant(bound);
    Value isWithin = arith::CmpFOp::create(b, predicate, x, limit);
    x = arith::SelectOp::create(b, isWithin, x, limit);
  };
  constexpr double kLn2 = 0.6931471805599453;
  clamp(arith::CmpFPredicate::OGT, steps - 100 * kLn2);
  clamp(arith::CmpFPredicate::OLT, steps + 100 * kLn2);
  // Where an ulp is one, additions round to integers. They are the lowest bits
  // of the sum.
  Value rounds = constant(12582912.0);
  Value sum = math::FmaOp::create(b, x, constant(1 / kLn2), rounds);
  Value n = arith::SubFOp::create(b, sum, rounds);
  Value r = math::FmaOp::create(b, n, constant(-kLn2), x);
  Value p = constant(polynomial->coefficients.back() / quotient.step);
  for (double next : llvm::reverse(polynomial->coefficients.drop_back()))
    p = math::FmaOp::create(b, p, r, constant(next / quotient.step));
  // Times 2^n, in the exponent.
  Type i32 = b.getI32Type();
  Value places = arith::ConstantOp::create(b, b.getI32IntegerAttr(23));
  Value exponent =
      arith::ShLIOp::create(b, arith::BitcastOp::create(b, i32, sum), places);
  Value bits =
      arith::AddIOp::create(b, arith::BitcastOp::create(b, i32, p), exponent);
  rewriter.replaceOp(quotient.op,
                     arith::BitcastOp::create(b, b.getF32Type(), bits));
  return true;
}

namespace {
struct ApproximateExp : public nnq::impl::ApproximateExpBase<ApproximateExp> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation().walk([&](linalg::GenericOp op) {
      bool isChanged = false;
      for (auto quotient :
           llvm::make_early_inc_range(op.getBlock()->getOps<arith::DivFOp>())) {
        auto exp = quotient.getLhs().getDefiningOp<math::ExpOp>();
        std::optional<RoundedQuotient> rounded =
            RoundedQuotient::match(quotient);
        if (!exp || !rounded)
          continue;
        bool isApproximated = rewrite(rewriter, *rounded, exp.getOperand());
        ++(isApproximated ? approximated : exact);
        isChanged |= isApproximated;
      }
      // What is left of the functions.
      if (isChanged)
        (void)runRegionDCE(rewriter, op->getRegions());
    });
  }
};
} // namespace
