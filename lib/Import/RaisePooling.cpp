//===- RaisePooling.cpp - Sums and maxima of images become pools ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/Rewrite.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace nnq {
#define GEN_PASS_DEF_RAISEPOOLING
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// True if `op` reduces the last two dimensions of a tensor (n, c, h, w).
static bool reducesImages(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() != 1 || op.getNumLoops() != 4)
    return false;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  return maps[0].isIdentity() &&
         maps[1] == AffineMap::getMinorIdentityMap(4, 4, op.getContext())
                        .getMajorSubMap(2) &&
         op.getNumReductionLoops() == 2;
}

namespace {

/// (n, c) -> (n, c, 1, 1) of a reduction over (n, c, h, w)
struct RaisePool : public OpRewritePattern<tensor::ExpandShapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ExpandShapeOp op,
                                PatternRewriter &rewriter) const override {
    auto sum = op.getSrc().getDefiningOp<linalg::LinalgOp>();
    if (!sum || !sum.hasPureTensorSemantics() || sum->getNumResults() != 1)
      return rewriter.notifyMatchFailure(op, "is not of a reduction");
    if (!reducesImages(sum))
      return rewriter.notifyMatchFailure(op, "images are not what is reduced");
    if (op.getReassociationIndices() !=
        SmallVector<ReassociationIndices>{{0}, {1, 2, 3}})
      return rewriter.notifyMatchFailure(op, "the image becomes no pixel");
    Value input = sum.getDpsInputs()[0];
    auto type = cast<RankedTensorType>(input.getType());
    ArrayRef<int64_t> size = type.getShape().take_back(2);
    Value start = getFillValue(sum.getDpsInits()[0]);
    if (!start || ShapedType::isDynamicShape(size))
      return rewriter.notifyMatchFailure(
          op, "the start or the size of the window is not known");
    bool isSum = isSumPooling(sum), isMax = isMaxReduction(sum);
    if (!isSum && !isMax)
      return rewriter.notifyMatchFailure(op, "is neither a sum nor a maximum");

    Location loc = sum.getLoc();
    RankedTensorType resultType = op.getResultType();
    Type element = type.getElementType();
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(rewriter, loc, input);
    sizes[2] = sizes[3] = rewriter.getIndexAttr(1);
    Value empty = tensor::EmptyOp::create(rewriter, loc, sizes, element);
    Value init =
        linalg::FillOp::create(rewriter, loc, start, empty).getResult(0);
    Value window = tensor::EmptyOp::create(rewriter, loc, size, element);
    auto steps = DenseIntElementsAttr::get(
        RankedTensorType::get({2}, rewriter.getI64Type()), int64_t(1));
    auto create = [&](auto kind) -> Operation * {
      return decltype(kind)::create(rewriter, loc, resultType,
                                    ValueRange{input, window}, init,
                                    /*strides=*/steps, /*dilations=*/steps);
    };
    Operation *pool = isSum ? create(linalg::PoolingNchwSumOp())
                            : create(linalg::PoolingNchwMaxOp());
    if (Attribute layer = sum->getAttr(kLayerAttr))
      pool->setAttr(kLayerAttr, layer);
    rewriter.replaceOp(op, pool->getResults());
    return success();
  }
};

struct RaisePooling : public nnq::impl::RaisePoolingBase<RaisePooling> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateRaisePoolingPatterns(patterns);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void nnq::populateRaisePoolingPatterns(RewritePatternSet &patterns) {
  patterns.add<RaisePool>(patterns.getContext());
}
