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

namespace nnq {
#define GEN_PASS_DEF_APPROXIMATEMATH
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

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
    auto constant = [&](float value) -> Value {
      TypedAttr attr = rewriter.getF32FloatAttr(value);
      if (auto shaped = dyn_cast<ShapedType>(type))
        attr = SplatElementsAttr::get(shaped, Attribute(attr));
      return arith::ConstantOp::create(rewriter, loc, attr);
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
      return name == math::ExpOp::getOperationName() ||
             name == math::TanhOp::getOperationName() ||
             name == math::LogOp::getOperationName();
    };
    RewritePatternSet patterns(&getContext());
    patterns.add<ApproximateErf>(&getContext());
    auto module = getOperation()->getParentOfType<ModuleOp>();
    auto target =
        module ? module->getAttrOfType<TargetAttr>(kTargetAttr) : nullptr;
    if (!target || !hasFusedMultiplyAdd(target))
      patterns.add<RelaxFma>(&getContext());
    populateMathPolynomialApproximationPatterns(patterns, isApproximated);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
