//===- VectorizeElementwise.cpp - Rows of elementwise ops -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "RowEmitter.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/TargetInfo.h"
#include "nnq/Vectorize/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_VECTORIZEELEMENTWISE
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// True if `value`, of the body of `op`, is the same for a whole row.
static bool isUniform(linalg::GenericOp op, Value value, unsigned rowLoop) {
  if (auto arg = dyn_cast<BlockArgument>(value)) {
    if (arg.getOwner() != op.getBlock())
      return true;
    OpOperand *operand = op.getMatchingOpOperand(arg);
    auto type = dyn_cast<MemRefType>(operand->get().getType());
    return !op.isDpsInit(operand) &&
           (!type || getLoopStride(type, op.getMatchingIndexingMap(operand),
                                   rowLoop) == 0);
  }
  Operation *def = value.getDefiningOp();
  if (def->getBlock() != op.getBlock())
    return true;
  if (auto index = dyn_cast<linalg::IndexOp>(def))
    return index.getDim() != rowLoop;
  return llvm::all_of(def->getOperands(), [&](Value operand) {
    return isUniform(op, operand, rowLoop);
  });
}

/// True for a read in the body whose place moves with the row, by one element a
/// step: a row of a table.
static bool isTableRow(linalg::GenericOp op, memref::LoadOp load,
                       unsigned rowLoop) {
  SmallVector<int64_t> strides;
  int64_t offset;
  if (load.getIndices().empty() ||
      failed(load.getMemRefType().getStridesAndOffset(strides, offset)) ||
      strides.back() != 1 || !hasVectors(load.getMemRefType()) ||
      !isUniform(op, load.getMemRef(), rowLoop))
    return false;
  auto last = load.getIndices().back().getDefiningOp<linalg::IndexOp>();
  return last && last.getDim() == rowLoop &&
         llvm::all_of(load.getIndices().drop_back(), [&](Value index) {
           return isUniform(op, index, rowLoop);
         });
}

/// True if the body reads rows of tables, and rows of it can be emitted.
static bool canEmitTableRows(linalg::GenericOp op, unsigned rowLoop) {
  if (op.getNumDpsInits() != 1 ||
      op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)))
    return false;
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = dyn_cast<MemRefType>(operand.get().getType());
    if (!type)
      continue;
    std::optional<int64_t> stride =
        getLoopStride(type, op.getMatchingIndexingMap(&operand), rowLoop);
    if (!stride || (op.isDpsInit(&operand) && *stride != 1))
      return false;
  }
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (auto load = dyn_cast<memref::LoadOp>(inner)) {
      if (!isUniform(op, load.getResult(), rowLoop) &&
          !isTableRow(op, load, rowLoop))
        return false;
      continue;
    }
    // The index along the row is of no use but to tables.
    if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
      if (index.getDim() == rowLoop &&
          !llvm::all_of(index->getUsers(), llvm::IsaPred<memref::LoadOp>))
        return false;
      continue;
    }
    if (!OpTrait::hasElementwiseMappableTraits(&inner) &&
        !inner.hasTrait<OpTrait::ConstantLike>())
      return false;
  }
  return true;
}

/// The value of the body from `at` on for `count` elements: what is uniform is
/// computed once, as a number.
static Value emitTableRow(OpBuilder &builder, linalg::GenericOp op,
                          ArrayRef<OpFoldResult> at, unsigned rowLoop,
                          int64_t count) {
  Location loc = op.getLoc();
  IRMapping mapping;
  auto vectorOf = [&](Type type) { return VectorType::get({count}, type); };
  for (OpOperand *operand : op.getDpsInputOperands()) {
    BlockArgument arg = op.getMatchingBlockArgument(operand);
    AffineMap map = op.getMatchingIndexingMap(operand);
    if (!isUniform(op, arg, rowLoop))
      mapping.map(arg, emitLoadRow(builder, loc, operand->get(), map, at,
                                   {rowLoop, count, count}));
    else if (isa<MemRefType>(operand->get().getType()))
      mapping.map(arg,
                  memref::LoadOp::create(builder, loc, operand->get(),
                                         emitIndices(builder, loc, map, at)));
    else
      mapping.map(arg, operand->get());
  }
  auto asVector = [&](Value value) -> Value {
    Value mapped = mapping.lookupOrDefault(value);
    if (isa<VectorType>(mapped.getType()))
      return mapped;
    return vector::BroadcastOp::create(builder, loc, vectorOf(value.getType()),
                                       mapped);
  };
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
      mapping.map(index.getResult(), getValueOrCreateConstantIndexOp(
                                         builder, loc, at[index.getDim()]));
      continue;
    }
    if (isUniform(op, inner.getResult(0), rowLoop)) {
      builder.clone(inner, mapping);
      continue;
    }
    if (auto load = dyn_cast<memref::LoadOp>(inner)) {
      SmallVector<Value> indices;
      for (Value index : load.getIndices())
        indices.push_back(mapping.lookupOrDefault(index));
      mapping.map(load.getResult(),
                  vector::LoadOp::create(builder, loc, vectorOf(load.getType()),
                                         load.getMemRef(), indices));
      continue;
    }
    SmallVector<Value> operands;
    for (Value operand : inner.getOperands())
      operands.push_back(asVector(operand));
    OperationState state(loc, inner.getName(), operands,
                         vectorOf(inner.getResult(0).getType()),
                         inner.getAttrs());
    state.propertiesAttr = inner.getPropertiesAsAttribute();
    mapping.map(inner.getResult(0), builder.create(state)->getResult(0));
  }
  return asVector(op.getBlock()->getTerminator()->getOperand(0));
}

static bool readsTable(linalg::GenericOp op) {
  return !op.getBlock()->getOps<memref::LoadOp>().empty();
}

/// True if operands are contiguous along `loop` or the same, and the result has
/// a stride.
static bool canScatterRows(linalg::GenericOp op, unsigned loop) {
  OpOperand *out = op.getDpsInitOperand(0);
  return !op.payloadUsesValueFromOperand(out) &&
         canEmitRows(op, loop, [&](OpOperand &operand, int64_t stride) {
           return op.isDpsInit(&operand) ? stride != 0 : stride <= 1;
         });
}

/// The loop to scatter along where `rowLoop` is shorter than a vector and the
/// body computes something, which whole vectors do at once.
static std::optional<unsigned>
findScatterLoop(linalg::GenericOp op, unsigned rowLoop, int64_t lanes) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  if (ranges[rowLoop] >= lanes || readsTable(op) ||
      op.getBlock()->without_terminator().empty())
    return std::nullopt;
  for (int64_t loop = static_cast<int64_t>(rowLoop) - 1; loop >= 0; --loop)
    if (ranges[loop] >= lanes && canScatterRows(op, loop))
      return loop;
  return std::nullopt;
}

/// The innermost loop of more than one step along which rows can be emitted.
static std::optional<unsigned> findRowLoop(linalg::GenericOp op) {
  if (op.getNumReductionLoops() != 0 || op.hasDynamicShape())
    return std::nullopt;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (int64_t loop = ranges.size() - 1; loop >= 0; --loop)
    if (ranges[loop] > 1) {
      bool can =
          readsTable(op) ? canEmitTableRows(op, loop) : canEmitRows(op, loop);
      return can ? std::optional<unsigned>(loop) : std::nullopt;
    }
  return std::nullopt;
}

/// The value of the body for one row.
static Value emitRow(OpBuilder &builder, linalg::GenericOp op,
                     ArrayRef<OpFoldResult> at, const Row &row) {
  SmallVector<Value> args;
  for (OpOperand &operand : op->getOpOperands())
    args.push_back(
        op.isDpsInit(&operand) && !op.payloadUsesValueFromOperand(&operand)
            ? Value()
            : emitLoadRow(builder, op.getLoc(), operand.get(),
                          op.getMatchingIndexingMap(&operand), at, row));
  return emitBody(builder, op, args, row.lanes);
}

static void emitRows(OpBuilder &builder, linalg::GenericOp op, unsigned rowLoop,
                     int64_t lanes) {
  Location loc = op.getLoc();
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  int64_t length = sizes[rowLoop];
  sizes[rowLoop] = 1;
  emitLoopNest(
      builder, loc, sizes, [&](OpBuilder &b, ArrayRef<OpFoldResult> indices) {
        emitTiled(b, loc, length, std::min(lanes, length),
                  [&](OpBuilder &inner, OpFoldResult start, int64_t count) {
                    Row row{rowLoop, count, count};
                    LoopIndices at(indices);
                    at[rowLoop] = start;
                    Value result = readsTable(op) ? emitTableRow(inner, op, at,
                                                                 rowLoop, count)
                                                  : emitRow(inner, op, at, row);
                    OpOperand *out = op.getDpsInitOperand(0);
                    emitStoreRow(inner, loc, result, out->get(),
                                 op.getMatchingIndexingMap(out), at, row);
                  });
      });
}

/// True if the innermost loop puts elements of a few rows side by side: the
/// operands run along the longer loop before it, and the result along both.
static bool interleavesRows(linalg::GenericOp op) {
  constexpr int64_t kMostRows = 4;
  unsigned loops = op.getNumLoops();
  if (loops < 2 || op.getNumReductionLoops() != 0 || op.hasDynamicShape() ||
      op.getNumDpsInits() != 1 || readsTable(op))
    return false;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  int64_t count = ranges.back();
  auto out = dyn_cast<MemRefType>(op.getOutputs()[0].getType());
  AffineMap map = op.getIndexingMapsArray().back();
  if (!out || count < 2 || count > kMostRows || ranges[loops - 2] <= count ||
      !map.isIdentity() || !hasVectors(out) ||
      getLoopStride(out, map, loops - 1) != 1 ||
      getLoopStride(out, map, loops - 2) != count)
    return false;
  bool movesAlong = false;
  bool can = canScatterRows(op, loops - 2) &&
             llvm::all_of(op.getDpsInputOperands(), [&](OpOperand *operand) {
               auto type = dyn_cast<MemRefType>(operand->get().getType());
               AffineMap in = op.getMatchingIndexingMap(operand);
               if (!type || getLoopStride(type, in, loops - 2) != 1)
                 return true;
               movesAlong = true;
               return in.getResults().back().isFunctionOfDim(loops - 2);
             });
  return can && movesAlong;
}

/// Vectors of one type, two to four of them, with their elements in turns.
static Value interleaveRows(OpBuilder &builder, Location loc,
                            ArrayRef<Value> rows) {
  int64_t lanes = cast<VectorType>(rows.front().getType()).getNumElements();
  int64_t count = rows.size();
  // Where each row begins in two vectors of one type.
  Value low = rows.front(), high = rows.back();
  if (count > 2) {
    auto order = llvm::to_vector(llvm::seq<int64_t>(0, 2 * lanes));
    low = vector::ShuffleOp::create(builder, loc, rows[0], rows[1], order);
    high = vector::ShuffleOp::create(builder, loc, rows[2], rows.back(), order);
  }
  SmallVector<int64_t> turns;
  for (int64_t lane = 0; lane < lanes; ++lane)
    for (int64_t row = 0; row < count; ++row)
      turns.push_back(row * lanes + lane);
  return vector::ShuffleOp::create(builder, loc, low, high, turns);
}

/// Computes whole rows and shuffles what is stored.
static void emitInterleavedRows(OpBuilder &builder, linalg::GenericOp op,
                                int64_t lanes) {
  Location loc = op.getLoc();
  unsigned turnLoop = op.getNumLoops() - 1, rowLoop = turnLoop - 1;
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  int64_t length = sizes[rowLoop], numRows = sizes[turnLoop];
  sizes[rowLoop] = sizes[turnLoop] = 1;
  SmallVector<ReassociationIndices> flat;
  for (unsigned dim = 0; dim < rowLoop; ++dim)
    flat.push_back({dim});
  flat.push_back({rowLoop, turnLoop});
  Value out =
      memref::CollapseShapeOp::create(builder, loc, op.getOutputs()[0], flat);
  SmallVector<AffineExpr> place;
  for (unsigned loop = 0; loop < turnLoop; ++loop)
    place.push_back(builder.getAffineDimExpr(loop));
  place.back() = place.back() * numRows;
  AffineMap map = AffineMap::get(turnLoop, 0, place, builder.getContext());
  emitLoopNest(
      builder, loc, sizes, [&](OpBuilder &b, ArrayRef<OpFoldResult> indices) {
        emitTiled(
            b, loc, length, std::min(lanes, length),
            [&](OpBuilder &inner, OpFoldResult start, int64_t count) {
              LoopIndices at(indices);
              at[rowLoop] = start;
              SmallVector<Value> rows;
              for (int64_t row = 0; row < numRows; ++row) {
                at[turnLoop] = inner.getIndexAttr(row);
                rows.push_back(emitRow(inner, op, at, {rowLoop, count, count}));
              }
              at.pop_back();
              vector::StoreOp::create(inner, loc,
                                      interleaveRows(inner, loc, rows), out,
                                      emitIndices(inner, loc, map, at));
            });
      });
}

namespace {
struct VectorizeElementwise
    : public nnq::impl::VectorizeElementwiseBase<VectorizeElementwise> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    int64_t lanes = 8;
    if (TargetAttr target = findTarget(getOperation()))
      lanes = target.getVectorBits() / 32;

    // Upstream would call a runtime for a copy between strided buffers.
    SmallVector<memref::CopyOp> copies;
    getOperation().walk([&](memref::CopyOp op) { copies.push_back(op); });
    for (memref::CopyOp op : copies) {
      // The producer wrote in place.
      if (op.getSource() == op.getTarget()) {
        rewriter.eraseOp(op);
        continue;
      }
      rewriter.setInsertionPoint(op);
      rewriter.replaceOpWithNewOp<linalg::CopyOp>(op, op.getSource(),
                                                  op.getTarget());
    }
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
      rewriter.setInsertionPoint(op);
      auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
      if (!generic) {
        FailureOr<linalg::GenericOp> general =
            linalg::generalizeNamedOp(rewriter, op);
        if (failed(general))
          continue; // The edge verifier names it.
        generic = *general;
        rewriter.setInsertionPoint(generic);
      }
      if (interleavesRows(generic)) {
        emitInterleavedRows(rewriter, generic, lanes);
        ++vectorized;
      } else if (std::optional<unsigned> loop = findRowLoop(generic)) {
        if (std::optional<unsigned> better =
                findScatterLoop(generic, *loop, lanes))
          loop = better;
        emitRows(rewriter, generic, *loop, lanes);
        ++vectorized;
      } else {
        if (llvm::any_of(generic.getStaticLoopRanges(),
                         [](int64_t size) { return size != 1; })) {
          ++scalar;
          remarkMissed(generic, "nnq-vectorize-elementwise",
                       "not an elementwise op with a contiguous result");
        }
        if (failed(linalg::linalgOpToLoops(rewriter, generic)))
          continue;
      }
      rewriter.eraseOp(generic);
    }
  }
};
} // namespace
