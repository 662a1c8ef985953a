//===- KernelEmitter.cpp - Register-tiled contractions --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"

#include "ContractionLayout.h"
#include "DotEmitter.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "nnq/Support/Contraction.h"
#include "nnq/Support/TargetInfo.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nnq;

/// Of a cache.
static constexpr int64_t kLineBytes = 64;

namespace {

class KernelEmitter {
public:
  KernelEmitter(OpBuilder &builder, KernelGroup group);
  void emit();

private:
  void emitTile(OpBuilder &b, const Tile &tile);
  SmallVector<Value> emitReduction(OpBuilder &b, const Tile &tile);
  SmallVector<Value> emitReductionLoops(OpBuilder &b, const Tile &tile,
                                        SmallVectorImpl<OpFoldResult> &indices,
                                        ValueRange accumulators);
  SmallVector<Value> emitSteps(OpBuilder &b, const Tile &tile,
                               ArrayRef<OpFoldResult> reductions,
                               ValueRange accumulators);
  bool prefetches(const Tile &tile);
  void prefetchNext(OpBuilder &b, const Tile &tile,
                    ArrayRef<OpFoldResult> reductions);
  SmallVector<Value> loadColumns(OpBuilder &b, const Tile &tile,
                                 ArrayRef<OpFoldResult> reductions);
  SmallVector<Value> loadRowPairs(OpBuilder &b, const Tile &tile,
                                  ArrayRef<OpFoldResult> reductions);
  SmallVector<Value> finishRows(OpBuilder &b, const Tile &tile,
                                ValueRange accumulators);

  Value loadGroup(OpBuilder &b, ArrayRef<OpFoldResult> loops);
  Value loadWeights(OpBuilder &b, ArrayRef<OpFoldResult> reductions,
                    const Tile &tile, int64_t block, int64_t offset,
                    int64_t count);
  Value stackParts(OpBuilder &b, ArrayRef<Value> parts);
  Value multiplyAdd(OpBuilder &b, Value x, Value w, Value acc);
  Value extend(OpBuilder &b, Value value, unsigned arg);
  SmallVector<OpFoldResult> contractionLoops(OpBuilder &b, const Tile &tile,
                                             int64_t row,
                                             ArrayRef<OpFoldResult> reductions);
  int64_t unrollFactor(const Tile &tile) const;
  std::optional<int64_t> rowOffset(int64_t row);
  SmallVector<int64_t> windowPoint(int64_t point) const;

  bool addsPartsUp() const { return kernel.getDot() == DotKind::VPMADDUBSW; }
  bool isPairKernel() const { return kernel.getDot() == DotKind::SMMLA; }
  /// Accumulator rows of a tile: each row of the result has a window of them.
  int64_t accumulatorRows(const Tile &tile) const { return tile.rows * window; }

  OpBuilder &builder;
  KernelGroup group;
  KernelAttr kernel;
  linalg::GenericOp contraction;
  Location loc;
  SmallVector<int64_t> rootShape;
  TileShape shape;
  SmallVector<int64_t> windowShape;
  int64_t window = 1;
  SmallVector<int64_t> reductionShape; // Without the group.
  /// Dimensions of the weights before that of blocks: each step of a batch has
  /// its own.
  unsigned batchDims = 0;
  int64_t registers = 16;
  Type accType;
  Value weights; // Lanes and group flattened.
  AffineMap xMap, wMap;
};

} // namespace

KernelEmitter::KernelEmitter(OpBuilder &builder, KernelGroup group)
    : builder(builder), group(group), kernel(group.kernel),
      contraction(group.reduction), loc(group.reduction.getLoc()) {
  linalg::GenericOp root = group.root();
  AffineMap out = root.getIndexingMapsArray().back();
  SmallVector<int64_t> rootRanges = root.getStaticLoopRanges();
  rootShape.assign(rootRanges.begin(),
                   rootRanges.begin() + out.getNumResults());
  shape = getTileShape(group, rootShape);
  if (group.pool) {
    linalg::GenericOp pool = group.pool;
    windowShape = pool.getStaticLoopRanges();
    windowShape.erase(windowShape.begin(),
                      windowShape.begin() + rootShape.size());
    for (int64_t size : windowShape)
      window *= size;
  }
  SmallVector<int64_t> ranges = contraction.getStaticLoopRanges();
  reductionShape.assign(ranges.begin() + rootShape.size(),
                        ranges.end() - getNumGroupLoops(kernel));
  if (TargetAttr target = findTarget(contraction))
    registers = target.getVectorRegisters();
  if (!isPairKernel())
    this->group.bias = group.findBias();
  SmallVector<AffineMap> maps = contraction.getIndexingMapsArray();
  xMap = maps[0];
  wMap = maps[1];
  batchDims = wMap.getNumResults() - reductionShape.size() -
              getNumGroupLoops(kernel) - 2;
  accType =
      cast<MemRefType>(contraction.getOutputs()[0].getType()).getElementType();
}

/// Indices of the window loops at its `point`-th element.
SmallVector<int64_t> KernelEmitter::windowPoint(int64_t point) const {
  SmallVector<int64_t> at(windowShape.size());
  for (int64_t i = windowShape.size() - 1; i >= 0; --i) {
    at[i] = point % windowShape[i];
    point /= windowShape[i];
  }
  return at;
}

/// Loops of the contraction for accumulator row `row` of the tile, the channel
/// being that of the first block.
SmallVector<OpFoldResult>
KernelEmitter::contractionLoops(OpBuilder &b, const Tile &tile, int64_t row,
                                ArrayRef<OpFoldResult> reductions) {
  SmallVector<OpFoldResult> loops(tile.root);
  if (shape.rowLoop >= 0)
    loops[shape.rowLoop] =
        emitOffset(b, loc, loops[shape.rowLoop], row / window);
  if (group.pool) {
    linalg::GenericOp pool = group.pool;
    SmallVector<OpFoldResult> poolLoops(loops);
    for (int64_t index : windowPoint(row % window))
      poolLoops.push_back(b.getIndexAttr(index));
    AffineMap map = pool.getIndexingMapsArray()[0];
    for (unsigned i = 0; i < loops.size(); ++i)
      loops[i] = affine::makeComposedFoldedAffineApply(
          b, loc, map.getSubMap({i}), poolLoops);
  }
  loops.append(reductions.begin(), reductions.end());
  loops.append(getNumGroupLoops(kernel), b.getIndexAttr(0));
  return loops;
}

Value KernelEmitter::loadGroup(OpBuilder &b, ArrayRef<OpFoldResult> loops) {
  Value x = contraction.getInputs()[0];
  SmallVector<Value> at = emitIndices(b, loc, xMap, loops);
  Type element = cast<MemRefType>(x.getType()).getElementType();
  if (kernel.getGroup() == 1)
    return memref::LoadOp::create(b, loc, x, at);
  int64_t part = getPartSize(kernel);
  auto type = VectorType::get({part}, element);
  if (!addsPartsUp())
    return vector::LoadOp::create(b, loc, type, x, at);
  SmallVector<Value> parts;
  for (int64_t i = 0; i < getNumParts(kernel); ++i) {
    SmallVector<Value> from(at);
    from.back() = getValueOrCreateConstantIndexOp(
        b, loc, emitOffset(b, loc, from.back(), i * part));
    parts.push_back(vector::LoadOp::create(b, loc, type, x, from));
  }
  return stackParts(b, parts);
}

/// `count` weights of one block at one reduction step, from element `offset`.
Value KernelEmitter::loadWeights(OpBuilder &b,
                                 ArrayRef<OpFoldResult> reductions,
                                 const Tile &tile, int64_t block,
                                 int64_t offset, int64_t count) {
  // Blocks are indexed by the channel alone.
  AffineMap blockMap = wMap.getSubMap({batchDims});
  SmallVector<OpFoldResult> loops(wMap.getNumDims(), b.getIndexAttr(0));
  llvm::copy(tile.root, loops.begin());
  OpFoldResult firstBlock = affine::makeComposedFoldedAffineApply(
      b, loc,
      AffineMap::get(wMap.getNumDims(), 0, blockMap.getResult(0) + block),
      loops);
  SmallVector<Value> at;
  if (batchDims > 0)
    at = emitIndices(b, loc, wMap.getMajorSubMap(batchDims), loops);
  at.push_back(getValueOrCreateConstantIndexOp(b, loc, firstBlock));
  for (OpFoldResult index : reductions)
    at.push_back(getValueOrCreateConstantIndexOp(b, loc, index));
  at.push_back(arith::ConstantIndexOp::create(b, loc, offset));
  Type element = cast<MemRefType>(weights.getType()).getElementType();
  return vector::LoadOp::create(b, loc, VectorType::get({count}, element),
                                weights, at);
}

/// Vectors of one type as rows of one that has them along a new first
/// dimension.
Value KernelEmitter::stackParts(OpBuilder &b, ArrayRef<Value> parts) {
  auto type = cast<VectorType>(parts.front().getType());
  SmallVector<int64_t> shape{static_cast<int64_t>(parts.size())};
  llvm::append_range(shape, type.getShape());
  Value stack = ub::PoisonOp::create(
      b, loc, VectorType::get(shape, type.getElementType()));
  for (auto [i, part] : llvm::enumerate(parts))
    stack = vector::InsertOp::create(
        b, loc, part, stack, ArrayRef<int64_t>{static_cast<int64_t>(i)});
  return stack;
}

/// The factor as the body of the contraction extends it.
Value KernelEmitter::extend(OpBuilder &b, Value value, unsigned arg) {
  return emitExtended(b, loc, value, accType,
                      contraction.getBlock()->getArgument(arg));
}

Value KernelEmitter::multiplyAdd(OpBuilder &b, Value x, Value w, Value acc) {
  int64_t lanes = kernel.getLanes(), size = kernel.getGroup();
  if (size == 1) {
    Value splat = vector::BroadcastOp::create(
        b, loc, VectorType::get({lanes}, accType), extend(b, x, 0));
    Value factor = extend(b, w, 1);
    if (isa<FloatType>(accType))
      return vector::FMAOp::create(b, loc, splat, factor, acc);
    Value product = arith::MulIOp::create(b, loc, splat, factor);
    return arith::AddIOp::create(b, loc, acc, product);
  }
  AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1),
             d2 = b.getAffineDimExpr(2);
  if (addsPartsUp()) {
    Value sum = emitContract(b, loc, {d1, d2}, {d1, d0, d2}, {d0},
                             extend(b, x, 0), extend(b, w, 1), acc);
    // Packing has made sure of it.
    sum.getDefiningOp()->setAttr(kFitsI16Attr, b.getUnitAttr());
    return sum;
  }
  Type element = cast<VectorType>(w.getType()).getElementType();
  int64_t columns = isPairKernel() ? 2 : lanes;
  Value matrix = vector::ShapeCastOp::create(
      b, loc, VectorType::get({columns, size}, element), w);
  Value factor = extend(b, x, 0);
  matrix = extend(b, matrix, 1);
  if (!isPairKernel())
    return emitRowByColumns(b, loc, factor, matrix, acc);
  return emitContract(b, loc, {d0, d2}, {d1, d2}, {d0, d1}, factor, matrix,
                      acc);
}

/// Where accumulator row `row` reads the activation, in elements from row 0.
std::optional<int64_t> KernelEmitter::rowOffset(int64_t row) {
  auto type = cast<MemRefType>(contraction.getInputs()[0].getType());
  SmallVector<int64_t> loops(rootShape.size(), 0);
  if (shape.rowLoop >= 0)
    loops[shape.rowLoop] = row / window;
  if (group.pool) {
    SmallVector<int64_t> poolLoops(loops);
    llvm::append_range(poolLoops, windowPoint(row % window));
    loops = group.pool.getIndexingMapsArray()[0].compose(poolLoops);
  }
  int64_t offset = 0;
  for (auto [loop, index] : llvm::enumerate(loops)) {
    if (index == 0)
      continue;
    std::optional<int64_t> stride = getLoopStride(type, xMap, loop);
    if (!stride)
      return std::nullopt;
    offset += *stride * index;
  }
  return offset;
}

/// Steps in one iteration of the innermost reduction loop: enough dots to hide
/// the loop and to share reads, few enough for the cache of decoded
/// instructions. Rows that overlap are unrolled only as far as the weights of
/// all steps fit in registers beside the accumulators, a group of the
/// activation and a product.
int64_t KernelEmitter::unrollFactor(const Tile &tile) const {
  constexpr int64_t kMaxDots = 24;
  int64_t rows = accumulatorRows(tile);
  int64_t limit = kMaxDots / (rows * tile.blocks * getNumParts(kernel));
  if (rows > 1)
    limit = std::min(limit, ((registers - 2) / tile.blocks - rows) /
                                getNumParts(kernel));
  int64_t trip = reductionShape.back();
  for (int64_t factor = std::min(trip, limit); factor > 1; --factor)
    if (trip % factor == 0)
      return factor;
  return 1;
}

/// True for weights that the caches next to the core hardly hold from one run
/// of the network to the next, and that several tiles of rows read: the first
/// of these would wait for memory. What was packed just before is at hand. A
/// step must read whole lines, or each would be asked for several times.
bool KernelEmitter::prefetches(const Tile &tile) {
  constexpr int64_t kLeastBytes = 64 << 10;
  auto type = cast<MemRefType>(weights.getType());
  int64_t width = type.getElementTypeBitWidth() / 8;
  return batchDims == 0 && type.getNumElements() * width >= kLeastBytes &&
         type.getShape().back() * width % kLineBytes == 0 &&
         shape.rowLoop >= 0 && rootShape[shape.rowLoop] > tile.rows;
}

/// Asks for the weights that the next tile of blocks reads at this step.
void KernelEmitter::prefetchNext(OpBuilder &b, const Tile &tile,
                                 ArrayRef<OpFoldResult> reductions) {
  auto type = cast<MemRefType>(weights.getType());
  int64_t line = kLineBytes * 8 / type.getElementTypeBitWidth();
  AffineExpr channel = b.getAffineDimExpr(0);
  for (int64_t block = 0; block < tile.blocks; ++block) {
    AffineExpr next =
        channel.floorDiv(kernel.getLanes()) + (tile.blocks + block);
    OpFoldResult at = affine::makeComposedFoldedAffineMin(
        b, loc,
        AffineMap::get(1, 0,
                       {next, b.getAffineConstantExpr(type.getDimSize(0) - 1)},
                       b.getContext()),
        tile.root[shape.laneLoop]);
    SmallVector<Value> indices{getValueOrCreateConstantIndexOp(b, loc, at)};
    for (OpFoldResult index : reductions)
      indices.push_back(getValueOrCreateConstantIndexOp(b, loc, index));
    indices.push_back(Value());
    int64_t size = type.getShape().back();
    for (int64_t offset = 0; offset < size; offset += line) {
      indices.back() = arith::ConstantIndexOp::create(b, loc, offset);
      memref::PrefetchOp::create(b, loc, weights, indices, /*isWrite=*/false,
                                 /*localityHint=*/3, /*isDataCache=*/true);
    }
  }
}

/// The weights of all blocks at one reduction step.
SmallVector<Value>
KernelEmitter::loadColumns(OpBuilder &b, const Tile &tile,
                           ArrayRef<OpFoldResult> reductions) {
  int64_t lanes = kernel.getLanes(), size = kernel.getGroup();
  SmallVector<Value> columns;
  for (int64_t block = 0; block < tile.blocks; ++block) {
    if (addsPartsUp()) {
      int64_t part = getPartSize(kernel);
      SmallVector<Value> parts;
      for (int64_t i = 0; i < getNumParts(kernel); ++i) {
        Value columnsOfPart = loadWeights(b, reductions, tile, block,
                                          i * lanes * part, lanes * part);
        auto element = cast<VectorType>(columnsOfPart.getType());
        parts.push_back(vector::ShapeCastOp::create(
            b, loc, VectorType::get({lanes, part}, element.getElementType()),
            columnsOfPart));
      }
      columns.push_back(stackParts(b, parts));
      continue;
    }
    if (!isPairKernel()) {
      columns.push_back(
          loadWeights(b, reductions, tile, block, 0, lanes * size));
      continue;
    }
    for (int64_t pair = 0; pair < lanes / 2; ++pair)
      columns.push_back(
          loadWeights(b, reductions, tile, block, pair * 2 * size, 2 * size));
  }
  return columns;
}

/// Rows in pairs; an odd last row is paired with itself.
SmallVector<Value>
KernelEmitter::loadRowPairs(OpBuilder &b, const Tile &tile,
                            ArrayRef<OpFoldResult> reductions) {
  int64_t size = kernel.getGroup(), count = accumulatorRows(tile);
  SmallVector<int64_t> both(llvm::to_vector(llvm::seq<int64_t>(0, 2 * size)));
  SmallVector<Value> pairs;
  for (int64_t row = 0; row < count; row += 2) {
    Value first = loadGroup(b, contractionLoops(b, tile, row, reductions));
    Value second = first;
    if (row + 1 < count)
      second = loadGroup(b, contractionLoops(b, tile, row + 1, reductions));
    Value joined = vector::ShuffleOp::create(b, loc, first, second, both);
    Type element = cast<VectorType>(joined.getType()).getElementType();
    pairs.push_back(vector::ShapeCastOp::create(
        b, loc, VectorType::get({2, size}, element), joined));
  }
  return pairs;
}

/// Unrolled reduction steps from `reductions` on. Accumulators are ordered by
/// row (or pair of rows), then block (or pair of channels).
SmallVector<Value> KernelEmitter::emitSteps(OpBuilder &b, const Tile &tile,
                                            ArrayRef<OpFoldResult> reductions,
                                            ValueRange accumulators) {
  SmallVector<Value> result(accumulators);
  SmallVector<SmallVector<OpFoldResult>> steps;
  SmallVector<SmallVector<Value>> columns;
  for (int64_t step = 0; step < unrollFactor(tile); ++step) {
    SmallVector<OpFoldResult> at(reductions);
    at.back() = emitOffset(b, loc, at.back(), step);
    columns.push_back(loadColumns(b, tile, at));
    if (prefetches(tile))
      prefetchNext(b, tile, at);
    steps.push_back(std::move(at));
  }
  if (isPairKernel()) {
    for (auto [at, column] : llvm::zip(steps, columns)) {
      SmallVector<Value> rows = loadRowPairs(b, tile, at);
      for (auto [i, row] : llvm::enumerate(rows))
        for (auto [j, weights] : llvm::enumerate(column)) {
          Value &acc = result[i * column.size() + j];
          acc = multiplyAdd(b, row, weights, acc);
        }
    }
    return result;
  }
  // Neighbouring windows overlap: rows and steps that read the same group come
  // one after the other, so that it is loaded once and soon dead.
  struct Use {
    int64_t offset, row, step;
  };
  SmallVector<Use> uses;
  for (int64_t step = 0, count = steps.size(); step < count; ++step)
    for (int64_t row = 0; row < accumulatorRows(tile); ++row) {
      std::optional<int64_t> offset = rowOffset(row);
      // Without static strides each use has an offset of its own.
      int64_t own = step * accumulatorRows(tile) + row;
      uses.push_back(
          {offset ? *offset + step * kernel.getGroup() : own, row, step});
    }
  llvm::sort(uses, [](const Use &a, const Use &b) {
    return std::tie(a.offset, a.step, a.row) <
           std::tie(b.offset, b.step, b.row);
  });
  Value x;
  for (auto [i, use] : llvm::enumerate(uses)) {
    if (i == 0 || use.offset != uses[i - 1].offset)
      x = loadGroup(b, contractionLoops(b, tile, use.row, steps[use.step]));
    for (auto [j, weights] : llvm::enumerate(columns[use.step])) {
      Value &acc = result[use.row * tile.blocks + j];
      acc = multiplyAdd(b, x, weights, acc);
    }
  }
  return result;
}

SmallVector<Value>
KernelEmitter::emitReductionLoops(OpBuilder &b, const Tile &tile,
                                  SmallVectorImpl<OpFoldResult> &indices,
                                  ValueRange accumulators) {
  if (indices.size() == reductionShape.size())
    return emitSteps(b, tile, indices, accumulators);
  int64_t size = reductionShape[indices.size()];
  bool innermost = indices.size() + 1 == reductionShape.size();
  int64_t by = innermost ? unrollFactor(tile) : 1;
  if (size == by) {
    indices.push_back(b.getIndexAttr(0));
    SmallVector<Value> result =
        emitReductionLoops(b, tile, indices, accumulators);
    indices.pop_back();
    return result;
  }
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value end = arith::ConstantIndexOp::create(b, loc, size);
  Value step = arith::ConstantIndexOp::create(b, loc, by);
  auto loop = scf::ForOp::create(
      b, loc, zero, end, step, accumulators,
      [&](OpBuilder &nested, Location, Value iv, ValueRange args) {
        indices.push_back(iv);
        scf::YieldOp::create(nested, loc,
                             emitReductionLoops(nested, tile, indices, args));
        indices.pop_back();
      });
  return SmallVector<Value>(loop.getResults());
}

SmallVector<Value> KernelEmitter::emitReduction(OpBuilder &b,
                                                const Tile &tile) {
  int64_t rows = accumulatorRows(tile), lanes = kernel.getLanes();
  auto type = VectorType::get({lanes}, accType);
  int64_t count = rows * tile.blocks;
  if (isPairKernel()) {
    type = VectorType::get({2, 2}, accType);
    count = llvm::divideCeil(rows, 2) * tile.blocks * (lanes / 2);
  }
  SmallVector<Value> accumulators;
  if (OpOperand *bias = group.bias) {
    AffineMap map = group.epilogue.getMatchingIndexingMap(bias);
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t block = 0; block < tile.blocks; ++block)
        accumulators.push_back(
            emitLoadRow(b, loc, bias->get(), map,
                        getTileIndices(b, loc, shape, tile, row, block),
                        getTileLanes(shape, tile, block)));
  } else {
    linalg::FillOp init = group.init;
    Value start =
        vector::BroadcastOp::create(b, loc, type, init.getInputs()[0]);
    accumulators.assign(count, start);
  }
  SmallVector<OpFoldResult> indices;
  return finishRows(b, tile,
                    emitReductionLoops(b, tile, indices, accumulators));
}

/// Accumulators as rows of `lanes` channels, ordered by row, then block.
SmallVector<Value> KernelEmitter::finishRows(OpBuilder &b, const Tile &tile,
                                             ValueRange accumulators) {
  if (!isPairKernel())
    return SmallVector<Value>(accumulators);
  int64_t lanes = kernel.getLanes();
  int64_t pairs = tile.blocks * (lanes / 2);
  SmallVector<Value> result;
  for (int64_t row = 0; row < accumulatorRows(tile); ++row)
    for (int64_t block = 0; block < tile.blocks; ++block) {
      Value joined;
      for (int64_t pair = 0; pair < lanes / 2; ++pair) {
        Value acc = accumulators[row / 2 * pairs + block * (lanes / 2) + pair];
        Value part =
            vector::ExtractOp::create(b, loc, acc, ArrayRef<int64_t>{row % 2});
        if (!joined) {
          joined = part;
          continue;
        }
        int64_t have = cast<VectorType>(joined.getType()).getDimSize(0);
        // Shuffles need operands of one length only in LLVM, not in vector.
        joined = vector::ShuffleOp::create(
            b, loc, joined, part,
            llvm::to_vector(llvm::seq<int64_t>(0, have + 2)));
      }
      result.push_back(joined);
    }
  return result;
}

void KernelEmitter::emitTile(OpBuilder &b, const Tile &tile) {
  SmallVector<Value> rows = emitReduction(b, tile);
  int64_t lanes = kernel.getLanes();
  if (group.pool) {
    linalg::GenericOp pool = group.pool;
    SmallVector<Value> pooled;
    for (int64_t row = 0; row < tile.rows; ++row)
      for (int64_t block = 0; block < tile.blocks; ++block) {
        Value max;
        for (int64_t point = 0; point < window; ++point) {
          Value next = rows[(row * window + point) * tile.blocks + block];
          if (!max) {
            max = next;
            continue;
          }
          SmallVector<Value> args(pool.getBlock()->getNumArguments());
          args.front() = next;
          args.back() = max;
          max = emitBody(b, pool, args, lanes);
        }
        pooled.push_back(max);
      }
    rows = std::move(pooled);
  }

  emitStoreTile(b, group, shape, tile, rows);
}

void KernelEmitter::emit() {
  Value packed = contraction.getInputs()[1];
  auto type = cast<MemRefType>(packed.getType());
  SmallVector<ReassociationIndices> flat;
  int64_t outer = batchDims + 1 + static_cast<int64_t>(reductionShape.size());
  for (int64_t i = 0; i <= outer; ++i)
    flat.push_back({i});
  for (int64_t i = outer + 1; i < type.getRank(); ++i)
    flat.back().push_back(i);
  weights = memref::CollapseShapeOp::create(builder, loc, packed, flat);

  emitTiles(builder, loc, shape, rootShape, kernel.getTileRows(),
            kernel.getTileBlocks(),
            getBlockLoop(group, kernel.getChannelsOuter()),
            [&](OpBuilder &b, const Tile &tile) { emitTile(b, tile); });
}

bool nnq::canEmitKernel(const KernelGroup &group, std::string &reason) {
  linalg::GenericOp op = group.reduction, root = group.root();
  auto weights = dyn_cast<MemRefType>(op.getInputs().back().getType());
  SmallVector<int64_t> inner{group.kernel.getLanes(),
                             getPartSize(group.kernel)};
  if (int64_t parts = getNumParts(group.kernel); parts > 1)
    inner.insert(inner.begin(), parts);
  if (!isMultiplyAddBody(op) || !weights ||
      weights.getRank() < static_cast<int64_t>(inner.size()) + 1 ||
      !weights.getLayout().isIdentity() ||
      weights.getShape().take_back(inner.size()) != ArrayRef(inner)) {
    reason = "the weights are not packed for the kernel";
    return false;
  }
  if (group.kernel.getGroup() > 1 &&
      getLoopStride(cast<MemRefType>(op.getInputs()[0].getType()),
                    op.getIndexingMapsArray()[0], op.getNumLoops() - 1) != 1) {
    reason = "the activation is not contiguous along a group";
    return false;
  }
  AffineMap out = root.getIndexingMapsArray().back();
  if (getLoopStride(cast<MemRefType>(root.getOutputs()[0].getType()), out,
                    out.getNumResults() - 1) != 1) {
    reason = "channels of the result are not contiguous";
    return false;
  }
  return true;
}

void nnq::emitKernel(OpBuilder &builder, const KernelGroup &group) {
  KernelEmitter(builder, group).emit();
}
