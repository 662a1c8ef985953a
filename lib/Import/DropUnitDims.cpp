//===- DropUnitDims.cpp - Results of reductions without unit dims ---------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/Rewrite.h"

namespace nnq {
#define GEN_PASS_DEF_DROPUNITDIMS
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static bool isZero(AffineExpr expr) {
  auto constant = dyn_cast<AffineConstantExpr>(expr);
  return constant && constant.getValue() == 0;
}

/// `map` without the results marked in `dropped`.
static AffineMap dropResults(AffineMap map,
                             const llvm::SmallBitVector &dropped) {
  SmallVector<AffineExpr> exprs;
  for (auto [i, expr] : llvm::enumerate(map.getResults()))
    if (!dropped.test(i))
      exprs.push_back(expr);
  return AffineMap::get(map.getNumDims(), 0, exprs, map.getContext());
}

/// The groups of a reshape between a type and one without the dimensions
/// `dropped`, each of which joins the one before it.
static SmallVector<ReassociationIndices>
getGroups(const llvm::SmallBitVector &dropped) {
  SmallVector<ReassociationIndices> groups;
  ReassociationIndices leading;
  for (int64_t i = 0, rank = dropped.size(); i < rank; ++i) {
    if (!dropped.test(i)) {
      groups.emplace_back(std::move(leading));
      leading.clear();
      groups.back().push_back(i);
    } else if (groups.empty()) {
      leading.push_back(i);
    } else {
      groups.back().push_back(i);
    }
  }
  return groups;
}

/// The unit dimensions of a tensor of `type` that are read at 0 alone.
static llvm::SmallBitVector getUnitDims(RankedTensorType type, AffineMap map) {
  llvm::SmallBitVector dims(type.getRank());
  for (auto [i, expr] : llvm::enumerate(map.getResults()))
    if (type.getDimSize(i) == 1 && isZero(expr))
      dims.set(i);
  return dims;
}

static SmallVector<int64_t> dropDims(ArrayRef<int64_t> shape,
                                     const llvm::SmallBitVector &dropped) {
  SmallVector<int64_t> result;
  for (auto [i, size] : llvm::enumerate(shape))
    if (!dropped.test(i))
      result.push_back(size);
  return result;
}

namespace {

/// A reduction into tensor<8x1xf32> under (d0, d1) -> (d0, 0) is one into
/// tensor<8xf32>, expanded.
struct DropOfReduction : public OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || op.getNumReductionLoops() == 0 ||
        op->getNumResults() != 1)
      return rewriter.notifyMatchFailure(op, "not a reduction to one tensor");
    OpOperand *init = op.getDpsInitOperand(0);
    auto type = cast<RankedTensorType>(init->get().getType());
    AffineMap map = op.getMatchingIndexingMap(init);
    llvm::SmallBitVector dropped = getUnitDims(type, map);
    SmallVector<int64_t> shape = dropDims(type.getShape(), dropped);
    if (dropped.none())
      return rewriter.notifyMatchFailure(op, "no unit dimension to drop");

    Location loc = op.getLoc();
    auto dense = RankedTensorType::get(shape, type.getElementType());
    SmallVector<ReassociationIndices> groups = getGroups(dropped);
    Value start;
    if (auto fill = init->get().getDefiningOp<linalg::FillOp>()) {
      SmallVector<OpFoldResult> sizes;
      for (auto [i, size] :
           llvm::enumerate(tensor::getMixedSizes(rewriter, loc, fill.output())))
        if (!dropped.test(i))
          sizes.push_back(size);
      Value empty =
          tensor::EmptyOp::create(rewriter, loc, sizes, type.getElementType());
      start = linalg::FillOp::create(rewriter, loc, fill.value(), empty)
                  .getResult(0);
    } else {
      start = tensor::CollapseShapeOp::create(rewriter, loc, dense, init->get(),
                                              groups);
    }
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    maps[init->getOperandNumber()] = dropResults(map, dropped);
    auto reduction =
        linalg::GenericOp::create(rewriter, loc, dense, op.getInputs(), start,
                                  maps, op.getIteratorTypesArray());
    rewriter.inlineRegionBefore(op.getRegion(), reduction.getRegion(),
                                reduction.getRegion().begin());
    reduction->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    rewriter.replaceOpWithNewOp<tensor::ExpandShapeOp>(
        op, type, reduction.getResult(0), groups);
    return success();
  }
};

/// What reads only element 0 along the unit dimensions that a reshape adds
/// reads the tensor without them.
struct ReadThroughExpand : public OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics())
      return rewriter.notifyMatchFailure(op, "not on tensors");
    for (OpOperand *operand : op.getDpsInputOperands()) {
      auto expand = operand->get().getDefiningOp<tensor::ExpandShapeOp>();
      if (!expand)
        continue;
      AffineMap map = op.getMatchingIndexingMap(operand);
      std::optional<llvm::SmallBitVector> added = getAdded(expand, map);
      if (!added)
        continue;
      SmallVector<AffineMap> maps = op.getIndexingMapsArray();
      maps[operand->getOperandNumber()] = dropResults(map, *added);
      rewriter.modifyOpInPlace(op, [&] {
        operand->set(expand.getSrc());
        op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
      });
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no operand with added dimensions");
  }

private:
  /// The dimensions that the reshape adds, if all are read at 0 and it does
  /// nothing else.
  static std::optional<llvm::SmallBitVector>
  getAdded(tensor::ExpandShapeOp expand, AffineMap map) {
    auto type = cast<RankedTensorType>(expand.getType());
    llvm::SmallBitVector added = getUnitDims(type, map);
    if (added.none() || ArrayRef(dropDims(type.getShape(), added)) !=
                            expand.getSrcType().getShape())
      return std::nullopt;
    return added;
  }
};

/// A broadcast along dimensions that the tensor has, of size 1, is one along
/// dimensions that it does not have.
struct DropOfBroadcast : public OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || op.getNumDpsInputs() != 1 ||
        op.getNumDpsInits() != 1 || op.getNumReductionLoops() != 0 ||
        op.getBody()->getTerminator()->getOperand(0) !=
            op.getBody()->getArgument(0))
      return rewriter.notifyMatchFailure(op, "not a broadcast");
    OpOperand *input = op.getDpsInputOperand(0);
    AffineMap map = op.getMatchingIndexingMap(input);
    auto type = cast<RankedTensorType>(input->get().getType());
    llvm::SmallBitVector dropped = getUnitDims(type, map);
    AffineMap rest = dropResults(map, dropped);
    // Images of one sample that are repeated otherwise stay images.
    ArrayRef<int64_t> shape = op.getShape(op.getDpsInitOperand(0));
    bool repeats = static_cast<int64_t>(shape.size()) == type.getRank() &&
                   llvm::any_of(dropped.set_bits(),
                                [&](unsigned dim) { return shape[dim] != 1; });
    if (!repeats || !rest.isProjectedPermutation() ||
        !op.getIndexingMapsArray().back().isIdentity())
      return rewriter.notifyMatchFailure(op, "no unit dimension to drop");

    auto dense = RankedTensorType::get(dropDims(type.getShape(), dropped),
                                       type.getElementType());
    Value source = tensor::CollapseShapeOp::create(
        rewriter, op.getLoc(), dense, input->get(), getGroups(dropped));
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    maps.front() = rest;
    rewriter.modifyOpInPlace(op, [&] {
      input->set(source);
      op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    });
    return success();
  }
};

struct DropUnitDims : public nnq::impl::DropUnitDimsBase<DropUnitDims> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateDropUnitDimsPatterns(patterns);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void nnq::populateDropUnitDimsPatterns(RewritePatternSet &patterns) {
  patterns.add<DropOfReduction, DropOfBroadcast, ReadThroughExpand>(
      patterns.getContext());
}
