//===- TileBatch.cpp - Functions of static shape for a dynamic batch ------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Import/Passes.h"
#include "nnq/Support/BatchAnalysis.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/TypeSwitch.h"

namespace nnq {
#define GEN_PASS_DEF_TILEBATCH
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static SmallVector<OpFoldResult> fold(SmallVector<OpFoldResult> sizes) {
  (void)foldDynamicIndexList(sizes);
  return sizes;
}

/// Sizes that were operands become part of the op.
static void dropSizeOperands(Operation *op) {
  OpBuilder b(op);
  Location loc = op->getLoc();
  Operation *replacement =
      TypeSwitch<Operation *, Operation *>(op)
          .Case([&](tensor::EmptyOp empty) {
            return tensor::EmptyOp::create(b, loc, empty.getType().getShape(),
                                           empty.getType().getElementType());
          })
          .Case([&](tensor::ExpandShapeOp expand) {
            return tensor::ExpandShapeOp::create(
                b, loc, expand.getType(), expand.getSrc(),
                expand.getReassociationIndices());
          })
          .Case([&](tensor::ExtractSliceOp slice) {
            return tensor::ExtractSliceOp::create(
                b, loc, slice.getType(), slice.getSource(),
                fold(slice.getMixedOffsets()), fold(slice.getMixedSizes()),
                fold(slice.getMixedStrides()));
          })
          .Case([&](tensor::InsertSliceOp slice) {
            return tensor::InsertSliceOp::create(
                b, loc, slice.getSource(), slice.getDest(),
                fold(slice.getMixedOffsets()), fold(slice.getMixedSizes()),
                fold(slice.getMixedStrides()));
          })
          .Default([](Operation *) { return nullptr; });
  if (!replacement)
    return;
  replacement->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  op->replaceAllUsesWith(replacement);
  op->erase();
}

/// The function for batches of `tile` samples.
static func::FuncOp specialize(func::FuncOp function,
                               const BatchAnalysis &analysis, int64_t tile) {
  IRMapping mapping;
  func::FuncOp copy = cast<func::FuncOp>(function->clone(mapping));
  auto setStatic = [&](Value value) {
    std::optional<BatchDim> batch = analysis.getBatchDim(value);
    if (!batch)
      return;
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape[batch->position] = batch->scale * tile;
    mapping.lookup(value).setType(type.clone(shape));
  };
  for (BlockArgument arg : function.getArguments())
    setStatic(arg);
  for (Operation &op : function.getBody().front()) {
    Operation *copied = mapping.lookup(&op);
    OpBuilder b(copied);
    for (Value result : op.getResults()) {
      setStatic(result);
      std::optional<BatchSize> size = analysis.getSizes().get(result);
      if (size && !op.hasTrait<OpTrait::ConstantLike>())
        mapping.lookup(result).replaceAllUsesWith(arith::ConstantOp::create(
            b, op.getLoc(),
            b.getIntegerAttr(result.getType(), size->at(tile))));
    }
  }
  for (Operation &op :
       llvm::make_early_inc_range(copy.getBody().front().without_terminator()))
    dropSizeOperands(&op);
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(copy.getBody().front())))
    if (isOpTriviallyDead(&op))
      op.erase();

  Operation *end = copy.getBody().front().getTerminator();
  copy.setFunctionType(FunctionType::get(copy.getContext(),
                                         copy.getBody().getArgumentTypes(),
                                         end->getOperandTypes()));
  return copy;
}

/// What all samples are multiplied by, or null.
static OpOperand *findSharedFactor(linalg::LinalgOp op,
                                   const BatchAnalysis &analysis) {
  if (!isMultiplyAccumulate(op) || op.getNumDpsInputs() != 2)
    return nullptr;
  OpOperand *a = op.getDpsInputOperand(0), *b = op.getDpsInputOperand(1);
  if (!analysis.getBatchDim(a->get()))
    std::swap(a, b);
  return analysis.getBatchDim(a->get()) && !analysis.getBatchDim(b->get())
             ? b
             : nullptr;
}

/// The share of multiplications by weights that belong to layers which read a
/// weight less than `reads` times for a sample.
static double getShareOfShortLayers(func::FuncOp function,
                                    const BatchAnalysis &analysis,
                                    int64_t reads) {
  double few = 0, all = 0;
  function.walk([&](linalg::LinalgOp op) {
    OpOperand *weight = findSharedFactor(op, analysis);
    if (!weight)
      return;
    AffineMap map = op.getMatchingIndexingMap(weight);
    AffineMap result = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    std::optional<BatchDim> batch =
        analysis.getBatchDim(op.getDpsInitOperand(0)->get());
    unsigned batchLoop =
        cast<AffineDimExpr>(result.getResult(batch->position)).getPosition();
    double readsOfOp = 1, products = 1;
    for (auto [i, range] : llvm::enumerate(op.getStaticLoopRanges())) {
      int64_t size = i == batchLoop ? batch->scale : range;
      products *= size;
      if (!map.isFunctionOfDim(i))
        readsOfOp *= size;
    }
    all += products;
    if (readsOfOp < reads)
      few += products;
  });
  return all == 0 ? 0 : few / all;
}

namespace {
struct TileBatch : public nnq::impl::TileBatchBase<TileBatch> {
  using TileBatchBase::TileBatchBase;

  void runOnOperation() override {
    if (tile < 1) {
      getOperation().emitError()
          << "tile=" << tile.getValue() << " is no number of samples";
      return signalPassFailure();
    }
    for (auto function :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      if (function.isExternal() || !hasDynamicShapes(function))
        continue;
      FailureOr<BatchAnalysis> analysis = BatchAnalysis::create(function);
      if (failed(analysis))
        return signalPassFailure();
      replace(function, *analysis);
    }
  }

  void replace(func::FuncOp function, const BatchAnalysis &analysis) {
    auto isBatched = [&](Value value) {
      return analysis.getBatchDim(value).has_value();
    };
    Builder b(&getContext());
    auto inputs = llvm::map_to_vector(function.getArguments(), isBatched);
    auto outputs = llvm::map_to_vector(
        function.getBody().front().getTerminator()->getOperands(), isBatched);
    SymbolTable symbols(getOperation());
    auto add = [&](func::FuncOp part, int64_t samples) {
      part->setAttr(kBatchAttr,
                    BatchAttr::get(&getContext(), function.getSymNameAttr(),
                                   samples, b.getDenseBoolArrayAttr(inputs),
                                   b.getDenseBoolArrayAttr(outputs)));
      part.setName((function.getName() + "_batch" + Twine(samples)).str());
      symbols.insert(part, function->getIterator());
    };

    func::FuncOp single = specialize(function, analysis, 1);
    double share = getShareOfShortLayers(function, analysis, tile);
    if (tile > 1 && share > 0.5) {
      add(specialize(function, analysis, tile), tile);
      remarkPassed(function, "nnq-tile-batch",
                   ("computes tiles of " + Twine(tile) + " samples").str());
      ++numTiles;
    } else if (tile > 1) {
      remarkPassed(function, "nnq-tile-batch",
                   "computes single samples, which read most weights often");
    }
    add(single, 1);
    ++numFunctions;
    function.erase();
  }
};
} // namespace
