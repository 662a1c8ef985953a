//===- MergeGroups.cpp - One dimension of channels ------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/Rewrite.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace nnq {
#define GEN_PASS_DEF_MERGEGROUPS
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// The dimension that `loop` runs over if the next one is run over by `inner`.
static std::optional<unsigned> findPair(AffineMap map, unsigned loop,
                                        unsigned inner) {
  std::optional<unsigned> at =
      map.getResultPosition(getAffineDimExpr(loop, map.getContext()));
  if (!at || *at + 1 >= map.getNumResults() ||
      map.getResult(*at + 1) != getAffineDimExpr(inner, map.getContext()))
    return std::nullopt;
  return at;
}

/// Dimensions `dim` and `dim + 1` together.
static SmallVector<ReassociationIndices> pairDims(int64_t rank, int64_t dim) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t i = 0; i < rank; ++i) {
    if (i == dim + 1)
      groups.back().push_back(i);
    else
      groups.push_back({i});
  }
  return groups;
}

namespace {

struct MergeGroupsOfConvolution
    : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  MergeGroupsOfConvolution(MLIRContext *context,
                           llvm::function_ref<void()> count)
      : OpInterfaceRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || op.hasDynamicShape() ||
        !linalg::isaConvolutionOpInterface(op) || !isMultiplyAddBody(op))
      return rewriter.notifyMatchFailure(op, "no static convolution");
    FailureOr<linalg::ConvolutionDimensions> dims =
        linalg::inferConvolutionDims(op);
    if (failed(dims) || dims->depth.size() != 1 ||
        dims->outputChannel.size() != 1 || dims->inputChannel.size() != 1)
      return rewriter.notifyMatchFailure(op, "no groups of channels");
    if (llvm::any_of(op.getDpsInputs(), isDequantized))
      return rewriter.notifyMatchFailure(op, "scales belong to dimensions");
    unsigned group = dims->depth[0], out = dims->outputChannel[0];
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    // The dimension of each operand that merges with the one behind it.
    SmallVector<unsigned> merged;
    const unsigned inner[] = {dims->inputChannel[0], out, out};
    for (auto [map, loop] : llvm::zip(maps, inner)) {
      std::optional<unsigned> at = findPair(map, group, loop);
      if (!at)
        return rewriter.notifyMatchFailure(
            op, "channels are not behind their group");
      merged.push_back(*at);
    }

    SmallVector<int64_t> ranges = op.getStaticLoopRanges();
    SmallVector<Value> operands;
    for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
      int64_t rank = cast<RankedTensorType>(operand.getType()).getRank();
      operands.push_back(rewriter.createOrFold<tensor::CollapseShapeOp>(
          op.getLoc(), operand, pairDims(rank, merged[i])));
    }
    SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
    iterators.erase(iterators.begin() + group);
    auto generic = linalg::GenericOp::create(
        rewriter, op.getLoc(), operands.back().getType(),
        ArrayRef(operands).drop_back(), operands.back(),
        mergeMaps(maps, merged, group, out, ranges), iterators);
    rewriter.cloneRegionBefore(op->getRegion(0), generic.getRegion(),
                               generic.getRegion().begin());
    copyLayerAttributes(op, generic);

    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    SmallVector<ReassociationIndices> pairs =
        pairDims(type.getRank(), merged.back());
    for (Operation *user : llvm::to_vector(op->getUsers()))
      if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(user);
          collapse && collapse.getReassociationIndices() == pairs)
        rewriter.replaceOp(collapse, generic.getResult(0));
    rewriter.setInsertionPointAfter(generic);
    rewriter.replaceOpWithNewOp<tensor::ExpandShapeOp>(
        op, type, generic.getResult(0), pairs);
    count();
    return success();
  }

private:
  /// Maps over loops without `group`, in which `out` runs over all channels.
  static SmallVector<AffineMap> mergeMaps(ArrayRef<AffineMap> maps,
                                          ArrayRef<unsigned> merged,
                                          unsigned group, unsigned out,
                                          ArrayRef<int64_t> ranges) {
    MLIRContext *context = maps[0].getContext();
    SmallVector<AffineExpr> loops;
    for (unsigned i = 0, next = 0; i < ranges.size(); ++i)
      loops.push_back(
          getAffineDimExpr(i == group ? 0 : next++, context));
    AffineExpr channel = loops[out];
    SmallVector<AffineMap> result;
    for (auto [i, map] : llvm::enumerate(maps)) {
      SmallVector<AffineExpr> exprs;
      for (unsigned dim = 0; dim < map.getNumResults(); ++dim) {
        if (dim == merged[i])
          continue;
        AffineExpr expr = map.getResult(dim).replaceDims(loops);
        if (dim == merged[i] + 1 && i == 0) {
          auto in = cast<AffineDimExpr>(map.getResult(dim)).getPosition();
          expr = channel.floorDiv(ranges[out]) * ranges[in] + expr;
        }
        exprs.push_back(expr);
      }
      result.push_back(
          AffineMap::get(ranges.size() - 1, 0, exprs, context));
    }
    return result;
  }

  llvm::function_ref<void()> count;
};

struct MergeGroups : public nnq::impl::MergeGroupsBase<MergeGroups> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    auto count = [&] { ++numMerged; };
    populateMergeGroupsPatterns(patterns, count);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void nnq::populateMergeGroupsPatterns(RewritePatternSet &patterns,
                                      llvm::function_ref<void()> count) {
  patterns.add<MergeGroupsOfConvolution>(patterns.getContext(), count);
}
