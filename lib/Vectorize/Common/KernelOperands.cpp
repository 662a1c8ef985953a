//===- KernelOperands.cpp - What a contraction reads ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "KernelOperands.h"

#include "ContractionLayout.h"
#include "Int4Unpacking.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

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
  unsigned numResultLoops =
      contraction.getIndexingMapsArray().back().getNumResults();
  reductionShape.assign(ranges.begin() + numResultLoops,
                        ranges.end() - getNumGroupLoops(kernel));
  // In front of the channels.
  if (group.scaling)
    reductionShape.insert(reductionShape.begin(), ranges[group.laneLoop]);
  SmallVector<AffineMap> maps = contraction.getIndexingMapsArray();
  xMap = maps[0];
  wMap = maps[1];
  batchDims = wMap.getNumResults() - reductionShape.size() -
              getNumGroupLoops(kernel) - 2;
  packed = contraction.getInputs()[1];
  if (linalg::GenericOp unpacking = group.unpacking) {
    packed = unpacking.getInputs()[0];
    tables = getTables(unpacking);
  }
  if (std::optional<WeightExpansion> expansion = group.expansion) {
    packed = expansion->getValues();
    if (selectsPlaces(kernel.getSparse()))
      places = expansion->getPlaces();
    if (expansion->hasLists()) {
      bounds = expansion->getBounds();
      listSteps = expansion->getSteps();
      weights = packed = memref::CollapseShapeOp::create(
          builder, loc, packed, ArrayRef<ReassociationIndices>{{0}, {1, 2, 3}});
      return;
    }
  }
  SmallVector<ReassociationIndices> flat;
  int64_t outer = batchDims + 1 + static_cast<int64_t>(reductionShape.size());
  for (int64_t i = 0; i <= outer; ++i)
    flat.push_back({i});
  for (int64_t i = outer + 1; i < cast<MemRefType>(packed.getType()).getRank();
       ++i)
    flat.back().push_back(i);
  weights = packed =
      memref::CollapseShapeOp::create(builder, loc, packed, flat);
}

void KernelOperands::usePanel(OpBuilder &b) {
  auto type = cast<MemRefType>(packed.getType());
  SmallVector<int64_t> shape(type.getShape());
  // Threads share the steps over channels: each has a panel of its own.
  auto module = contraction->getParentOfType<ModuleOp>();
  int64_t blocks = kernel.getTileBlocks();
  shape.front() = getNumThreads(module) > 1
                      ? llvm::alignTo(shape.front(), blocks)
                      : std::min(blocks, shape.front());
  shape.back() *= 8 / kernel.getBits();
  // Of f32, as the kernel multiplies them.
  Type element = getElementTypeOrSelf(contraction.getOutputs()[0].getType());
  if (!isa<FloatType>(element))
    element = type.getElementType();
  weights = memref::AllocOp::create(b, loc, MemRefType::get(shape, element),
                                    b.getI64IntegerAttr(kBufferAlignment));
  hasPanel = true;
}

OpFoldResult KernelOperands::blockAt(OpBuilder &b, const Tile &tile,
                                     int64_t block) {
  // Blocks are indexed by the channel alone.
  AffineExpr first = wMap.getResult(batchDims);
  SmallVector<OpFoldResult> loops(tile.root);
  if (group.scaling)
    loops = atGroup(loops, b.getIndexAttr(0));
  loops.resize(wMap.getNumDims(), b.getIndexAttr(0));
  return affine::makeComposedFoldedAffineApply(
      b, loc, AffineMap::get(wMap.getNumDims(), 0, first + block), loops);
}

Value KernelOperands::loadTable(OpBuilder &b, const Tile &tile, int64_t block) {
  if (!tables)
    return {};
  auto type = cast<MemRefType>(tables.getType());
  OpFoldResult row = type.getDimSize(0) == 1 ? OpFoldResult(b.getIndexAttr(0))
                                             : blockAt(b, tile, block);
  Value at[] = {getValueOrCreateConstantIndexOp(b, loc, row),
                arith::ConstantIndexOp::create(b, loc, 0)};
  return vector::LoadOp::create(
      b, loc, VectorType::get({kTableSize}, type.getElementType()), tables, at);
}

OpFoldResult KernelOperands::panelSlot(OpBuilder &b, const Tile &tile,
                                       int64_t block) {
  auto module = contraction->getParentOfType<ModuleOp>();
  if (getNumThreads(module) > 1)
    return blockAt(b, tile, block);
  return b.getIndexAttr(block);
}

void KernelOperands::unpackTile(OpBuilder &b, const Tile &tile) {
  int64_t lanes = kernel.getLanes(), size = lanes * getPartSize(kernel);
  int64_t slice = getNumParts(kernel) * kernel.getBits() / 8;
  for (int64_t block = 0; block < tile.blocks; ++block) {
    Value from =
        getValueOrCreateConstantIndexOp(b, loc, blockAt(b, tile, block));
    Value to =
        getValueOrCreateConstantIndexOp(b, loc, panelSlot(b, tile, block));
    emitLoopNest(
        b, loc, reductionShape,
        [&](OpBuilder &inner, ArrayRef<OpFoldResult> steps) {
          SmallVector<Value> source{from}, target{to};
          Value table = loadTable(inner, tile, block);
          for (OpFoldResult step : steps)
            source.push_back(getValueOrCreateConstantIndexOp(inner, loc, step));
          target.append(source.begin() + 1, source.end());
          source.push_back({});
          target.push_back({});
          Type i8 = cast<MemRefType>(packed.getType()).getElementType();
          for (int64_t i = 0; i < slice; ++i) {
            source.back() =
                arith::ConstantIndexOp::create(inner, loc, i * size);
            SmallVector<Value> parts = emitNarrow(
                inner, loc,
                vector::LoadOp::create(inner, loc, VectorType::get({size}, i8),
                                       packed, source),
                kernel.getBits(), table);
            for (auto [k, part] : llvm::enumerate(parts)) {
              int64_t at = i + static_cast<int64_t>(k) * slice;
              target.back() =
                  arith::ConstantIndexOp::create(inner, loc, at * size);
              Value value = emitExtended(
                  inner, loc, part,
                  cast<MemRefType>(weights.getType()).getElementType(),
                  contraction.getBlock()->getArgument(1));
              vector::StoreOp::create(inner, loc, value, weights, target);
            }
          }
        });
  }
}

SmallVector<OpFoldResult> KernelOperands::atGroup(ArrayRef<OpFoldResult> loops,
                                                  OpFoldResult index) {
  SmallVector<OpFoldResult> result(loops);
  result.insert(result.begin() + group.laneLoop, index);
  return result;
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
                                 ArrayRef<OpFoldResult> reductions,
                                 int64_t part) {
  LoopIndices loops =
      getTileIndices(b, loc, shape, tile, row / window, /*block=*/0);
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
  if (group.scaling) {
    loops = atGroup(loops, reductions.front());
    reductions = reductions.drop_front();
  }
  loops.append(reductions.begin(), reductions.end());
  if (getNumGroupLoops(kernel) > 1)
    loops.push_back(b.getIndexAttr(part));
  loops.push_back(b.getIndexAttr(0));
  return loops;
}

Value KernelOperands::loadGroup(OpBuilder &b, ArrayRef<OpFoldResult> loops) {
  Value x = contraction.getInputs()[0];
  SmallVector<Value> at = emitIndices(b, loc, xMap, loops);
  Type element = cast<MemRefType>(x.getType()).getElementType();
  int64_t part = getPartSize(kernel);
  if (part == 1)
    return memref::LoadOp::create(b, loc, x, at);
  auto type = VectorType::get({part}, element);
  if (!addsPartsUp() || kernel.getBits())
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

Value KernelOperands::loadPart(OpBuilder &b, ArrayRef<OpFoldResult> loops) {
  Value x = contraction.getInputs()[0];
  Type element = cast<MemRefType>(x.getType()).getElementType();
  return vector::LoadOp::create(b, loc,
                                VectorType::get({getPartSize(kernel)}, element),
                                x, emitIndices(b, loc, xMap, loops));
}

SmallVector<Value>
KernelOperands::weightIndices(OpBuilder &b, ArrayRef<OpFoldResult> reductions,
                              const Tile &tile, int64_t block, int64_t offset) {
  SmallVector<Value> at;
  if (batchDims > 0) {
    SmallVector<OpFoldResult> loops(tile.root);
    loops.resize(wMap.getNumDims(), b.getIndexAttr(0));
    at = emitIndices(b, loc, wMap.getMajorSubMap(batchDims), loops);
  }
  at.push_back(getValueOrCreateConstantIndexOp(
      b, loc, hasPanel ? panelSlot(b, tile, block) : blockAt(b, tile, block)));
  for (OpFoldResult index : reductions)
    at.push_back(getValueOrCreateConstantIndexOp(b, loc, index));
  at.push_back(arith::ConstantIndexOp::create(b, loc, offset));
  return at;
}

/// `count` weights of one block at one reduction step, from element `offset`.
Value KernelOperands::loadWeights(OpBuilder &b,
                                  ArrayRef<OpFoldResult> reductions,
                                  const Tile &tile, int64_t block,
                                  int64_t offset, int64_t count) {
  SmallVector<Value> at = weightIndices(b, reductions, tile, block, offset);
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
  auto [line, rowOfLine] = shape.splitRow(row / window);
  if (shape.rowLoop >= 0)
    loops[shape.rowLoop] = rowOfLine;
  if (shape.lineLoop >= 0)
    loops[shape.lineLoop] = line;
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

int64_t KernelOperands::findLineLoop() {
  if (shape.rowLoop < 0 || kernel.getTileRows() <= rootShape[shape.rowLoop])
    return -1;
  int64_t loop = shape.rowLoop - 1;
  while (loop > 0 && rootShape[loop] == 1)
    --loop;
  bool isShared = loop >= 0 && loop != static_cast<int64_t>(shape.laneLoop) &&
                  !wMap.isFunctionOfDim(loop);
  return isShared ? loop : -1;
}

int64_t KernelOperands::countRowsOfBlock() {
  if (getBlockLoop(group, kernel.getChannelsOuter()) == BlockLoop::Outermost)
    return ShapedType::getNumElements(rootShape) / rootShape[shape.laneLoop];
  if (shape.lineLoop >= 0)
    return rootShape[shape.lineLoop] * shape.width;
  return shape.rowLoop >= 0 ? rootShape[shape.rowLoop] : 1;
}

bool KernelOperands::prefetches(const Tile &tile) {
  constexpr int64_t kLeastBytes = 64 << 10;
  auto type = cast<MemRefType>(weights.getType());
  int64_t width = type.getElementTypeBitWidth() / 8;
  return batchDims == 0 && !hasPanel &&
         type.getNumElements() * width >= kLeastBytes &&
         type.getShape().back() * width % kLineBytes == 0 &&
         countRowsOfBlock() > tile.rows;
}

void KernelOperands::prefetchNext(OpBuilder &b, const Tile &tile,
                                  ArrayRef<OpFoldResult> reductions) {
  auto type = cast<MemRefType>(weights.getType());
  int64_t line = kLineBytes * 8 / type.getElementTypeBitWidth();
  // What the first-level cache does not hold until then would only take the way
  // from the second-level one that weights take meanwhile.
  constexpr int64_t kCacheBytes = 24 << 10;
  constexpr uint32_t kFirstLevel = 3, kSecondLevel = 2;
  int64_t tileBytes = type.getNumElements() / type.getDimSize(0) * tile.blocks *
                      type.getElementTypeBitWidth() / 8;
  uint32_t level = tileBytes > kCacheBytes ? kSecondLevel : kFirstLevel;
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
                                 level, /*isDataCache=*/true);
    }
  }
}

SmallVector<SmallVector<Value>>
KernelOperands::loadNarrowParts(OpBuilder &b, const Tile &tile,
                                ArrayRef<OpFoldResult> reductions,
                                int64_t place) {
  int64_t size = kernel.getLanes() * getPartSize(kernel);
  int64_t perByte = 8 / kernel.getBits();
  int64_t slice = getNumParts(kernel) / perByte;
  SmallVector<SmallVector<Value>> columns(perByte);
  for (int64_t block = 0; block < tile.blocks; ++block) {
    auto load = [&](int64_t part) {
      return loadWeights(b, reductions, tile, block, part * size, size);
    };
    SmallVector<Value> parts;
    if (hasPanel)
      for (int64_t k = 0; k < perByte; ++k)
        parts.push_back(load(place + k * slice));
    else
      // x86 shifts no bytes: LLVM would take gf2p8affineqb, on a port of dots.
      parts = emitNarrow(b, loc, load(place), kernel.getBits(),
                         loadTable(b, tile, block),
                         kernel.getDot() == DotKind::VPDPBUSD);
    for (auto [column, part] : llvm::zip_equal(columns, parts)) {
      if (!isPairKernel()) {
        column.push_back(part);
        continue;
      }
      int64_t two = 2 * getPartSize(kernel);
      for (int64_t at = 0; at < size; at += two)
        column.push_back(vector::ExtractStridedSliceOp::create(
            b, loc, part, ArrayRef<int64_t>{at}, ArrayRef<int64_t>{two},
            ArrayRef<int64_t>{1}));
    }
  }
  return columns;
}

SmallVector<Value> KernelOperands::makeColumns(OpBuilder &b, const Tile &tile,
                                               LoadWeights load) {
  int64_t lanes = kernel.getLanes(), size = getPartSize(kernel);
  SmallVector<Value> columns;
  for (int64_t block = 0; block < tile.blocks; ++block) {
    if (addsPartsUp()) {
      SmallVector<Value> parts;
      for (int64_t i = 0; i < getNumParts(kernel); ++i) {
        Value columnsOfPart = load(block, i, 0, lanes * size);
        auto element = cast<VectorType>(columnsOfPart.getType());
        parts.push_back(vector::ShapeCastOp::create(
            b, loc, VectorType::get({lanes, size}, element.getElementType()),
            columnsOfPart));
      }
      columns.push_back(stackParts(b, parts));
      continue;
    }
    if (!isPairKernel()) {
      columns.push_back(load(block, 0, 0, lanes * size));
      continue;
    }
    for (int64_t pair = 0; pair < lanes / 2; ++pair)
      columns.push_back(load(block, 0, pair * 2 * size, 2 * size));
  }
  return columns;
}

SmallVector<Value>
KernelOperands::loadColumns(OpBuilder &b, const Tile &tile,
                            ArrayRef<OpFoldResult> reductions) {
  int64_t size = kernel.getLanes() * getPartSize(kernel);
  return makeColumns(
      b, tile, [&](int64_t block, int64_t part, int64_t offset, int64_t count) {
        return loadWeights(b, reductions, tile, block, part * size + offset,
                           count);
      });
}

SmallVector<Value>
KernelOperands::loadRowPairs(OpBuilder &b, const Tile &tile,
                             ArrayRef<OpFoldResult> reductions, int64_t part) {
  int64_t size = getPartSize(kernel), count = accumulatorRows(tile);
  SmallVector<int64_t> both(llvm::to_vector(llvm::seq<int64_t>(0, 2 * size)));
  SmallVector<Value> pairs;
  for (int64_t row = 0; row < count; row += 2) {
    Value first =
        loadGroup(b, contractionLoops(b, tile, row, reductions, part));
    Value second = first;
    if (row + 1 < count)
      second =
          loadGroup(b, contractionLoops(b, tile, row + 1, reductions, part));
    Value joined = vector::ShuffleOp::create(b, loc, first, second, both);
    Type element = cast<VectorType>(joined.getType()).getElementType();
    pairs.push_back(vector::ShapeCastOp::create(
        b, loc, VectorType::get({2, size}, element), joined));
  }
  return pairs;
}
