//===- DepthwiseEmitter.cpp - Integer depthwise convolutions --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "DepthwiseEmitter.h"

#include "DotEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "nnq/Support/Contraction.h"

using namespace mlir;
using namespace nnq;

/// Lanes of 16 bits that shuffles do not cross.
static constexpr int64_t kChunk = 8;

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
  Halves interleave(OpBuilder &b, Value first, Value second);
  Value multiplyAdd(OpBuilder &b, Value x, Value w, Value acc);
  Halves restore(OpBuilder &b, Halves halves);
  void storeTile(OpBuilder &b, const Tile &tile, ArrayRef<Halves> accumulators);
  LoopIndices loopsAt(OpBuilder &b, const Tile &tile, int64_t row,
                      int64_t block, ArrayRef<int64_t> tap);

  OpBuilder &builder;
  const KernelGroup &group;
  linalg::GenericOp op;
  Location loc;
  SmallVector<int64_t> rootShape;
  SmallVector<SmallVector<int64_t>> taps;
  TileShape shape;
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
  Type element = getElementTypeOrSelf(row.getType());
  if (element.isInteger(16))
    return row;
  auto type = VectorType::get({shape.lanes}, b.getI16Type());
  bool isUnsigned =
      llvm::any_of(op.getMatchingBlockArgument(operand).getUsers(),
                   [](Operation *user) { return isa<arith::ExtUIOp>(user); });
  if (isUnsigned)
    return arith::ExtUIOp::create(b, loc, type, row);
  return arith::ExtSIOp::create(b, loc, type, row);
}

/// Pairs of one channel side by side, without crossing 128 bits, where a
/// shuffle is cheap. `low` holds the first four channels of each 128 bits.
Halves DepthwiseEmitter::interleave(OpBuilder &b, Value first, Value second) {
  SmallVector<int64_t> low, high;
  int64_t chunk = std::min(kChunk, shape.lanes);
  for (int64_t start = 0; start < shape.lanes; start += chunk)
    for (int64_t i = 0; i < chunk / 2; ++i) {
      low.append({start + i, shape.lanes + start + i});
      high.append({start + chunk / 2 + i, shape.lanes + start + chunk / 2 + i});
    }
  return {vector::ShuffleOp::create(b, loc, first, second, low),
          vector::ShuffleOp::create(b, loc, first, second, high)};
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

/// The channels in order again: the first half of them and the second.
Halves DepthwiseEmitter::restore(OpBuilder &b, Halves halves) {
  SmallVector<int64_t> order;
  int64_t chunk = std::min(kChunk, shape.lanes), half = shape.lanes / 2;
  for (int64_t start = 0; start < shape.lanes; start += chunk)
    for (int64_t i = 0; i < chunk; ++i)
      order.push_back(start / 2 + i % (chunk / 2) + (i < chunk / 2 ? 0 : half));
  auto pick = [&](ArrayRef<int64_t> part) -> Value {
    return vector::ShuffleOp::create(b, loc, halves.low, halves.high, part);
  };
  return {pick(ArrayRef(order).take_front(half)),
          pick(ArrayRef(order).drop_front(half))};
}

/// Stores the rows of `tile` by halves of its blocks, which fill a register.
void DepthwiseEmitter::storeTile(OpBuilder &b, const Tile &tile,
                                 ArrayRef<Halves> accumulators) {
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

void DepthwiseEmitter::emitTile(OpBuilder &b, const Tile &tile) {
  linalg::FillOp init = group.init;
  Value start = vector::BroadcastOp::create(
      b, loc, VectorType::get({shape.lanes / 2}, b.getI32Type()),
      init.getInputs()[0]);
  auto vectorType = VectorType::get({shape.lanes}, b.getI16Type());
  SmallVector<Halves> accumulators(tile.rows * tile.blocks, {start, start});
  OpOperand *x = op.getDpsInputOperand(0), *w = op.getDpsInputOperand(1);
  for (int64_t block = 0; block < tile.blocks; ++block) {
    Row lane = getTileLanes(shape, tile, block);
    for (size_t tap = 0; tap < taps.size(); tap += 2) {
      bool isPair = tap + 1 < taps.size();
      ArrayRef<int64_t> first = taps[tap],
                        second = taps[tap + (isPair ? 1 : 0)];
      Value w0 = load(b, w, loopsAt(b, tile, 0, block, first), lane);
      Value w1 = isPair ? load(b, w, loopsAt(b, tile, 0, block, second), lane)
                        : Value(arith::ConstantOp::create(
                              b, loc, b.getZeroAttr(vectorType)));
      Halves weights = interleave(b, w0, w1);
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
  emitTiles(builder, loc, shape, rootShape, group.kernel.getTileRows(),
            group.kernel.getTileBlocks(),
            getBlockLoop(group, group.kernel.getChannelsOuter()),
            [&](OpBuilder &b, const Tile &tile) { emitTile(b, tile); });
}

bool nnq::canEmitDepthwise(const KernelGroup &group) {
  constexpr int64_t kMaxTaps = 49;
  linalg::GenericOp op = group.reduction, root = group.root();
  FailureOr<Contraction> contraction = Contraction::matchDepthwise(op);
  if (failed(contraction) || group.kernel.getGroup() != 2 ||
      group.kernel.getLanes() < 4 || contraction->channelLoop != group.laneLoop)
    return false;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    auto type = dyn_cast<MemRefType>(operand->get().getType());
    if (!type || type.getElementTypeBitWidth() > 16 ||
        getLoopStride(type, op.getMatchingIndexingMap(operand),
                      group.laneLoop) != 1)
      return false;
  }
  int64_t numTaps = 1;
  unsigned rank = op.getIndexingMapsArray().back().getNumResults();
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (int64_t size : ArrayRef(ranges).drop_front(rank))
    numTaps *= size;
  return numTaps <= kMaxTaps &&
         getLoopStride(cast<MemRefType>(root.getOutputs()[0].getType()),
                       root.getIndexingMapsArray().back(), group.laneLoop) == 1;
}

void nnq::emitDepthwise(OpBuilder &builder, const KernelGroup &group) {
  DepthwiseEmitter(builder, group).emit();
}
