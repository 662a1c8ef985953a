//===- FuseElementwise.cpp - Chains of elementwise ops --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "nnq/Lower/Passes.h"
#include "nnq/Support/Rewrite.h"

namespace nnq {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "nnq/Lower/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// True for a dequantization and the like: reading the narrow input again is
/// cheaper than to store the wide result for several readers.
static bool widens(Operation *producer) {
  auto op = dyn_cast<linalg::GenericOp>(producer);
  if (!op || op.getNumReductionLoops() != 0 || op.getNumDpsInputs() != 1)
    return false;
  auto in = dyn_cast<RankedTensorType>(op.getInputs()[0].getType());
  auto out = dyn_cast<RankedTensorType>(op.getResult(0).getType());
  return in && out &&
         in.getElementTypeBitWidth() < out.getElementTypeBitWidth();
}

static bool isFusible(OpOperand *operand) {
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  Operation *producer = operand->get().getDefiningOp();
  return consumer && consumer.getNumReductionLoops() == 0 && producer &&
         (producer->hasOneUse() || widens(producer));
}

namespace {
/// As the upstream pattern does, but the fused op replaces its consumer in a
/// way that listeners see.
struct FuseProducer : public OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    for (OpOperand &operand : op->getOpOperands()) {
      if (!isFusible(&operand) || !linalg::areElementwiseOpsFusable(&operand))
        continue;
      FailureOr<linalg::ElementwiseOpFusionResult> fused =
          linalg::fuseElementwiseOps(rewriter, &operand);
      if (failed(fused))
        return rewriter.notifyMatchFailure(op, "upstream fusion fails");
      SmallVector<Value> results;
      for (Value result : op->getResults())
        results.push_back(fused->replacements.lookup(result));
      rewriter.replaceOp(op, results);
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no elementwise producer");
  }
};

struct FuseElementwise
    : public nnq::impl::FuseElementwiseBase<FuseElementwise> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FuseProducer>(&getContext(), /*benefit=*/2);
    linalg::populateElementwiseOpsFusionPatterns(patterns, isFusible);
    linalg::GenericOp::getCanonicalizationPatterns(patterns, &getContext());
    LayerAttributeListener listener;
    GreedyRewriteConfig config;
    config.setListener(&listener);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      signalPassFailure();
  }
};
} // namespace
