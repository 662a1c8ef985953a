//===- UnbatchWeights.cpp - One matrix for a batch ------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/Rewrite.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace nnq {
#define GEN_PASS_DEF_UNBATCHWEIGHTS
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// The matrix that each sample of `factors` repeats, or null. Several batches
/// are collapsed to one.
static Value findMatrix(Value factors) {
  int64_t batches = 1;
  if (auto collapse = factors.getDefiningOp<tensor::CollapseShapeOp>()) {
    SmallVector<ReassociationIndices> groups =
        collapse.getReassociationIndices();
    factors = collapse.getSrc();
    batches = groups.front().size();
    if (batches + 2 != collapse.getSrcType().getRank())
      return {};
  }
  std::optional<Broadcast> broadcast = matchBroadcast(factors);
  if (!broadcast ||
      !llvm::equal(broadcast->added, llvm::seq<int64_t>(0, batches)))
    return {};
  return broadcast->source;
}

namespace {

/// `x[b, m, k] * broadcast(w)[b, k, n]` as `x[b, m, k] * w[k, n]`.
struct UnbatchProduct : public OpRewritePattern<linalg::BatchMatmulOp> {
  UnbatchProduct(MLIRContext *context, llvm::function_ref<void()> count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(linalg::BatchMatmulOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || op.hasUserDefinedMaps())
      return rewriter.notifyMatchFailure(op, "no plain product of tensors");
    Type element = getElementTypeOrSelf(op->getResult(0).getType());
    Value matrix = findMatrix(op.getInputs()[1]);
    if (!matrix)
      return rewriter.notifyMatchFailure(op, "samples have their own factors");
    if (!isa<FloatType>(element) ||
        getElementTypeOrSelf(op.getInputs()[0].getType()) != element ||
        getElementTypeOrSelf(matrix.getType()) != element)
      return rewriter.notifyMatchFailure(op, "elements are extended");
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    maps[1] = maps[1].dropResult(0);
    DictionaryAttr attrs = op->getDiscardableAttrDictionary();
    auto generic = linalg::GenericOp::create(
        rewriter, op.getLoc(), op->getResultTypes(),
        ValueRange{op.getInputs()[0], matrix}, op.getOutputs(), maps,
        op.getIteratorTypesArray(),
        [](OpBuilder &b, Location loc, ValueRange args) {
          Value product = arith::MulFOp::create(b, loc, args[0], args[1]);
          linalg::YieldOp::create(
              b, loc, Value(arith::AddFOp::create(b, loc, args[2], product)));
        });
    for (NamedAttribute attr : attrs)
      if (attr.getName() !=
          linalg::LinalgDialect::kMemoizedIndexingMapsAttrName)
        generic->setDiscardableAttr(attr.getName(), attr.getValue());
    rewriter.replaceOp(op, generic);
    count();
    return success();
  }

  llvm::function_ref<void()> count;
};

struct UnbatchWeights : public nnq::impl::UnbatchWeightsBase<UnbatchWeights> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    auto count = [&] { ++numUnbatched; };
    populateUnbatchWeightsPatterns(patterns, count);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void nnq::populateUnbatchWeightsPatterns(RewritePatternSet &patterns,
                                         llvm::function_ref<void()> count) {
  patterns.add<UnbatchProduct>(patterns.getContext(), count);
}
