//===- KernelOperands.cpp - What a contraction reads ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "KernelOperands.h"

#include "ContractionLayout.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace nnq;

/// Of a cache.
static constexpr int64_t kLineBytes = 64;

KernelOperands::KernelOperands(OpBuilder &builder, const KernelGroup &group)
    : group(group), kernel(group.kernel), contraction(group.reduction),
      loc(contraction.getLoc()) {
  linalg::GenericOp root = group.root();
  AffineMap out = root.getIndexingMapsArray().back();
  SmallVector<int64_t> rootRanges = root.getStaticLoopRanges();
  rootShape.assign(rootRanges.begin(),
                   rootRanges.begin() + out.getNumResults());
  shape = getTileShape(group, rootShape);
  if (linalg::GenericOp pool = group.pool) {
    windowShape = pool.getStaticLoopRanges();
    windowShape.erase(windowShape.begin(),
                      windowShape.begin() + rootShape.size());
    for (int64_t size : windowShape)
      window *= size;
  }
  SmallVector<int64_t> ranges = contraction.getStaticLoopRanges();
  reductionShape.assign(ranges.begin() + rootShape.size(),
                        ranges.end() - getNumGroupLoops(kernel));
  SmallVector<AffineMap> maps = contraction.getIndexingMapsArray();
  xMap = maps[0];
  wMap = maps[1];
  batchDims = wMap.getNumResults() - reductionShape.size() -
              getNumGroupLoops(kernel) - 2;
  Value packed = contraction.getInputs()[1];
  SmallVector<ReassociationIndices> flat;
  int64_t outer = batchDims + 1 + static_cast<int64_t>(reductionShape.size());
  for (int64_t i = 0; i <= outer; ++i)
    flat.push_back({i});
  for (int64_t i = outer + 1; i < cast<MemRefType>(packed.getType()).getRank();
       ++i)
    flat.back().push_back(i);
  weights = memref::CollapseShapeOp::create(builder, loc, packed, flat);
}

/// Indices of the window loops at its `point`-th element.
SmallVector<int64_t> KernelOperands::windowPoint(int64_t point) const {
  SmallVector<int64_t> at(windowShape.size());
  for (int64_t i = windowShape.size() - 1; i >= 0; --i) {
    at[i] = point % windowShape[i];
    point /= windowShape[i];
  }
  return at;
}

SmallVector<OpFoldResult>
KernelOperands::contractionLoops(OpBuilder &b, const Tile &tile, int64_t row,
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

Value KernelOperands::loadGroup(OpBuilder &b, ArrayRef<OpFoldResult> loops) {
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
Value KernelOperands::loadWeights(OpBuilder &b,
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
Value KernelOperands::stackParts(OpBuilder &b, ArrayRef<Value> parts) {
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

std::optional<int64_t> KernelOperands::rowOffset(int64_t row) {
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

bool KernelOperands::prefetches(const Tile &tile) {
  constexpr int64_t kLeastBytes = 64 << 10;
  auto type = cast<MemRefType>(weights.getType());
  int64_t width = type.getElementTypeBitWidth() / 8;
  return batchDims == 0 && type.getNumElements() * width >= kLeastBytes &&
         type.getShape().back() * width % kLineBytes == 0 &&
         shape.rowLoop >= 0 && rootShape[shape.rowLoop] > tile.rows;
}

void KernelOperands::prefetchNext(OpBuilder &b, const Tile &tile,
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

SmallVector<Value>
KernelOperands::loadColumns(OpBuilder &b, const Tile &tile,
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

SmallVector<Value>
KernelOperands::loadRowPairs(OpBuilder &b, const Tile &tile,
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
