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

/// Dimensions of batches that a reshape to or from one batch has in its place;
/// 0 if it is about other dimensions.
static int64_t countBatches(ArrayRef<ReassociationIndices> groups) {
  int64_t rank = groups.back().back() + 1;
  return groups.size() == 3 && groups[0].size() == rank - 2UL ? rank - 2 : 0;
}

/// A factor, behind the reshape that makes one of several batches.
static std::pair<Value, int64_t> getFactor(Value factor) {
  if (auto collapse = factor.getDefiningOp<tensor::CollapseShapeOp>())
    if (int64_t batches = countBatches(collapse.getReassociationIndices()))
      return {collapse.getSrc(), batches};
  return {factor, 1};
}

/// The matrix that each sample of `factor` repeats, or null.
static Value findMatrix(Value factor) {
  auto [source, batches] = getFactor(factor);
  std::optional<Broadcast> broadcast = matchBroadcast(source);
  if (!broadcast ||
      !llvm::equal(broadcast->added, llvm::seq<int64_t>(0, batches)))
    return {};
  return broadcast->source;
}

namespace {

/// `x[b..., m, k] * broadcast(w)[b..., k, n]` as `x[b..., m, k] * w[k, n]`.
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
    // Reshapes around the product would keep its bias and activation apart.
    if (auto expand = getExpansion(op)) {
      rewriter.setInsertionPoint(expand);
      auto zero = op.getOutputs()[0].getDefiningOp<linalg::FillOp>();
      Value empty = tensor::EmptyOp::create(
          rewriter, op.getLoc(), expand.getMixedOutputShape(), element);
      Value init = linalg::FillOp::create(rewriter, op.getLoc(),
                                          zero.getInputs()[0], empty)
                       .getResult(0);
      Value x = getFactor(op.getInputs()[0]).first;
      rewriter.replaceOp(expand, multiply(rewriter, op, x, matrix, init));
      rewriter.eraseOp(op);
    } else {
      rewriter.replaceOp(op, multiply(rewriter, op, op.getInputs()[0], matrix,
                                      op.getOutputs()[0]));
    }
    count();
    return success();
  }

private:
  /// The reshape that alone reads the result, if it gives back several batches
  /// that the first factor has lost.
  static tensor::ExpandShapeOp getExpansion(linalg::BatchMatmulOp op) {
    Value result = op->getResult(0);
    if (!result.hasOneUse() || !isZeroFill(op.getOutputs()[0]))
      return {};
    auto expand = dyn_cast<tensor::ExpandShapeOp>(*result.user_begin());
    auto [x, batches] = getFactor(op.getInputs()[0]);
    if (!expand || batches < 2 ||
        countBatches(expand.getReassociationIndices()) != batches)
      return {};
    ArrayRef<int64_t> read = cast<RankedTensorType>(x.getType()).getShape();
    ArrayRef<int64_t> made = expand.getResultType().getShape();
    return read.drop_back() == made.drop_back() ? expand
                                                : tensor::ExpandShapeOp();
  }

  static linalg::GenericOp multiply(PatternRewriter &rewriter,
                                    linalg::BatchMatmulOp op, Value x, Value w,
                                    Value init) {
    MLIRContext *context = op.getContext();
    // Loops over batches and rows, columns and what is summed up.
    unsigned outer = cast<RankedTensorType>(x.getType()).getRank() - 1;
    unsigned loops = outer + 2;
    AffineExpr n = getAffineDimExpr(outer, context),
               k = getAffineDimExpr(outer + 1, context);
    SmallVector<AffineExpr> rows;
    for (unsigned i = 0; i < outer; ++i)
      rows.push_back(getAffineDimExpr(i, context));
    auto withLast = [&](AffineExpr last) {
      SmallVector<AffineExpr> exprs(rows);
      exprs.push_back(last);
      return AffineMap::get(loops, 0, exprs, context);
    };
    SmallVector<utils::IteratorType> iterators(loops,
                                               utils::IteratorType::parallel);
    iterators.back() = utils::IteratorType::reduction;
    auto generic = linalg::GenericOp::create(
        rewriter, op.getLoc(), init.getType(), ValueRange{x, w}, init,
        {withLast(k), AffineMap::get(loops, 0, {k, n}, context), withLast(n)},
        iterators, [](OpBuilder &b, Location loc, ValueRange args) {
          Value product = arith::MulFOp::create(b, loc, args[0], args[1]);
          linalg::YieldOp::create(
              b, loc, Value(arith::AddFOp::create(b, loc, args[2], product)));
        });
    copyDiscardableAttributes(op->getDiscardableAttrDictionary(), generic);
    return generic;
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
