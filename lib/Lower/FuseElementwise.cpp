//===- FuseElementwise.cpp - Chains of elementwise ops --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/LinalgInterfaces.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "nnq/Lower/Passes.h"
#include "nnq/Lower/Transforms.h"
#include "nnq/Support/Contraction.h"
#include "nnq/Support/Rewrite.h"
#include "nnq/Support/Structured.h"

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

/// True if each element of the producer is needed by several elements of the
/// consumer: what a row has in common is computed once.
static bool repeats(OpOperand *operand, Operation *producer) {
  auto consumer = cast<linalg::GenericOp>(operand->getOwner());
  auto op = dyn_cast<linalg::GenericOp>(producer);
  if (!op || !isElementwiseCompute(op) || widens(producer))
    return false;
  AffineMap map = consumer.getMatchingIndexingMap(operand);
  SmallVector<int64_t> sizes = consumer.getStaticLoopRanges();
  return llvm::any_of(llvm::seq<unsigned>(0, sizes.size()), [&](unsigned loop) {
    return sizes[loop] != 1 && !map.isFunctionOfDim(loop);
  });
}

static bool hasWindow(linalg::GenericOp op) {
  return !llvm::all_of(op.getIndexingMapsArray(), [](AffineMap map) {
    return map.isProjectedPermutation();
  });
}

/// True for a sum or maximum that may compute what it joins. The epilogue of
/// another reduction stays with that one.
static bool isFusibleReduction(OpOperand *operand, linalg::GenericOp producer) {
  auto consumer = cast<linalg::GenericOp>(operand->getOwner());
  return !isMultiplyAddBody(consumer) && !hasWindow(consumer) &&
         producer->hasOneUse() && !repeats(operand, producer) &&
         llvm::none_of(producer.getInputs(), [](Value input) {
           auto op = input.getDefiningOp<linalg::GenericOp>();
           return op && op.getNumReductionLoops() != 0;
         });
}

/// True for an operand that is packed for its kernel whatever its order is.
static bool isPackedLater(OpOperand *operand) {
  return operand->getOperandNumber() == 1 &&
         isIntegerProduct(cast<linalg::LinalgOp>(operand->getOwner())) &&
         succeeded(ActivationProduct::match(operand->getOwner()));
}

/// True for a transpose that a contraction may read through: what is contiguous
/// stays so.
static bool isFusibleTranspose(OpOperand *operand, linalg::GenericOp producer) {
  auto consumer = cast<linalg::GenericOp>(operand->getOwner());
  std::optional<SmallVector<int64_t>> permutation =
      linalg::isaTransposeOpInterface(producer);
  return permutation && isMultiplyAddBody(consumer) && !hasWindow(consumer) &&
         (isPackedLater(operand) ||
          permutation->back() == static_cast<int64_t>(permutation->size()) - 1);
}

static bool isFusible(OpOperand *operand) {
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  Operation *producer = operand->get().getDefiningOp();
  if (!consumer || !producer)
    return false;
  if (consumer.getNumReductionLoops() == 0)
    return (producer->hasOneUse() && !repeats(operand, producer)) ||
           widens(producer);
  auto generic = dyn_cast<linalg::GenericOp>(producer);
  return generic && consumer.isDpsInput(operand) &&
         (isFusibleReduction(operand, generic) ||
          isFusibleTranspose(operand, generic));
}

/// True if unit dimensions that a reshape drops are all that keeps two
/// elementwise ops apart.
static bool isApartByUnits(OpOperand *operand) {
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  auto reshape = operand->get().getDefiningOp<tensor::CollapseShapeOp>();
  auto producer =
      reshape ? reshape.getSrc().getDefiningOp<linalg::GenericOp>() : nullptr;
  if (!consumer || consumer.getNumReductionLoops() != 0 || !producer ||
      producer.getNumReductionLoops() != 0 || !producer->hasOneUse() ||
      !reshape->hasOneUse())
    return false;
  ArrayRef<int64_t> shape = reshape.getSrcType().getShape();
  return llvm::all_of(reshape.getReassociationIndices(), [&](auto &group) {
    return llvm::count_if(group, [&](int64_t dim) { return shape[dim] != 1; }) <
           2;
  });
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

/// Brings the loops of what a reduction feeds in the order of its result; the
/// kernel then stores where a transpose has put the elements. Rows stay rows.
struct FollowReduction : public OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getNumReductionLoops() != 0 || op.getNumLoops() == 0 ||
        op.getBlock()->without_terminator().empty())
      return rewriter.notifyMatchFailure(op, "not an elementwise computation");
    for (OpOperand *operand : op.getDpsInputOperands()) {
      auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
      AffineMap map = op.getMatchingIndexingMap(operand);
      if (!producer || producer.getNumReductionLoops() == 0 ||
          !operand->get().hasOneUse() || !map.isPermutation() ||
          map.isIdentity() ||
          map.getResults().back() !=
              getAffineDimExpr(map.getNumDims() - 1, op.getContext()))
        continue;
      SmallVector<unsigned> order;
      for (AffineExpr expr : map.getResults())
        order.push_back(cast<AffineDimExpr>(expr).getPosition());
      if (failed(linalg::interchangeGenericOp(rewriter, op, order)))
        return rewriter.notifyMatchFailure(op, "upstream interchange fails");
      return success();
    }
    return rewriter.notifyMatchFailure(op, "in order, or no sole reader");
  }
};

struct FuseElementwise
    : public nnq::impl::FuseElementwiseBase<FuseElementwise> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateFuseElementwisePatterns(patterns);
    LayerAttributeListener listener;
    GreedyRewriteConfig config;
    config.setListener(&listener);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
    // Fusion is over: it would have to look through the order of loops.
    RewritePatternSet order(&getContext());
    order.add<FollowReduction>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(order), config)))
      signalPassFailure();
  }
};
} // namespace

void nnq::populateFuseElementwisePatterns(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<FuseProducer>(context, /*benefit=*/2);
  linalg::populateElementwiseOpsFusionPatterns(patterns, isFusible);
  linalg::populateFoldReshapeOpsByExpansionPatterns(patterns, isApartByUnits);
  linalg::GenericOp::getCanonicalizationPatterns(patterns, context);
}
