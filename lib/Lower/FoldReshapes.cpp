//===- FoldReshapes.cpp - Flattening into contractions --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "nnq/Lower/Passes.h"
#include "nnq/Lower/Transforms.h"
#include "nnq/Support/Contraction.h"
#include "nnq/Support/Rewrite.h"

namespace nnq {
#define GEN_PASS_DEF_FOLDRESHAPES
#include "nnq/Lower/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct FoldReshapes : public nnq::impl::FoldReshapesBase<FoldReshapes> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateFoldReshapesPatterns(patterns);
    LayerAttributeListener listener;
    GreedyRewriteConfig config;
    config.setListener(&listener);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      signalPassFailure();
  }
};
} // namespace

/// True if dimensions that `collapse` joins are summed up: those of rows may
/// stay one.
static bool joinsInputs(tensor::CollapseShapeOp collapse,
                        const Contraction &contraction) {
  linalg::LinalgOp op = contraction.op;
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  AffineMap map = op.getMatchingIndexingMap(contraction.activation);
  ArrayRef<int64_t> shape = collapse.getSrcType().getShape();
  return llvm::all_of(
      llvm::enumerate(collapse.getReassociationIndices()), [&](auto group) {
        int64_t joined = llvm::count_if(
            group.value(), [&](int64_t dim) { return shape[dim] != 1; });
        auto loop = dyn_cast<AffineDimExpr>(map.getResult(group.index()));
        return joined <= 1 || (loop && linalg::isReductionIterator(
                                           iterators[loop.getPosition()]));
      });
}

void nnq::populateFoldReshapesPatterns(RewritePatternSet &patterns) {
  // What is expanded may start from an accumulator that is.
  linalg::FillOp::getCanonicalizationPatterns(patterns, patterns.getContext());
  tensor::populateFoldTensorEmptyPatterns(patterns);
  linalg::populateFoldReshapeOpsByExpansionPatterns(
      patterns, [](OpOperand *operand) {
        // Only a collapse in front of a contraction: elementwise ops keep
        // their shape, or reshapes would wander through the whole network.
        auto collapse = operand->get().getDefiningOp<tensor::CollapseShapeOp>();
        FailureOr<Contraction> contraction =
            Contraction::match(operand->getOwner());
        return collapse && collapse->hasOneUse() && succeeded(contraction) &&
               contraction->activation == operand &&
               joinsInputs(collapse, *contraction);
      });
}
