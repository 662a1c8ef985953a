//===- DropUnitLoops.cpp - Ops between reshapes without unit loops --------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "nnq/Lower/Passes.h"
#include "nnq/Support/Rewrite.h"

namespace nnq {
#define GEN_PASS_DEF_DROPUNITLOOPS
#include "nnq/Lower/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// True if the types differ in unit dimensions only.
static bool changesOnlyUnitDims(RankedTensorType from, RankedTensorType to) {
  auto isWide = [](int64_t size) { return size != 1; };
  return llvm::equal(llvm::make_filter_range(from.getShape(), isWide),
                     llvm::make_filter_range(to.getShape(), isWide));
}

static bool isUnitReshape(Operation *op) {
  if (auto expand = dyn_cast_or_null<tensor::ExpandShapeOp>(op))
    return changesOnlyUnitDims(expand.getSrcType(), expand.getResultType());
  if (auto collapse = dyn_cast_or_null<tensor::CollapseShapeOp>(op))
    return changesOnlyUnitDims(collapse.getSrcType(), collapse.getResultType());
  return false;
}

/// True for what is tied to the dimensions of an image: layouts are chosen for
/// these later.
static bool isImageOp(Operation *op) {
  if (isa_and_nonnull<tensor::PadOp, tensor::ExtractSliceOp,
                      tensor::InsertSliceOp, tensor::ConcatOp>(op))
    return true;
  auto generic = dyn_cast_or_null<linalg::GenericOp>(op);
  return generic &&
         !llvm::all_of(generic.getIndexingMapsArray(), [](AffineMap map) {
           return map.isProjectedPermutation(/*allowZeroInResults=*/true);
         });
}

/// True if a reshape stands beside `op` only because of its unit loops.
static bool isEligible(linalg::GenericOp op) {
  if (!op.hasPureTensorSemantics() || op.hasDynamicShape() || isImageOp(op) ||
      !llvm::is_contained(op.getStaticLoopRanges(), 1))
    return false;
  bool besideReshape = false;
  for (Value operand : op.getInputs()) {
    Operation *producer = operand.getDefiningOp();
    if (isImageOp(producer))
      return false;
    besideReshape |= isa_and_nonnull<tensor::ExpandShapeOp>(producer) &&
                     isUnitReshape(producer);
  }
  for (Operation *user : op->getUsers()) {
    if (isImageOp(user))
      return false;
    besideReshape |= isa<tensor::CollapseShapeOp>(user) && isUnitReshape(user);
  }
  return besideReshape;
}

namespace {
struct DropUnitLoops : public nnq::impl::DropUnitLoopsBase<DropUnitLoops> {
  void runOnOperation() override {
    LayerAttributeListener listener;
    IRRewriter rewriter(&getContext(), &listener);
    linalg::ControlDropUnitDims control;
    RewritePatternSet patterns(&getContext());
    linalg::populateFoldUnitExtentDimsCanonicalizationPatterns(patterns,
                                                               control);
    tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns,
                                                         &getContext());
    tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, &getContext());
    linalg::FillOp::getCanonicalizationPatterns(patterns, &getContext());
    FrozenRewritePatternSet cleanup(std::move(patterns));

    // Reshapes move to the neighbours of an op that loses its unit loops.
    for (bool changed = true; changed;) {
      changed = false;
      SmallVector<linalg::GenericOp> ops;
      getOperation().walk([&](linalg::GenericOp op) { ops.push_back(op); });
      for (linalg::GenericOp op : ops) {
        if (!isEligible(op))
          continue;
        rewriter.setInsertionPoint(op);
        FailureOr<linalg::DropUnitDimsResult> result =
            linalg::dropUnitDims(rewriter, op, control);
        if (failed(result))
          continue;
        rewriter.replaceOp(op, result->replacements);
        ++dropped;
        changed = true;
      }
      GreedyRewriteConfig config;
      config.setListener(&listener);
      if (changed &&
          failed(applyPatternsGreedily(getOperation(), cleanup, config)))
        return signalPassFailure();
    }

    // Images keep their rank through slices: layouts follow them there.
    RewritePatternSet slices(&getContext());
    tensor::populateReassociativeReshapeFoldingPatterns(slices);
    tensor::populateMergeConsecutiveInsertExtractSlicePatterns(slices);
    GreedyRewriteConfig config;
    config.setListener(&listener);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(slices), config)))
      signalPassFailure();
  }
};
} // namespace
