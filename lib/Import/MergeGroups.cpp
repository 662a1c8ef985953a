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

/// Dimensions of `joined` together with the one in front.
static SmallVector<ReassociationIndices> joinDims(int64_t rank,
                                                  ArrayRef<int64_t> joined) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t i = 0; i < rank; ++i) {
    if (llvm::is_contained(joined, i))
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
    unsigned in = dims->inputChannel[0];
    SmallVector<unsigned> dropped{group};
    // Channels that are groups have no loop of their own.
    std::optional<unsigned> single;
    if (ranges[in] == 1) {
      single = maps[1].getResultPosition(rewriter.getAffineDimExpr(in));
      dropped.push_back(in);
    }
    SmallVector<Value> operands;
    for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
      int64_t rank = cast<RankedTensorType>(operand.getType()).getRank();
      SmallVector<int64_t> joined{merged[i] + 1};
      if (i == 1 && single)
        joined.push_back(*single);
      operands.push_back(rewriter.createOrFold<tensor::CollapseShapeOp>(
          op.getLoc(), operand, joinDims(rank, joined)));
    }
    SmallVector<utils::IteratorType> iterators;
    for (auto [i, iterator] : llvm::enumerate(op.getIteratorTypesArray()))
      if (!llvm::is_contained(dropped, i))
        iterators.push_back(iterator);
    auto generic = linalg::GenericOp::create(
        rewriter, op.getLoc(), operands.back().getType(),
        ArrayRef(operands).drop_back(), operands.back(),
        mergeMaps(maps, merged, dropped, in, out, single, ranges), iterators);
    rewriter.cloneRegionBefore(op->getRegion(0), generic.getRegion(),
                               generic.getRegion().begin());
    copyLayerAttributes(op, generic);

    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    SmallVector<ReassociationIndices> pairs =
        joinDims(type.getRank(), merged.back() + 1);
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
  /// Maps over loops without `dropped`, in which `out` runs over all channels;
  /// the weights lose dimension `single`.
  static SmallVector<AffineMap>
  mergeMaps(ArrayRef<AffineMap> maps, ArrayRef<unsigned> merged,
            ArrayRef<unsigned> dropped, unsigned in, unsigned out,
            std::optional<unsigned> single, ArrayRef<int64_t> ranges) {
    MLIRContext *context = maps[0].getContext();
    SmallVector<AffineExpr> loops;
    unsigned numLoops = 0;
    for (unsigned i = 0; i < ranges.size(); ++i)
      loops.push_back(llvm::is_contained(dropped, i)
                          ? getAffineConstantExpr(0, context)
                          : getAffineDimExpr(numLoops++, context));
    AffineExpr channel = loops[out];
    SmallVector<AffineMap> result;
    for (auto [i, map] : llvm::enumerate(maps)) {
      SmallVector<AffineExpr> exprs;
      for (unsigned dim = 0; dim < map.getNumResults(); ++dim) {
        if (dim == merged[i] || (i == 1 && single == dim))
          continue;
        AffineExpr expr = map.getResult(dim).replaceDims(loops);
        if (dim == merged[i] + 1 && i == 0)
          expr = channel.floorDiv(ranges[out]) * ranges[in] + expr;
        exprs.push_back(expr);
      }
      result.push_back(AffineMap::get(numLoops, 0, exprs, context));
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
