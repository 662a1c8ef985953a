//===- FoldReshapes.cpp - Flattening into contractions --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
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

void nnq::populateFoldReshapesPatterns(RewritePatternSet &patterns) {
  linalg::populateFoldReshapeOpsByExpansionPatterns(
      patterns, [](OpOperand *operand) {
        // Only a collapse in front of a contraction: elementwise ops keep
        // their shape, or reshapes would wander through the whole network.
        auto collapse = operand->get().getDefiningOp<tensor::CollapseShapeOp>();
        FailureOr<Contraction> contraction =
            Contraction::match(operand->getOwner());
        return collapse && collapse->hasOneUse() && succeeded(contraction) &&
               contraction->activation == operand;
      });
}
