//===- RaiseGather.cpp - Reads at computed places become operands ---------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "BodyEvaluator.h"
#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Rewrite.h"

#include "mlir/IR/IRMapping.h"

namespace nnq {
#define GEN_PASS_DEF_RAISEGATHER
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {

/// Where a dimension is read: at loop / factor, or at `offset` if there is no
/// loop.
struct Access {
  std::optional<unsigned> loop;
  int64_t factor = 1;
  int64_t offset = 0;
};

} // namespace

/// Tabulates an index over the loop that it depends on.
static FailureOr<Access> getAccess(linalg::GenericOp op, Value index,
                                   int64_t size, std::string &reason) {
  FailureOr<BodyEvaluator> body = BodyEvaluator::get(op, index, reason);
  if (failed(body))
    return failure();
  if (body->getIndices().size() > 1) {
    reason = "an index depends on several loops";
    return failure();
  }
  Access access;
  int64_t range = 1;
  if (!body->getIndices().empty()) {
    access.loop = *body->getIndices().begin();
    range = op.getStaticLoopRanges()[*access.loop];
    if (ShapedType::isDynamic(range)) {
      // The only sizes that are open are those of the batch, which are equal
      // where a loop over samples reads them.
      if (index.getDefiningOp<linalg::IndexOp>() && ShapedType::isDynamic(size))
        return access;
      reason = "a loop is dynamic, and read at another index";
      return failure();
    }
  }
  // The inputs are not read: a value that does is no index.
  SmallVector<Scalar> inputs(op.getNumDpsInputs()), results;
  SmallVector<int64_t> point(op.getNumLoops()), table;
  for (int64_t i = 0; i < range; ++i) {
    if (access.loop)
      point[*access.loop] = i;
    if (failed(body->run(inputs, point, results)))
      return failure();
    table.push_back(results.front().integer);
    if (table.back() < 0 || table.back() >= size) {
      reason = "an index is out of bounds";
      return failure();
    }
  }
  if (llvm::all_equal(table))
    return Access{std::nullopt, 1, table.front()};
  access.factor = llvm::count(table, 0);
  for (auto [i, value] : llvm::enumerate(table)) {
    if (access.factor == 0 || range % access.factor != 0 ||
        value != static_cast<int64_t>(i) / access.factor) {
      reason = "neither the loop nor a repetition of it";
      return failure();
    }
  }
  return access;
}

/// True if the value is computed from loop indices and constants alone.
static bool isIndexOnly(linalg::GenericOp op, Value index) {
  auto isInput = [&](Value value) {
    return isa<BlockArgument>(value) && value.getParentBlock() == op.getBody();
  };
  if (isInput(index))
    return false;
  return llvm::none_of(getBodySlice(op, index), [&](Operation *step) {
    return isa<tensor::ExtractOp>(step) ||
           llvm::any_of(step->getOperands(), isInput);
  });
}

namespace {

struct RaiseExtract : public OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    auto extracts = op.getBody()->getOps<tensor::ExtractOp>();
    if (!llvm::hasSingleElement(extracts))
      return rewriter.notifyMatchFailure(op, "not one read in the body");
    tensor::ExtractOp extract = *extracts.begin();
    // Operands beside the one read would have to be expanded with it. Constant
    // indices are operands that nothing reads any more.
    bool readsInputs =
        llvm::any_of(op.getRegionInputArgs(),
                     [](BlockArgument arg) { return !arg.use_empty(); });
    if (!op.hasPureTensorSemantics() || readsInputs ||
        op->getNumResults() != 1 || op.getNumReductionLoops() != 0 ||
        !op.getIndexingMapsArray().back().isIdentity() ||
        op.isInitTensor(op.getDpsInitOperand(0)))
      return rewriter.notifyMatchFailure(op, "not elementwise of one tensor");

    std::string reason;
    SmallVector<Access> accesses;
    SmallVector<int64_t> factors(op.getNumLoops(), 1);
    for (auto [i, index] : llvm::enumerate(extract.getIndices())) {
      if (!isIndexOnly(op, index))
        return rewriter.notifyMatchFailure(op, "an index depends on data");
      FailureOr<Access> access = getAccess(
          op, index, extract.getTensor().getType().getDimSize(i), reason);
      if (failed(access))
        return rewriter.notifyMatchFailure(op, reason);
      if (access->loop && access->factor != 1) {
        int64_t &factor = factors[*access->loop];
        if (factor != 1 && factor != access->factor)
          return rewriter.notifyMatchFailure(op, "two factors for one loop");
        factor = access->factor;
      }
      accesses.push_back(*access);
    }
    llvm::SetVector<Operation *> dead = getBodySlice(op, extract.getIndices());
    dead.insert(extract);
    for (Operation &step : op.getBody()->without_terminator())
      if (isa<linalg::IndexOp>(step) && !dead.contains(&step))
        return rewriter.notifyMatchFailure(op, "the body reads its indices");
    for (const Access &access : accesses)
      if (access.loop && factors[*access.loop] != access.factor)
        return rewriter.notifyMatchFailure(op, "two factors for one loop");

    Value result = createRepeated(rewriter, op, extract, accesses, factors);
    rewriter.replaceOp(op, result);
    return success();
  }

private:
  /// The op over loops in which a repetition is a loop of its own, then
  /// collapsed.
  static Value createRepeated(PatternRewriter &rewriter, linalg::GenericOp op,
                              tensor::ExtractOp extract,
                              ArrayRef<Access> accesses,
                              ArrayRef<int64_t> factors) {
    MLIRContext *context = op.getContext();
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    SmallVector<OpFoldResult> shape;
    SmallVector<ReassociationIndices> groups;
    for (auto [size, factor] : llvm::zip(
             tensor::getMixedSizes(rewriter, op.getLoc(), op.getDpsInits()[0]),
             factors)) {
      groups.emplace_back(1, shape.size());
      if (factor == 1) {
        shape.push_back(size);
        continue;
      }
      shape.push_back(
          rewriter.getIndexAttr(*getConstantIntValue(size) / factor));
      groups.back().push_back(shape.size());
      shape.push_back(rewriter.getIndexAttr(factor));
    }
    SmallVector<AffineExpr> exprs;
    for (const Access &access : accesses)
      exprs.push_back(access.loop
                          ? getAffineDimExpr(groups[*access.loop][0], context)
                          : getAffineConstantExpr(access.offset, context));
    int64_t rank = shape.size();
    AffineMap source = AffineMap::get(rank, 0, exprs, context);
    AffineMap identity = rewriter.getMultiDimIdentityMap(rank);
    Operation *yield = op.getBody()->getTerminator();
    if (source == identity && extract.getTensor().getType() == type &&
        yield->getOperand(0) == extract.getResult())
      return extract.getTensor();
    SmallVector<utils::IteratorType> iterators(rank,
                                               utils::IteratorType::parallel);
    Value empty = tensor::EmptyOp::create(rewriter, op.getLoc(), shape,
                                          type.getElementType());
    auto repeated = linalg::GenericOp::create(
        rewriter, op.getLoc(), empty.getType(), extract.getTensor(), empty,
        ArrayRef<AffineMap>{source, identity}, iterators,
        [&](OpBuilder &b, Location loc, ValueRange args) {
          IRMapping mapping;
          mapping.map(extract.getResult(), args.front());
          for (Operation &step : op.getBody()->without_terminator())
            if (&step != extract)
              b.clone(step, mapping);
          b.clone(*op.getBody()->getTerminator(), mapping);
        });
    copyLayerAttributes(op, repeated);
    if (rank == type.getRank())
      return repeated.getResult(0);
    return tensor::CollapseShapeOp::create(rewriter, op.getLoc(), type,
                                           repeated.getResult(0), groups);
  }
};

/// Indices that turn out to be those of a loop, or constants, are written so,
/// even where they go through constant operands.
struct RaiseIndices : public OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics())
      return rewriter.notifyMatchFailure(op, "not of tensors");
    bool changed = false;
    for (auto extract :
         llvm::to_vector(op.getBody()->getOps<tensor::ExtractOp>()))
      for (OpOperand &index : extract.getIndicesMutable()) {
        Operation *def = index.get().getDefiningOp();
        if (!def || def->getBlock() != op.getBody() ||
            isa<linalg::IndexOp>(def) || def->hasTrait<OpTrait::ConstantLike>())
          continue;
        rewriter.setInsertionPoint(extract);
        Value simple = simplify(rewriter, op, index.get());
        if (!simple)
          continue;
        rewriter.modifyOpInPlace(extract, [&] { index.set(simple); });
        changed = true;
      }
    if (!changed)
      return rewriter.notifyMatchFailure(op, "no index of a loop");
    for (Operation &step :
         llvm::make_early_inc_range(llvm::reverse(*op.getBody())))
      if (isOpTriviallyDead(&step))
        rewriter.eraseOp(&step);
    return success();
  }

private:
  /// Null if `index` is neither a constant nor the index of a loop.
  static Value simplify(PatternRewriter &rewriter, linalg::GenericOp op,
                        Value index) {
    std::string reason;
    FailureOr<BodyEvaluator> body = BodyEvaluator::get(op, index, reason);
    if (failed(body))
      return {};
    llvm::SmallSetVector<int64_t, 2> loops(body->getIndices().begin(),
                                           body->getIndices().end());
    SmallVector<std::pair<unsigned, ConstantData>> tables;
    for (Operation *step : getBodySlice(op, index)) {
      if (isa<tensor::ExtractOp>(step))
        return {};
      for (Value operand : step->getOperands()) {
        auto arg = dyn_cast<BlockArgument>(operand);
        if (!arg || arg.getOwner() != op.getBody())
          continue;
        OpOperand *input = op.getMatchingOpOperand(arg);
        AffineMap map = op.getMatchingIndexingMap(input);
        FailureOr<ConstantData> data = ConstantData::get(input->get());
        if (failed(data) || map.getNumResults() != 1 ||
            !isa<AffineDimExpr>(map.getResult(0)) ||
            !getLoad(data->getType().getElementType()))
          return {};
        loops.insert(map.getDimPosition(0));
        tables.push_back({arg.getArgNumber(), *data});
      }
    }
    if (loops.size() > 1)
      return {};
    int64_t range = loops.empty() ? 1 : op.getStaticLoopRanges()[loops[0]];
    if (ShapedType::isDynamic(range))
      return {};
    SmallVector<Scalar> inputs(op.getNumDpsInputs()), results;
    SmallVector<int64_t> point(op.getNumLoops()), values;
    for (int64_t i = 0; i < range; ++i) {
      if (!loops.empty())
        point[loops[0]] = i;
      for (auto &[arg, data] : tables) {
        Type element = data.getType().getElementType();
        inputs[arg] = getLoad(element)(data.getBytes().data() +
                                       i * element.getIntOrFloatBitWidth() / 8);
      }
      if (failed(body->run(inputs, point, results)))
        return {};
      values.push_back(results.front().integer);
    }
    if (llvm::all_equal(values))
      return arith::ConstantIndexOp::create(rewriter, op.getLoc(), values[0]);
    for (auto [i, value] : llvm::enumerate(values))
      if (value != static_cast<int64_t>(i))
        return {};
    return linalg::IndexOp::create(rewriter, op.getLoc(), loops[0]);
  }
};

struct RaiseGather : public nnq::impl::RaiseGatherBase<RaiseGather> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateRaiseGatherPatterns(patterns);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void nnq::populateRaiseGatherPatterns(RewritePatternSet &patterns) {
  patterns.add<RaiseExtract, RaiseIndices>(patterns.getContext());
}
