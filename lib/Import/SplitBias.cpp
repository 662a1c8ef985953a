//===- SplitBias.cpp - Convolutions and contractions start from zero ------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/BiasAdd.h"
#include "nnq/Support/Rewrite.h"
#include "nnq/Support/Structured.h"

#include "mlir/IR/Matchers.h"

namespace nnq {
#define GEN_PASS_DEF_SPLITBIAS
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// A fill of the type of `value` with zeros.
static Value createZeros(OpBuilder &builder, Location loc, Value value) {
  Type element = getElementTypeOrSelf(value);
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(element));
  Value empty = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, value), element);
  return linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
}

/// Where the addend is read if it is repeated along the dimensions `added`.
static AffineMap getBiasMap(MLIRContext *context, int64_t rank,
                            ArrayRef<int64_t> added) {
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0; i < rank; ++i)
    if (!llvm::is_contained(added, i))
      exprs.push_back(getAffineDimExpr(i, context));
  return AffineMap::get(rank, 0, exprs, context);
}

namespace {

struct SplitInit : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || !isMultiplyAccumulate(op))
      return rewriter.notifyMatchFailure(op, "no multiply-accumulate");
    OpOperand *init = op.getDpsInitOperand(0);
    if (isZeroFill(init->get()))
      return rewriter.notifyMatchFailure(op, "starts from zero");

    Location loc = op.getLoc();
    Value addend = init->get();
    Value result = op->getResult(0);
    SmallVector<int64_t> added;
    bool isZero = matchPattern(addend, m_AnyZeroFloat()) ||
                  matchPattern(addend, m_Zero()) || isZeroFill(addend);
    if (std::optional<Broadcast> broadcast = matchBroadcast(addend)) {
      addend = broadcast->source;
      added = broadcast->added;
    }

    Value zeros = createZeros(rewriter, loc, init->get());
    rewriter.modifyOpInPlace(op, [&] { init->set(zeros); });
    if (isZero)
      return success();
    rewriter.setInsertionPointAfterValue(result);
    int64_t rank = cast<RankedTensorType>(result.getType()).getRank();
    linalg::GenericOp add =
        createBiasAdd(rewriter, op, result, addend,
                      getBiasMap(rewriter.getContext(), rank, added));
    // Sizes of the sum are read from the result as well.
    rewriter.replaceUsesWithIf(result, add.getResult(0), [&](OpOperand &use) {
      return use.getOwner() != add && !isa<tensor::DimOp>(use.getOwner());
    });
    return success();
  }
};

struct SplitBias : public nnq::impl::SplitBiasBase<SplitBias> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateSplitBiasPatterns(patterns);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void nnq::populateSplitBiasPatterns(RewritePatternSet &patterns) {
  patterns.add<SplitInit>(patterns.getContext());
}
