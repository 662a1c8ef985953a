//===- ReductionEmitter.cpp - Reductions of unpacked operands -------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ReductionEmitter.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "nnq/Support/Contraction.h"

using namespace mlir;
using namespace nnq;

/// True if no input of `op` is gathered along `loop` and one of them is read
/// element by element.
static bool readsRows(linalg::GenericOp op, unsigned loop) {
  bool found = false;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    auto type = dyn_cast<MemRefType>(operand->get().getType());
    if (!type)
      continue;
    std::optional<int64_t> stride =
        getLoopStride(type, op.getMatchingIndexingMap(operand), loop);
    if (!stride || (*stride != 0 && *stride != 1))
      return false;
    found |= *stride == 1;
  }
  return found;
}

/// Rows of the inputs of `op`; null for one that only gives its shape.
static SmallVector<Value> emitInputRows(OpBuilder &b, linalg::GenericOp op,
                                        ArrayRef<OpFoldResult> loops,
                                        const Row &row) {
  SmallVector<Value> rows;
  for (OpOperand *operand : op.getDpsInputOperands())
    rows.push_back(op.payloadUsesValueFromOperand(operand)
                       ? emitLoadRow(b, op.getLoc(), operand->get(),
                                     op.getMatchingIndexingMap(operand), loops,
                                     row)
                       : Value());
  return rows;
}

//===----------------------------------------------------------------------===//
// Lanes are neighbours in the result
//===----------------------------------------------------------------------===//

namespace {

class AcrossRowsEmitter {
public:
  AcrossRowsEmitter(OpBuilder &builder, const KernelGroup &group);
  void emit();

private:
  void emitTile(OpBuilder &b, const Tile &tile);
  SmallVector<Value> emitLoops(OpBuilder &b, const Tile &tile,
                               LoopIndices &reductions,
                               ArrayRef<Value> accumulators);
  SmallVector<Value> emitStep(OpBuilder &b, const Tile &tile,
                              ArrayRef<OpFoldResult> reductions,
                              ArrayRef<Value> accumulators);

  OpBuilder &builder;
  const KernelGroup &group;
  linalg::GenericOp op;
  Location loc;
  SmallVector<int64_t> rootShape, reductionShape;
  TileShape shape;
  bool isFma; // The body is one fused multiply-add.
};

} // namespace

AcrossRowsEmitter::AcrossRowsEmitter(OpBuilder &builder,
                                     const KernelGroup &group)
    : builder(builder), group(group), op(group.reduction), loc(op.getLoc()) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  unsigned rank = op.getIndexingMapsArray().back().getNumResults();
  rootShape.assign(ranges.begin(), ranges.begin() + rank);
  reductionShape.assign(ranges.begin() + rank, ranges.end());
  isFma = isMultiplyAddBody(op) &&
          llvm::all_of(op.getOperandTypes(), [](Type type) {
            return getElementTypeOrSelf(type).isF32();
          });
  shape = getTileShape(group, rootShape);
}

/// One step of the reduction for all accumulators, ordered by row, then block.
SmallVector<Value>
AcrossRowsEmitter::emitStep(OpBuilder &b, const Tile &tile,
                            ArrayRef<OpFoldResult> reductions,
                            ArrayRef<Value> accumulators) {
  SmallVector<Value> result;
  for (int64_t row = 0; row < tile.rows; ++row)
    for (int64_t block = 0; block < tile.blocks; ++block) {
      LoopIndices loops = getTileIndices(b, loc, shape, tile, row, block);
      loops.append(reductions.begin(), reductions.end());
      SmallVector<Value> args =
          emitInputRows(b, op, loops, getTileLanes(shape, tile, block));
      Value acc = accumulators[row * tile.blocks + block];
      if (isFma) {
        result.push_back(vector::FMAOp::create(b, loc, args[0], args[1], acc));
        continue;
      }
      args.push_back(acc);
      result.push_back(emitBody(b, op, args, shape.lanes));
    }
  return result;
}

SmallVector<Value> AcrossRowsEmitter::emitLoops(OpBuilder &b, const Tile &tile,
                                                LoopIndices &reductions,
                                                ArrayRef<Value> accumulators) {
  if (reductions.size() == reductionShape.size())
    return emitStep(b, tile, reductions, accumulators);
  // Windows are unrolled, so that rows which overlap share their reads; long
  // sums are loops.
  constexpr int64_t kMaxSteps = 160;
  int64_t size = reductionShape[reductions.size()], inner = 1;
  for (int64_t next : ArrayRef(reductionShape).drop_front(reductions.size()))
    inner *= next;
  int64_t steps = inner * tile.rows * tile.blocks;
  bool innermost = reductions.size() + 1 == reductionShape.size();
  int64_t by = steps <= kMaxSteps ? size : 1;
  if (by == 1 && innermost)
    for (int64_t factor : {4, 3, 2})
      if (size % factor == 0 && tile.rows * tile.blocks * factor <= kMaxSteps) {
        by = factor;
        break;
      }
  auto unrolled = [&](OpBuilder &at, OpFoldResult start,
                      ArrayRef<Value> values) {
    SmallVector<Value> result(values);
    for (int64_t step = 0; step < by; ++step) {
      reductions.push_back(emitOffset(at, loc, start, step));
      result = emitLoops(at, tile, reductions, result);
      reductions.pop_back();
    }
    return result;
  };
  if (by == size)
    return unrolled(b, b.getIndexAttr(0), accumulators);
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value end = arith::ConstantIndexOp::create(b, loc, size);
  Value step = arith::ConstantIndexOp::create(b, loc, by);
  auto loop = scf::ForOp::create(
      b, loc, zero, end, step, accumulators,
      [&](OpBuilder &nested, Location, Value iv, ValueRange args) {
        scf::YieldOp::create(nested, loc,
                             unrolled(nested, iv, SmallVector<Value>(args)));
      });
  return SmallVector<Value>(loop.getResults());
}

void AcrossRowsEmitter::emitTile(OpBuilder &b, const Tile &tile) {
  linalg::FillOp init = group.init;
  Value scalar = init.getInputs()[0];
  Value start = vector::BroadcastOp::create(
      b, loc, VectorType::get({shape.lanes}, scalar.getType()), scalar);
  SmallVector<Value> accumulators(tile.rows * tile.blocks, start);
  LoopIndices reductions;
  emitStoreTile(b, group, shape, tile,
                emitLoops(b, tile, reductions, accumulators));
}

void AcrossRowsEmitter::emit() {
  emitTiles(builder, loc, shape, rootShape, group.kernel.getTileRows(),
            group.kernel.getTileBlocks(),
            getBlockLoop(group, group.kernel.getChannelsOuter()),
            [&](OpBuilder &b, const Tile &tile) { emitTile(b, tile); });
}

bool nnq::canReduceAcrossRows(const KernelGroup &group) {
  linalg::GenericOp op = group.reduction, root = group.root();
  if (linalg::isReductionIterator(op.getIteratorTypesArray()[group.laneLoop]) ||
      op.getStaticLoopRanges()[group.laneLoop] == 1 ||
      !canEmitRows(op, group.laneLoop) || !readsRows(op, group.laneLoop))
    return false;
  return getLoopStride(cast<MemRefType>(root.getOutputs()[0].getType()),
                       root.getIndexingMapsArray().back(), group.laneLoop) == 1;
}

void nnq::emitReductionAcrossRows(OpBuilder &builder,
                                  const KernelGroup &group) {
  AcrossRowsEmitter(builder, group).emit();
}

//===----------------------------------------------------------------------===//
// Lanes are summed
//===----------------------------------------------------------------------===//

/// The op of the body that joins the accumulator with the rest.
static Operation *findCombiner(linalg::GenericOp op) {
  SmallVector<Operation *> combiners;
  if (!matchReduction(op.getRegionOutputArgs(), 0, combiners) ||
      combiners.size() != 1 || !linalg::getCombinerOpKind(combiners[0]))
    return nullptr;
  return combiners[0];
}

/// The reduction loop along which all operands are contiguous.
static std::optional<unsigned> findContiguousReduction(linalg::GenericOp op) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (int64_t loop = ranges.size() - 1; loop >= 0; --loop)
    if (linalg::isReductionIterator(op.getIteratorTypesArray()[loop]) &&
        ranges[loop] > 1 && readsRows(op, loop))
      return loop;
  return std::nullopt;
}

bool nnq::canReduceRows(const KernelGroup &group) {
  linalg::GenericOp op = group.reduction;
  if (op.getNumDpsInits() != 1 || !findCombiner(op) ||
      !findContiguousReduction(op))
    return false;
  return isBodyOnVectors(op);
}

namespace {

class RowsEmitter {
public:
  RowsEmitter(linalg::GenericOp op, Value start, int64_t lanes)
      : op(op), loc(op.getLoc()), start(start), lanes(lanes),
        rowLoop(*findContiguousReduction(op)), combiner(findCombiner(op)),
        kind(*linalg::getCombinerOpKind(combiner)) {}

  void emit(OpBuilder &builder);

private:
  Value emitLoops(OpBuilder &b, LoopIndices &indices, Value accumulator);
  Value emitRow(OpBuilder &b, ArrayRef<OpFoldResult> indices,
                Value accumulator);
  Value emitChunk(OpBuilder &b, LoopIndices indices, OpFoldResult at,
                  int64_t count, Value accumulators);

  linalg::GenericOp op;
  Location loc;
  Value start;
  int64_t lanes;
  unsigned rowLoop;
  Operation *combiner;
  vector::CombiningKind kind;
};

} // namespace

Value RowsEmitter::emitChunk(OpBuilder &b, LoopIndices indices, OpFoldResult at,
                             int64_t count, Value accumulators) {
  indices[rowLoop] = at;
  SmallVector<Value> args =
      emitInputRows(b, op, indices, {rowLoop, count, count});
  args.push_back(accumulators);
  return emitBody(b, op, args, count);
}

/// Lanes are summed in parallel and then with each other: the order of f32
/// additions differs from that of a scalar loop.
Value RowsEmitter::emitRow(OpBuilder &b, ArrayRef<OpFoldResult> indices,
                           Value accumulator) {
  int64_t size = op.getStaticLoopRanges()[rowLoop];
  TypedAttr neutral = *arith::getNeutralElement(combiner);
  auto splat = [&](int64_t count) -> Value {
    auto type = VectorType::get({count}, accumulator.getType());
    return arith::ConstantOp::create(b, loc,
                                     SplatElementsAttr::get(type, neutral));
  };
  auto reduce = [&](Value vector, Value with) -> Value {
    return vector::ReductionOp::create(b, loc, kind, vector, with,
                                       arith::FastMathFlags::reassoc |
                                           arith::FastMathFlags::nsz);
  };
  // Several registers hide the latency of the combination.
  int64_t width = std::min(4 * lanes, size), full = size / width * width;
  if (full > 0) {
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    Value end = arith::ConstantIndexOp::create(b, loc, full);
    Value step = arith::ConstantIndexOp::create(b, loc, width);
    auto loop = scf::ForOp::create(
        b, loc, zero, end, step, splat(width),
        [&](OpBuilder &nested, Location, Value iv, ValueRange args) {
          scf::YieldOp::create(
              nested, loc,
              emitChunk(nested, LoopIndices(indices), iv, width, args[0]));
        });
    accumulator = reduce(loop.getResult(0), accumulator);
  }
  if (size > full) {
    Value rest = emitChunk(b, LoopIndices(indices), b.getIndexAttr(full),
                           size - full, splat(size - full));
    accumulator = reduce(rest, accumulator);
  }
  return accumulator;
}

Value RowsEmitter::emitLoops(OpBuilder &b, LoopIndices &indices,
                             Value accumulator) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  if (indices.size() == ranges.size())
    return emitRow(b, indices, accumulator);
  int64_t size = indices.size() == rowLoop ? 1 : ranges[indices.size()];
  if (size == 1) {
    indices.push_back(b.getIndexAttr(0));
    Value result = emitLoops(b, indices, accumulator);
    indices.pop_back();
    return result;
  }
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value end = arith::ConstantIndexOp::create(b, loc, size);
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  auto loop = scf::ForOp::create(
      b, loc, zero, end, one, accumulator,
      [&](OpBuilder &nested, Location, Value iv, ValueRange args) {
        indices.push_back(iv);
        scf::YieldOp::create(nested, loc, emitLoops(nested, indices, args[0]));
        indices.pop_back();
      });
  return loop.getResult(0);
}

void RowsEmitter::emit(OpBuilder &builder) {
  // Which of two zeros of different sign is the larger one is of no use and
  // would cost more than the maximum itself.
  if (isa<arith::MaximumFOp, arith::MinimumFOp>(combiner))
    combiner->setAttr("fastmath",
                      arith::FastMathFlagsAttr::get(builder.getContext(),
                                                    arith::FastMathFlags::nsz));
  AffineMap out = op.getIndexingMapsArray().back();
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  emitLoopNest(builder, loc, ArrayRef(ranges).take_front(out.getNumResults()),
               [&](OpBuilder &b, ArrayRef<OpFoldResult> outer) {
                 LoopIndices indices(outer);
                 Value result = emitLoops(b, indices, start);
                 indices.resize(ranges.size(), b.getIndexAttr(0));
                 memref::StoreOp::create(b, loc, result, op.getOutputs()[0],
                                         emitIndices(b, loc, out, indices));
               });
}

void nnq::emitReductionOfRows(OpBuilder &builder, const KernelGroup &group,
                              int64_t lanes) {
  linalg::FillOp init = group.init;
  RowsEmitter(group.reduction, init.getInputs()[0], lanes).emit(builder);
}
