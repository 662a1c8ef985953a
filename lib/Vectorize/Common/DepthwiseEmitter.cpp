//===- DepthwiseEmitter.cpp - Integer depthwise convolutions --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "DepthwiseEmitter.h"

#include "DepthwiseKernel.h"
#include "DepthwiseTaps.h"
#include "DotEmitter.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "nnq/Support/Contraction.h"

using namespace mlir;
using namespace nnq;

namespace {

/// The two halves of an interleaving, or of what was computed from them.
struct Halves {
  Value low, high;
};

class DepthwiseEmitter {
public:
  DepthwiseEmitter(OpBuilder &builder, const KernelGroup &group);
  void emit();

private:
  void emitTile(OpBuilder &b, const Tile &tile);
  Value load(OpBuilder &b, OpOperand *operand, ArrayRef<OpFoldResult> loops,
             const Row &lane);
  Halves loadWeights(OpBuilder &b, const Tile &tile, int64_t block, size_t tap);
  Halves loadPacked(OpBuilder &b, const Tile &tile, int64_t block,
                    ArrayRef<OpFoldResult> reductions);
  SmallVector<Value> emitTaps(OpBuilder &b, const Tile &tile, int64_t block,
                              ArrayRef<OpFoldResult> reductions, Value from,
                              Value to, ValueRange accumulators);
  std::pair<Value, Value> getTapsInside(OpBuilder &b, const Tile &tile);
  void emitBorder(OpBuilder &b, const Tile &tile);
  Halves getStart(OpBuilder &b, const Tile &tile, int64_t row, int64_t block);
  SmallVector<Value> emitPacked(OpBuilder &b, const Tile &tile, int64_t block,
                                SmallVector<OpFoldResult> reductions,
                                ValueRange accumulators);
  Halves interleave(OpBuilder &b, Value first, Value second);
  Value multiplyAdd(OpBuilder &b, Value x, Value w, Value acc);
  SmallVector<int64_t> order() const;
  Halves restore(OpBuilder &b, Halves halves);
  Halves split(OpBuilder &b, Value row);
  bool restoresResults() const;
  void storeHalves(OpBuilder &b, const Tile &tile, int64_t row, int64_t block,
                   Halves accumulators);
  void storeTile(OpBuilder &b, const Tile &tile, ArrayRef<Halves> accumulators);
  LoopIndices loopsAt(OpBuilder &b, const Tile &tile, int64_t row,
                      int64_t block, ArrayRef<int64_t> tap);

  OpBuilder &builder;
  KernelGroup group;
  linalg::GenericOp op;
  Location loc;
  SmallVector<int64_t> rootShape;
  SmallVector<SmallVector<int64_t>> taps;
  TileShape shape;
  Value packedWeights; // The lanes of both taps of a pair in one dimension.
  std::optional<DepthwiseBorder> border;
  SmallVector<Halves> starts; // With a border, of each block.
};

} // namespace

DepthwiseEmitter::DepthwiseEmitter(OpBuilder &builder, const KernelGroup &group)
    : builder(builder), group(group), op(group.reduction), loc(op.getLoc()) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  unsigned rank = op.getIndexingMapsArray().back().getNumResults();
  rootShape.assign(ranges.begin(), ranges.begin() + rank);
  taps.push_back({});
  for (int64_t size : ArrayRef(ranges).drop_front(rank)) {
    SmallVector<SmallVector<int64_t>> longer;
    for (ArrayRef<int64_t> tap : taps)
      for (int64_t i = 0; i < size; ++i) {
        longer.emplace_back(tap);
        longer.back().push_back(i);
      }
    taps = std::move(longer);
  }
  shape = getTileShape(group, rootShape);
  this->group.bias = group.findBias();
  if (!hasPackedTaps(op))
    return;
  Value weights = op.getInputs()[1];
  constexpr int64_t kPairDims = 4;
  int64_t outer = cast<MemRefType>(weights.getType()).getRank() - kPairDims;
  SmallVector<ReassociationIndices> flat;
  for (int64_t i = 0; i < outer; ++i)
    flat.push_back({i});
  flat.push_back(
      llvm::to_vector<2>(llvm::seq<int64_t>(outer, outer + kPairDims)));
  packedWeights = memref::CollapseShapeOp::create(builder, loc, weights, flat);
  border = findEmittedBorder(group);
  // All rows of a tile start from one sum.
  OpOperand *bias = this->group.bias;
  if (border && bias &&
      this->group.epilogue.getMatchingIndexingMap(bias).isFunctionOfDim(
          shape.rowLoop))
    this->group.bias = nullptr;
}

LoopIndices DepthwiseEmitter::loopsAt(OpBuilder &b, const Tile &tile,
                                      int64_t row, int64_t block,
                                      ArrayRef<int64_t> tap) {
  LoopIndices loops = getTileIndices(b, loc, shape, tile, row, block);
  for (int64_t index : tap)
    loops.push_back(b.getIndexAttr(index));
  return loops;
}

/// A row of an operand in 16 bits.
Value DepthwiseEmitter::load(OpBuilder &b, OpOperand *operand,
                             ArrayRef<OpFoldResult> loops, const Row &lane) {
  Value row = emitLoadRow(b, loc, operand->get(),
                          op.getMatchingIndexingMap(operand), loops, lane);
  return emitExtended(b, loc, row, b.getI16Type(),
                      op.getMatchingBlockArgument(operand));
}

/// Pairs of one channel side by side, without crossing 128 bits, where a
/// shuffle is cheap. `low` holds the first four channels of each 128 bits.
Halves DepthwiseEmitter::interleave(OpBuilder &b, Value first, Value second) {
  SmallVector<int64_t> low, high;
  int64_t chunk = std::min(kShuffleLanes, shape.lanes);
  for (int64_t start = 0; start < shape.lanes; start += chunk)
    for (int64_t i = 0; i < chunk / 2; ++i) {
      low.append({start + i, shape.lanes + start + i});
      high.append({start + chunk / 2 + i, shape.lanes + start + chunk / 2 + i});
    }
  return {vector::ShuffleOp::create(b, loc, first, second, low),
          vector::ShuffleOp::create(b, loc, first, second, high)};
}

/// The weights of taps `tap` and the next, interleaved.
Halves DepthwiseEmitter::loadWeights(OpBuilder &b, const Tile &tile,
                                     int64_t block, size_t tap) {
  auto type = VectorType::get({shape.lanes}, b.getI16Type());
  Row lane = getTileLanes(shape, tile, block);
  OpOperand *w = op.getDpsInputOperand(1);
  auto tapAt = [&](size_t at) -> Value {
    if (at == taps.size())
      return arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
    return load(b, w, loopsAt(b, tile, 0, block, taps[at]), lane);
  };
  Value first = tapAt(tap);
  return interleave(b, first, tapAt(tap + 1));
}

/// The weights of both taps of the pair at `reductions`, as they are packed.
Halves DepthwiseEmitter::loadPacked(OpBuilder &b, const Tile &tile,
                                    int64_t block,
                                    ArrayRef<OpFoldResult> reductions) {
  OpFoldResult first = affine::makeComposedFoldedAffineApply(
      b, loc,
      AffineMap::get(1, 0, b.getAffineDimExpr(0).floorDiv(shape.lanes) + block),
      tile.root[shape.laneLoop]);
  SmallVector<Value> at{getValueOrCreateConstantIndexOp(b, loc, first)};
  for (OpFoldResult index : reductions)
    at.push_back(getValueOrCreateConstantIndexOp(b, loc, index));
  at.push_back(Value());
  auto half = [&](int64_t offset) -> Value {
    at.back() = arith::ConstantIndexOp::create(b, loc, offset);
    return vector::LoadOp::create(
        b, loc, VectorType::get({shape.lanes}, b.getI16Type()), packedWeights,
        at);
  };
  Halves result;
  result.low = half(0);
  result.high = half(shape.lanes);
  return result;
}

/// A loop over taps [`from`, `to`) behind loops `reductions`.
SmallVector<Value> DepthwiseEmitter::emitTaps(OpBuilder &b, const Tile &tile,
                                              int64_t block,
                                              ArrayRef<OpFoldResult> reductions,
                                              Value from, Value to,
                                              ValueRange accumulators) {
  auto loop = scf::ForOp::create(
      b, loc, from, to, arith::ConstantIndexOp::create(b, loc, 1), accumulators,
      [&](OpBuilder &nested, Location, Value iv, ValueRange args) {
        SmallVector<OpFoldResult> at(reductions);
        at.push_back(iv);
        scf::YieldOp::create(nested, loc,
                             emitPacked(nested, tile, block, at, args));
      });
  return SmallVector<Value>(loop.getResults());
}

/// The taps [from, to) of the rows of `tile` that are not in the border.
std::pair<Value, Value> DepthwiseEmitter::getTapsInside(OpBuilder &b,
                                                        const Tile &tile) {
  int64_t size = op.getStaticLoopRanges()[rootShape.size()];
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, loc, value);
  };
  auto below = [&](int64_t row) {
    AffineExpr first = b.getAffineDimExpr(0) * border->stride;
    Value taps = getValueOrCreateConstantIndexOp(
        b, loc,
        affine::makeComposedFoldedAffineApply(b, loc,
                                              AffineMap::get(1, 0, row - first),
                                              tile.root[border->loop]));
    taps = arith::MaxSIOp::create(b, loc, taps, constant(0));
    return arith::MinSIOp::create(b, loc, taps, constant(size)).getResult();
  };
  return {below(border->low), below(border->high)};
}

/// What taps in the border add to each row of the result from `tile` on.
void DepthwiseEmitter::emitBorder(OpBuilder &b, const Tile &tile) {
  auto [from, to] = getTapsInside(b, tile);
  int64_t size = op.getStaticLoopRanges()[rootShape.size()];
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value end = arith::ConstantIndexOp::create(b, loc, size);
  starts.clear();
  for (int64_t block = 0; block < tile.blocks; ++block) {
    Halves start = getStart(b, tile, 0, block);
    SmallVector<Value> sums{start.low, start.high};
    sums = emitTaps(b, tile, block, {}, zero, from, sums);
    sums = emitTaps(b, tile, block, {}, to, end, sums);
    starts.push_back({sums[0], sums[1]});
  }
}

/// Adds up the packed taps of one block from loops `reductions` on. Loops
/// around the pairs stay loops: in one basic block LLVM would finish row after
/// row and run out of registers.
SmallVector<Value>
DepthwiseEmitter::emitPacked(OpBuilder &b, const Tile &tile, int64_t block,
                             SmallVector<OpFoldResult> reductions,
                             ValueRange accumulators) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  ArrayRef<int64_t> sizes = ArrayRef(ranges).drop_front(rootShape.size());
  int64_t size = sizes[reductions.size()];
  bool isAroundPairs = reductions.size() + 2 < sizes.size();
  if (isAroundPairs && size > 1)
    return emitTaps(b, tile, block, reductions,
                    arith::ConstantIndexOp::create(b, loc, 0),
                    arith::ConstantIndexOp::create(b, loc, size), accumulators);
  if (isAroundPairs) {
    reductions.push_back(b.getIndexAttr(0));
    return emitPacked(b, tile, block, reductions, accumulators);
  }
  SmallVector<Value> result(accumulators);
  OpOperand *x = op.getDpsInputOperand(0);
  Row lane = getTileLanes(shape, tile, block);
  for (int64_t pair = 0; pair < size; ++pair) {
    SmallVector<OpFoldResult> at(reductions);
    at.push_back(b.getIndexAttr(pair));
    Halves weights = loadPacked(b, tile, block, at);
    for (int64_t row = 0; row < tile.rows; ++row) {
      auto element = [&](int64_t index) {
        LoopIndices loops = getTileIndices(b, loc, shape, tile, row, block);
        llvm::append_range(loops, at);
        loops.push_back(b.getIndexAttr(index));
        return load(b, x, loops, lane);
      };
      Value first = element(0);
      Halves pairs = interleave(b, first, element(1));
      Value &low = result[2 * row], &high = result[2 * row + 1];
      low = multiplyAdd(b, pairs.low, weights.low, low);
      high = multiplyAdd(b, pairs.high, weights.high, high);
    }
  }
  return result;
}

/// acc(l) += x(l, v) * w(l, v)
Value DepthwiseEmitter::multiplyAdd(OpBuilder &b, Value x, Value w, Value acc) {
  int64_t lanes = cast<VectorType>(acc.getType()).getNumElements();
  auto wide = VectorType::get({lanes, 2}, b.getI32Type());
  auto extend = [&](Value pairs) -> Value {
    Value matrix = vector::ShapeCastOp::create(
        b, loc, VectorType::get({lanes, 2}, b.getI16Type()), pairs);
    return arith::ExtSIOp::create(b, loc, wide, matrix);
  };
  AffineExpr l = b.getAffineDimExpr(0), v = b.getAffineDimExpr(1);
  return emitContract(b, loc, {l, v}, {l, v}, {l}, extend(x), extend(w), acc);
}

/// Where the channels are in the two halves, one after the other.
SmallVector<int64_t> DepthwiseEmitter::order() const {
  SmallVector<int64_t> result;
  int64_t chunk = std::min(kShuffleLanes, shape.lanes), half = shape.lanes / 2;
  for (int64_t start = 0; start < shape.lanes; start += chunk)
    for (int64_t i = 0; i < chunk; ++i)
      result.push_back(start / 2 + i % (chunk / 2) +
                       (i < chunk / 2 ? 0 : half));
  return result;
}

/// The channels in order again: the first half of them and the second.
Halves DepthwiseEmitter::restore(OpBuilder &b, Halves halves) {
  SmallVector<int64_t> all = order();
  int64_t half = shape.lanes / 2;
  auto pick = [&](ArrayRef<int64_t> part) -> Value {
    return vector::ShuffleOp::create(b, loc, halves.low, halves.high, part);
  };
  return {pick(ArrayRef(all).take_front(half)),
          pick(ArrayRef(all).drop_front(half))};
}

/// A row of numbers in the order of the halves.
Halves DepthwiseEmitter::split(OpBuilder &b, Value row) {
  SmallVector<int64_t> inverse(shape.lanes);
  for (auto [channel, at] : llvm::enumerate(order()))
    inverse[at] = channel;
  auto pick = [&](ArrayRef<int64_t> part) -> Value {
    return vector::ShuffleOp::create(b, loc, row, row, part);
  };
  return {pick(ArrayRef(inverse).take_front(shape.lanes / 2)),
          pick(ArrayRef(inverse).drop_front(shape.lanes / 2))};
}

/// True if rows of the tile share all that the epilogue reads, so that it may
/// be brought into the order of the halves instead of each result into that of
/// the channels. Narrow results are restored for less.
bool DepthwiseEmitter::restoresResults() const {
  linalg::GenericOp epilogue = group.epilogue;
  if (!epilogue || cast<MemRefType>(epilogue.getOutputs()[0].getType())
                           .getElementTypeBitWidth() > 16)
    return false;
  return llvm::all_of(epilogue.getDpsInputOperands(), [&](OpOperand *operand) {
    AffineMap map = epilogue.getMatchingIndexingMap(operand);
    return operand->get() == group.source() ||
           llvm::none_of(
               llvm::seq<unsigned>(0, map.getNumDims()), [&](unsigned loop) {
                 return loop != shape.laneLoop && map.isFunctionOfDim(loop);
               });
  });
}

void DepthwiseEmitter::storeHalves(OpBuilder &b, const Tile &tile, int64_t row,
                                   int64_t block, Halves accumulators) {
  linalg::GenericOp epilogue = group.epilogue;
  Row lane = getTileLanes(shape, tile, block);
  LoopIndices loops = getTileIndices(b, loc, shape, tile, row, block);
  SmallVector<Value> low, high;
  for (OpOperand *operand : epilogue.getDpsInputOperands()) {
    Halves arg =
        operand->get() == group.source()
            ? accumulators
            : split(b, emitEpilogueRow(b, group, operand, loops, lane));
    low.push_back(arg.low);
    high.push_back(arg.high);
  }
  low.push_back(Value());
  high.push_back(Value());
  // In the order of the halves x86 narrows two registers to one.
  Value wide = findWideResult(epilogue);
  Value first = emitBody(b, epilogue, low, shape.lanes / 2, wide);
  Value second = emitBody(b, epilogue, high, shape.lanes / 2, wide);
  Value joined = vector::ShuffleOp::create(b, loc, first, second, order());
  if (wide)
    joined = emitRestOfBody(b, epilogue, wide, joined);
  emitStoreRow(b, loc, joined, epilogue.getOutputs()[0],
               epilogue.getIndexingMapsArray().back(), loops, lane);
}

/// Stores the rows of `tile`, by halves of its blocks, which fill a register,
/// where the epilogue needs channels in order.
void DepthwiseEmitter::storeTile(OpBuilder &b, const Tile &tile,
                                 ArrayRef<Halves> accumulators) {
  if (restoresResults()) {
    for (int64_t row = 0; row < tile.rows; ++row)
      for (int64_t block = 0; block < tile.blocks; ++block)
        storeHalves(b, tile, row, block,
                    accumulators[row * tile.blocks + block]);
    return;
  }
  Tile halved = tile;
  TileShape halvedShape = shape;
  halvedShape.lanes = shape.lanes / 2;
  bool isLastEmpty = tile.lastLanes <= halvedShape.lanes;
  halved.blocks = 2 * tile.blocks - (isLastEmpty ? 1 : 0);
  halved.lastLanes = tile.lastLanes - (isLastEmpty ? 0 : halvedShape.lanes);
  SmallVector<Value> values;
  for (int64_t row = 0; row < tile.rows; ++row)
    for (int64_t block = 0; block < tile.blocks; ++block) {
      Halves halves = restore(b, accumulators[row * tile.blocks + block]);
      values.push_back(halves.low);
      if (block + 1 < tile.blocks || !isLastEmpty)
        values.push_back(halves.high);
    }
  emitStoreTile(b, group, halvedShape, halved, values);
}

/// What the accumulators of a row of one block start from.
Halves DepthwiseEmitter::getStart(OpBuilder &b, const Tile &tile, int64_t row,
                                  int64_t block) {
  if (OpOperand *bias = group.bias)
    return split(b, emitLoadRow(b, loc, bias->get(),
                                group.epilogue.getMatchingIndexingMap(bias),
                                getTileIndices(b, loc, shape, tile, row, block),
                                getTileLanes(shape, tile, block)));
  linalg::FillOp init = group.init;
  Value start = vector::BroadcastOp::create(
      b, loc, VectorType::get({shape.lanes / 2}, b.getI32Type()),
      init.getInputs()[0]);
  return {start, start};
}

void DepthwiseEmitter::emitTile(OpBuilder &b, const Tile &tile) {
  SmallVector<Halves> accumulators;
  for (int64_t row = 0; row < tile.rows; ++row)
    for (int64_t block = 0; block < tile.blocks; ++block)
      accumulators.push_back(border ? starts[block]
                                    : getStart(b, tile, row, block));
  OpOperand *x = op.getDpsInputOperand(0);
  for (int64_t block = 0; block < tile.blocks; ++block) {
    if (packedWeights) {
      SmallVector<Value> sums;
      for (int64_t row = 0; row < tile.rows; ++row) {
        const Halves &start = accumulators[row * tile.blocks + block];
        sums.append({start.low, start.high});
      }
      if (border) {
        auto [from, to] = getTapsInside(b, tile);
        sums = emitTaps(b, tile, block, {}, from, to, sums);
      } else {
        sums = emitPacked(b, tile, block, {}, sums);
      }
      for (int64_t row = 0; row < tile.rows; ++row)
        accumulators[row * tile.blocks + block] = {sums[2 * row],
                                                   sums[2 * row + 1]};
      continue;
    }
    Row lane = getTileLanes(shape, tile, block);
    for (size_t tap = 0; tap < taps.size(); tap += 2) {
      bool isPair = tap + 1 < taps.size();
      ArrayRef<int64_t> first = taps[tap],
                        second = taps[tap + (isPair ? 1 : 0)];
      Halves weights = loadWeights(b, tile, block, tap);
      for (int64_t row = 0; row < tile.rows; ++row) {
        Value x0 = load(b, x, loopsAt(b, tile, row, block, first), lane);
        Value x1 = isPair
                       ? load(b, x, loopsAt(b, tile, row, block, second), lane)
                       : x0;
        Halves pairs = interleave(b, x0, x1);
        Halves &acc = accumulators[row * tile.blocks + block];
        acc = {multiplyAdd(b, pairs.low, weights.low, acc.low),
               multiplyAdd(b, pairs.high, weights.high, acc.high)};
      }
    }
  }
  storeTile(b, tile, accumulators);
}

void DepthwiseEmitter::emit() {
  BlockLoop blockLoop =
      border ? BlockLoop::AroundRows
             : getBlockLoop(group, group.kernel.getChannelsOuter());
  emitTiles(
      builder, loc, shape, rootShape, group.kernel.getTileRows(),
      group.kernel.getTileBlocks(), blockLoop,
      [&](OpBuilder &b, const Tile &tile) { emitTile(b, tile); },
      [&](OpBuilder &b, const Tile &tile) {
        if (border)
          emitBorder(b, tile);
      });
}

void nnq::emitDepthwise(OpBuilder &builder, const KernelGroup &group) {
  DepthwiseEmitter(builder, group).emit();
}
