//===- TabulateIndices.cpp - Functions of loop indices become constants ---===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "BodyEvaluator.h"
#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Rewrite.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace nnq {
#define GEN_PASS_DEF_TABULATEINDICES
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// True if the result of `step` is computed from loop indices and constants
/// alone.
static bool isIndexOnly(linalg::GenericOp op, Operation *step) {
  if (step->getBlock() != op.getBody() || step->getNumResults() != 1)
    return false;
  return llvm::all_of(
      getBodySlice(op, step->getResults()), [&](Operation *inner) {
        return !isa<tensor::ExtractOp>(inner) &&
               llvm::none_of(inner->getOperands(), [&](Value operand) {
                 return isa<BlockArgument>(operand) &&
                        operand.getParentBlock() == op.getBody();
               });
      });
}

/// A value of an index-only computation that something else reads, or null.
static Value findIndexValue(linalg::GenericOp op) {
  for (Operation &step : op.getBody()->without_terminator())
    if (!isa<linalg::IndexOp>(step) &&
        !step.hasTrait<OpTrait::ConstantLike>() && step.getNumResults() == 1 &&
        getStore(step.getResult(0).getType()) && isIndexOnly(op, &step) &&
        llvm::any_of(step.getUsers(),
                     [&](Operation *user) { return !isIndexOnly(op, user); }))
      return step.getResult(0);
  return {};
}

namespace {

struct TabulateIndexValue : public OpRewritePattern<linalg::GenericOp> {
  TabulateIndexValue(MLIRContext *context, int64_t maxBytes,
                     llvm::function_ref<void()> count)
      : OpRewritePattern(context), maxBytes(maxBytes), count(count) {}

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || op.hasDynamicShape() ||
        !op.hasIndexSemantics())
      return rewriter.notifyMatchFailure(op, "asks for no static index");
    Value value = findIndexValue(op);
    if (!value)
      return rewriter.notifyMatchFailure(op, "no value of indices alone");
    std::string reason;
    FailureOr<BodyEvaluator> body = BodyEvaluator::get(op, value, reason);
    if (failed(body))
      return rewriter.notifyMatchFailure(op, reason);
    SmallVector<int64_t> loops(body->getIndices().begin(),
                               body->getIndices().end());
    llvm::sort(loops);
    if (loops.empty())
      return rewriter.notifyMatchFailure(op, "the value is a constant");

    SmallVector<int64_t> ranges = op.getStaticLoopRanges(), shape;
    SmallVector<AffineExpr> exprs;
    for (int64_t loop : loops) {
      shape.push_back(ranges[loop]);
      exprs.push_back(rewriter.getAffineDimExpr(loop));
    }
    auto type = RankedTensorType::get(shape, value.getType());
    size_t width = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    if (static_cast<int64_t>(type.getNumElements() * width) > maxBytes)
      return rewriter.notifyMatchFailure(op, "the table would be too large");
    std::vector<char> table(type.getNumElements() * width);
    StoreFn store = getStore(value.getType());
    SmallVector<Scalar> inputs(op.getNumDpsInputs()), results;
    SmallVector<int64_t> point(op.getNumLoops());
    for (int64_t i = 0; i < type.getNumElements(); ++i) {
      int64_t rest = i;
      for (int64_t loop : llvm::reverse(loops)) {
        point[loop] = rest % ranges[loop];
        rest /= ranges[loop];
      }
      if (failed(body->run(inputs, point, results)))
        return rewriter.notifyMatchFailure(op, "a check fails");
      store(results.front(), table.data() + i * width);
    }

    Value constant =
        makeConstant(rewriter, op.getLoc(), type, "indices", table);
    replace(rewriter, op, value, constant,
            AffineMap::get(op.getNumLoops(), 0, exprs, op.getContext()));
    count();
    return success();
  }

private:
  /// `op` with one more operand in place of `value`.
  static void replace(PatternRewriter &rewriter, linalg::GenericOp op,
                      Value value, Value operand, AffineMap map) {
    SmallVector<Value> inputs(op.getInputs());
    inputs.push_back(operand);
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    unsigned numInputs = op.getNumDpsInputs();
    maps.insert(maps.begin() + numInputs, map);
    auto result = linalg::GenericOp::create(
        rewriter, op.getLoc(), op.getResultTypes(), inputs, op.getOutputs(),
        maps, op.getIteratorTypesArray());
    rewriter.inlineRegionBefore(op.getRegion(), result.getRegion(),
                                result.getRegion().begin());
    BlockArgument arg = result.getBody()->insertArgument(
        numInputs, value.getType(), value.getLoc());
    rewriter.replaceAllUsesWith(value, arg);
    // What computed it is dead now.
    for (Operation &step :
         llvm::make_early_inc_range(llvm::reverse(*result.getBody())))
      if (isOpTriviallyDead(&step))
        rewriter.eraseOp(&step);
    result->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    rewriter.replaceOp(op, result.getResults());
  }

  int64_t maxBytes;
  llvm::function_ref<void()> count;
};

struct TabulateIndices
    : public nnq::impl::TabulateIndicesBase<TabulateIndices> {
  using TabulateIndicesBase::TabulateIndicesBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    auto count = [&] { ++numTabulated; };
    populateTabulateIndicesPatterns(patterns, maxBytes, count);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void nnq::populateTabulateIndicesPatterns(RewritePatternSet &patterns,
                                          int64_t maxBytes,
                                          llvm::function_ref<void()> count) {
  patterns.add<TabulateIndexValue>(patterns.getContext(), maxBytes, count);
}
