//===- ApproximateMath.cpp - Functions of vectors as polynomials ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Vectorize/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "nnq/Support/TargetInfo.h"

#include <limits>

namespace nnq {
#define GEN_PASS_DEF_APPROXIMATEMATH
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// `value` as a number or in all lanes.
static Value makeSplat(OpBuilder &builder, Location loc, Type type,
                       TypedAttr value) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    value = SplatElementsAttr::get(shaped, Attribute(value));
  return arith::ConstantOp::create(builder, loc, value);
}

namespace {

/// erf(x) = x P(x^2) / Q(x^2) between -4 and 4, and +-1 elsewhere, with the
/// coefficients of Eigen. Upstream's polynomials are chosen by range, which
/// costs vectors a dozen selections.
struct ApproximateErf : public OpRewritePattern<math::ErfOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::ErfOp op,
                                PatternRewriter &rewriter) const override {
    Type type = op.getType();
    if (!getElementTypeOrSelf(type).isF32())
      return rewriter.notifyMatchFailure(op, "not f32");
    Location loc = op.getLoc();
    auto constant = [&](float value) {
      return makeSplat(rewriter, loc, type, rewriter.getF32FloatAttr(value));
    };
    // A comparison with NaN is false, so that NaN stays.
    auto clamp = [&](Value x, arith::CmpFPredicate predicate, float bound) {
      Value limit = constant(bound);
      Value beyond = arith::CmpFOp::create(rewriter, loc, predicate, limit, x);
      return arith::SelectOp::create(rewriter, loc, beyond, limit, x);
    };
    Value x = clamp(op.getOperand(), arith::CmpFPredicate::OLT, 4.0f);
    x = clamp(x, arith::CmpFPredicate::OGT, -4.0f);
    Value square = arith::MulFOp::create(rewriter, loc, x, x);
    auto horner = [&](ArrayRef<float> coefficients) {
      Value sum = constant(coefficients.front());
      for (float next : coefficients.drop_front())
        sum = math::FmaOp::create(rewriter, loc, sum, square, constant(next));
      return sum;
    };
    Value numerator = horner({-2.72614225801306e-10f, 2.77068142495902e-08f,
                              -2.10102402082508e-06f, -5.69250639462346e-05f,
                              -7.34990630326855e-04f, -2.95459980854025e-03f,
                              -1.60960333262415e-02f});
    Value denominator = horner({-1.45660718464996e-05f, -2.13374055278905e-04f,
                                -1.68282697438203e-03f, -7.37332916720468e-03f,
                                -1.42647390514189e-02f});
    rewriter.replaceOpWithNewOp<arith::DivFOp>(
        op, arith::MulFOp::create(rewriter, loc, x, numerator), denominator);
    return success();
  }
};

/// exp(x) = 2^n exp(r) with r between +-ln(2)/2 and the polynomial of Cephes.
/// Upstream's clamps x and n in between, and finds n by a floor.
struct ApproximateExp : public OpRewritePattern<math::ExpOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::ExpOp op,
                                PatternRewriter &rewriter) const override {
    Type type = op.getType();
    if (!getElementTypeOrSelf(type).isF32())
      return rewriter.notifyMatchFailure(op, "not f32");
    Location loc = op.getLoc();
    auto constant = [&](float value) {
      return makeSplat(rewriter, loc, type, rewriter.getF32FloatAttr(value));
    };
    auto fma = [&](Value a, Value b, Value c) -> Value {
      return math::FmaOp::create(rewriter, loc, a, b, c);
    };
    // Where an ulp is one, additions round to integers. They are the lowest
    // bits of the sum.
    constexpr float kRounds = 12582912.0f;
    Value x = op.getOperand();
    Value sum = fma(x, constant(1.44269504f), constant(kRounds));
    Value n = arith::SubFOp::create(rewriter, loc, sum, constant(kRounds));
    Value r = fma(n, constant(-0.693359375f), x);
    r = fma(n, constant(2.12194440e-4f), r);
    Value p = constant(1.9875691500e-4f);
    for (float next : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
                       1.6666665459e-1f, 5.0000001201e-1f})
      p = fma(p, r, constant(next));
    p = fma(p, arith::MulFOp::create(rewriter, loc, r, r), r);
    p = arith::AddFOp::create(rewriter, loc, p, constant(1.0f));
    // Times 2^n, in the exponent.
    Type integer = rewriter.getI32Type();
    if (auto shaped = dyn_cast<ShapedType>(type))
      integer = shaped.clone(integer);
    Value exponent = arith::ShLIOp::create(
        rewriter, loc, arith::BitcastOp::create(rewriter, loc, integer, sum),
        makeSplat(rewriter, loc, integer, rewriter.getI32IntegerAttr(23)));
    Value bits = arith::AddIOp::create(
        rewriter, loc, arith::BitcastOp::create(rewriter, loc, integer, p),
        exponent);
    Value result = arith::BitcastOp::create(rewriter, loc, type, bits);
    // Beyond the exponents of normal numbers; a comparison with NaN is false.
    auto bound = [&](arith::CmpFPredicate predicate, float limit, float value) {
      Value beyond =
          arith::CmpFOp::create(rewriter, loc, predicate, x, constant(limit));
      result = arith::SelectOp::create(rewriter, loc, beyond, constant(value),
                                       result);
    };
    bound(arith::CmpFPredicate::OLT, -87.33654f, 0.0f);
    bound(arith::CmpFPredicate::OGT, 88.72283f,
          std::numeric_limits<float>::infinity());
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// The steps of the polynomials may be rounded once or twice: a target without
/// the instruction multiplies and adds instead of calling fmaf for each lane.
struct RelaxFma : public OpRewritePattern<math::FmaOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::FmaOp op,
                                PatternRewriter &rewriter) const override {
    if (!LLVM::isCompatibleType(op.getType()))
      return rewriter.notifyMatchFailure(op, "neither a number nor a vector");
    rewriter.replaceOpWithNewOp<LLVM::FMulAddOp>(op, op.getType(),
                                                 op.getOperands());
    return success();
  }
};

struct ApproximateMath
    : public nnq::impl::ApproximateMathBase<ApproximateMath> {
  void runOnOperation() override {
    // What the hardware computes, and what is rare, is left to LLVM.
    auto isApproximated = [](StringRef name) {
      return name == math::TanhOp::getOperationName() ||
             name == math::LogOp::getOperationName();
    };
    RewritePatternSet patterns(&getContext());
    patterns.add<ApproximateErf, ApproximateExp>(&getContext());
    TargetAttr target = findTarget(getOperation());
    if (!target || !hasFusedMultiplyAdd(target))
      patterns.add<RelaxFma>(&getContext());
    populateMathPolynomialApproximationPatterns(patterns, isApproximated);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
