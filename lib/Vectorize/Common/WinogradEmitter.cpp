//===- WinogradEmitter.cpp - 3x3 convolutions by fewer products -----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "WinogradEmitter.h"

#include "LinearMapEmitter.h"
#include "WinogradLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "nnq/Support/TargetInfo.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nnq;

/// A column of which all factors are the same divisor of `scale`; -1 if there
/// is none.
static int64_t findEvenPoint(const IntMatrix &matrix, int64_t scale) {
  for (int64_t col = 0; col < matrix.cols; ++col) {
    int64_t first = matrix.at(0, col);
    bool isEven = first != 0 && scale % first == 0;
    for (int64_t row = 1; row < matrix.rows; ++row)
      isEven &= matrix.at(row, col) == first;
    if (isEven)
      return col;
  }
  return -1;
}

WinogradEmitter::WinogradEmitter(OpBuilder &builder, const KernelGroup &group,
                                 const WinogradShape &shape)
    : builder(builder), group(group), op(group.reduction), loc(op.getLoc()),
      shape(shape), algorithm(*getWinograd(group.kernel.getWinograd(),
                                           group.kernel.getFused())),
      points(algorithm.points * algorithm.points),
      lanes(group.kernel.getLanes()),
      blocks(std::min<int64_t>(group.kernel.getTileBlocks(),
                               llvm::divideCeil(shape.channels, lanes))),
      tileRows(llvm::divideCeil(shape.rows, algorithm.outputs)),
      tileColumns(llvm::divideCeil(shape.columns, algorithm.outputs)),
      strip(std::min(group.kernel.getStrip(), tileRows)),
      numStrips(llvm::divideCeil(tileRows, strip)), tiles(strip * tileColumns),
      keepsWeights(numStrips > 1) {
  for (int64_t size : shape.outer)
    keepsWeights |= size > 1;
  if (TargetAttr target = findTarget(op))
    registers = target.getVectorRegisters();
  // Threads share the strips or, if there are too few, the steps over channels:
  // each has its own scratch memory.
  int64_t threads = getNumThreads(op->getParentOfType<ModuleOp>());
  int64_t steps =
      llvm::divideCeil(llvm::divideCeil(shape.channels, lanes), blocks);
  if (threads > 1 &&
      ShapedType::getNumElements(shape.outer) * numStrips >= threads)
    shares = threads;
  slots = threads == 1 ? 1 : shares > 1 ? shares : steps;
  // A point that reaches all results alike takes the bias to them at once.
  this->group.bias = group.findBias();
  biasRow = findEvenPoint(algorithm.output.rows, algorithm.scale);
  biasColumn = findEvenPoint(algorithm.output.columns, algorithm.scale);
  if (biasRow < 0 || biasColumn < 0 ||
      !fitsWithBias(this->group, algorithm.shift))
    this->group.bias = nullptr;
}

Value WinogradEmitter::allocate(ArrayRef<int64_t> shape, Type element) {
  // A line of the cache more, so that the points of one tile do not fall into
  // the same sets of the cache.
  SmallVector<int64_t> padded(shape);
  padded.back() += kBufferAlignment * 8 / element.getIntOrFloatBitWidth();
  return memref::AllocOp::create(builder, loc, MemRefType::get(padded, element),
                                 builder.getI64IntegerAttr(kBufferAlignment));
}

Value WinogradEmitter::extend(OpBuilder &b, ArrayRef<int64_t> shape,
                              Value value) {
  if (shape.size() > 1)
    value = vector::ShapeCastOp::create(
        b, loc, VectorType::get(shape, b.getI16Type()), value);
  return arith::ExtSIOp::create(b, loc, VectorType::get(shape, b.getI32Type()),
                                value);
}

OpFoldResult WinogradEmitter::tileStart(OpBuilder &b, OpFoldResult tile,
                                        int64_t size) {
  AffineExpr start = b.getAffineDimExpr(0) * algorithm.outputs;
  if (size % algorithm.outputs == 0)
    return affine(b, start, tile);
  AffineExpr last = b.getAffineConstantExpr(size - algorithm.outputs);
  return affine::makeComposedFoldedAffineMin(
      b, loc, AffineMap::get(1, 0, {start, last}, b.getContext()), tile);
}

/// V(point, tile, channel) for the tiles of a strip.
void WinogradEmitter::transformActivation(OpBuilder &b, OpFoldResult firstRow) {
  Value x = op.getInputs()[0];
  AffineMap map = op.getIndexingMapsArray()[0];
  int64_t width = lanes * 2; // As many 16-bit lanes fill a register.
  while (shape.inputs % width)
    width /= 2;
  auto type = VectorType::get({width}, b.getI16Type());
  Type element = cast<MemRefType>(x.getType()).getElementType();
  unsigned rank = shape.outer.size() + 3;
  AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
  using Columns = LinearMapEmitter::Columns;
  // One tile; `columns` are those that it shares with the one before.
  auto emitTile = [&](OpBuilder &inner, OpFoldResult row, OpFoldResult tile,
                      OpFoldResult block, Columns &columns, int64_t end) {
    LoopIndices loops(outerIndices);
    loops.push_back(
        tileStart(inner, affine(inner, d0 + d1, {firstRow, row}), shape.rows));
    OpFoldResult column = tileStart(inner, tile, shape.columns);
    loops.push_back(column);
    loops.append(2, inner.getIndexAttr(0));
    loops.push_back(affine(inner, d0 * (width / 2), block));
    loops.push_back(inner.getIndexAttr(0));
    auto load = [&](int64_t i, int64_t j) -> Value {
      loops[rank] = inner.getIndexAttr(i);
      loops[rank - 2] = emitOffset(inner, loc, column, j);
      Value row = vector::LoadOp::create(inner, loc, type.clone(element), x,
                                         emitIndices(inner, loc, map, loops));
      return emitExtended(inner, loc, row, type.getElementType(),
                          op.getBlock()->getArgument(0));
    };
    LinearMapEmitter transform(inner, loc, algorithm.input);
    if (end < algorithm.points)
      return transform.emitColumns(end, load, columns);
    OpFoldResult first = affine(inner,
                                (d0 * tileColumns + d1) * shape.inputs +
                                    inner.getAffineDimExpr(2) * width,
                                {row, tile, block});
    transform.emit2D(
        load,
        [&](int64_t i, int64_t j, Value value) {
          Attribute point = inner.getIndexAttr(i * algorithm.points + j);
          vector::StoreOp::create(inner, loc, value, transformedX,
                                  indices(inner, {share, point, first}));
        },
        columns);
  };
  int64_t shared = algorithm.points - algorithm.outputs;
  if (tileColumns == 1 || shape.columns % algorithm.outputs != 0) {
    emitLoopNest(b, loc, {strip, tileColumns, shape.inputs / width},
                 [&](OpBuilder &inner, ArrayRef<OpFoldResult> at) {
                   Columns columns;
                   emitTile(inner, at[0], at[1], at[2], columns,
                            algorithm.points);
                 });
    return;
  }
  emitLoopNest(
      b, loc, {strip, shape.inputs / width},
      [&](OpBuilder &inRows, ArrayRef<OpFoldResult> at) {
        Columns before;
        emitTile(inRows, at[0], inRows.getIndexAttr(0), at[1], before, shared);
        SmallVector<Value> init;
        for (ArrayRef<Value> column : before)
          llvm::append_range(init, column);
        auto index = [&](int64_t value) -> Value {
          return arith::ConstantIndexOp::create(inRows, loc, value);
        };
        scf::ForOp::create(
            inRows, loc, index(0), index(tileColumns), index(1), init,
            [&](OpBuilder &inner, Location, Value tile, ValueRange carried) {
              Columns columns;
              for (int64_t i = 0; i < shared; ++i)
                columns.emplace_back(
                    carried.slice(i * algorithm.points, algorithm.points));
              emitTile(inner, at[0], tile, at[1], columns, algorithm.points);
              SmallVector<Value> next;
              for (ArrayRef<Value> column : ArrayRef(columns).take_back(shared))
                llvm::append_range(next, column);
              scf::YieldOp::create(inner, loc, next);
            });
      });
}

/// What the bias adds to the point that it goes into.
Value WinogradEmitter::emitScaledBias(OpBuilder &b, const LoopIndices &loops,
                                      const Row &lane) {
  linalg::GenericOp epilogue = group.epilogue;
  Value bias =
      emitLoadRow(b, loc, group.bias->get(),
                  epilogue.getMatchingIndexingMap(group.bias), loops, lane);
  int64_t factor =
      algorithm.scale / algorithm.output.rows.at(0, biasRow) *
      (algorithm.scale / algorithm.output.columns.at(0, biasColumn));
  Value scale = arith::ConstantOp::create(
      b, loc,
      SplatElementsAttr::get(cast<VectorType>(bias.getType()),
                             b.getI32IntegerAttr(factor)));
  return arith::MulIOp::create(b, loc, bias, scale);
}

/// The convolution's sums, exact, and the epilogue on them.
void WinogradEmitter::transformResult(OpBuilder &b, const Channels &channels,
                                      OpFoldResult firstRow) {
  auto type = VectorType::get({lanes}, b.getI32Type());
  int64_t m = algorithm.outputs;
  auto emitBlock = [&](OpBuilder &inner, OpFoldResult tileRow,
                       OpFoldResult tileColumn, OpFoldResult block,
                       int64_t lastLanes) {
    AffineExpr d0 = inner.getAffineDimExpr(0), d1 = inner.getAffineDimExpr(1),
               d2 = inner.getAffineDimExpr(2);
    OpFoldResult slot = getScratchSlot(inner, channels);
    OpFoldResult element =
        affine(inner, ((d0 * tileColumns + d1) * blocks + d2) * lanes,
               {tileRow, tileColumn, block});
    auto splat = [&](int32_t value) -> Value {
      return arith::ConstantOp::create(
          inner, loc,
          SplatElementsAttr::get(type, inner.getI32IntegerAttr(value)));
    };
    TileShape tileShape;
    tileShape.laneLoop = group.laneLoop;
    tileShape.rowLoop = static_cast<int64_t>(group.laneLoop) - 1;
    tileShape.lanes = lanes;
    Tile tile;
    tile.rows = m;
    tile.blocks = 1;
    tile.lastLanes = lastLanes;
    OpFoldResult row = tileStart(
        inner, affine(inner, d0 + d1, {firstRow, tileRow}), shape.rows);
    OpFoldResult column = tileStart(inner, tileColumn, shape.columns);
    OpFoldResult channel =
        affine(inner, (d0 + d1) * lanes, {channels.first, block});
    SmallVector<Value> sums;
    // All rows at once: what they share is loaded and added once, and few
    // enough values are live.
    LinearMapEmitter byColumns(inner, loc, algorithm.output.columns);
    LinearMapEmitter(inner, loc, algorithm.output.rows)
        .emitRows2D(
            llvm::to_vector(llvm::seq<int64_t>(0, m)), byColumns,
            [&](int64_t i, int64_t j) -> Value {
              Attribute point = inner.getIndexAttr(i * algorithm.points + j);
              Value sum = vector::LoadOp::create(
                  inner, loc, type, products,
                  indices(inner, {slot, point, element}));
              if (!group.bias || i != biasRow || j != biasColumn)
                return sum;
              tile.root = outerIndices;
              tile.root.append({row, column, channel});
              return arith::AddIOp::create(
                  inner, loc, sum,
                  emitScaledBias(inner, tile.root,
                                 getTileLanes(tileShape, tile, 0)));
            },
            [&](int64_t i, int64_t, Value sum) {
              if (algorithm.inverse != 1)
                sum = arith::MulIOp::create(
                    inner, loc, sum,
                    splat(static_cast<int32_t>(algorithm.inverse)));
              sums.push_back(arith::ShRSIOp::create(inner, loc, sum,
                                                    splat(algorithm.shift),
                                                    /*isExact=*/true));
              if (static_cast<int64_t>(sums.size()) < m)
                return;
              tile.root = outerIndices;
              tile.root.append(
                  {emitOffset(inner, loc, row, i), column, channel});
              emitStoreTile(inner, group, tileShape, tile, sums);
              sums.clear();
            });
  };
  emitLoopNest(b, loc, {strip, tileColumns},
               [&](OpBuilder &inTiles, ArrayRef<OpFoldResult> at) {
                 int64_t whole =
                     channels.count - (channels.lastLanes < lanes ? 1 : 0);
                 emitLoopNest(inTiles, loc, {whole},
                              [&](OpBuilder &inner, ArrayRef<OpFoldResult> in) {
                                emitBlock(inner, at[0], at[1], in[0], lanes);
                              });
                 if (whole < channels.count)
                   emitBlock(inTiles, at[0], at[1], b.getIndexAttr(whole),
                             channels.lastLanes);
               });
}

/// Steps over the channels: whole ones in a loop, the rest apart.
void WinogradEmitter::emitChannels(
    OpBuilder &b, function_ref<void(OpBuilder &, Channels)> body) {
  int64_t numBlocks = llvm::divideCeil(shape.channels, lanes);
  int64_t whole = shape.channels / lanes / blocks * blocks;
  emitTiled(b, loc, whole, blocks,
            [&](OpBuilder &inner, OpFoldResult first, int64_t count) {
              body(inner, {first, count, lanes});
            });
  if (whole < numBlocks)
    body(b, {b.getIndexAttr(whole), numBlocks - whole,
             shape.channels - (numBlocks - 1) * lanes});
}

/// Loops over the strips of all images; `firstRow` of the one that the builder
/// stands in is returned. Scratch memory is used again by the next strip: those
/// of one share are in order.
OpFoldResult WinogradEmitter::emitStrips() {
  SmallVector<int64_t> sizes(shape.outer);
  sizes.push_back(numStrips);
  auto index = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, value);
  };
  auto enter = [&](Value from, Value to) {
    auto loop = scf::ForOp::create(builder, loc, from, to, index(1));
    builder.setInsertionPointToStart(loop.getBody());
    return loop;
  };
  LoopIndices at;
  share = builder.getIndexAttr(0);
  AffineExpr d0 = builder.getAffineDimExpr(0);
  if (shares > 1) {
    scf::ForOp loop = enter(index(0), index(shares));
    loop->setAttr(kParallelAttr, builder.getUnitAttr());
    share = loop.getInductionVar();
    int64_t all = ShapedType::getNumElements(sizes);
    auto bound = [&](int64_t next) {
      return getValueOrCreateConstantIndexOp(
          builder, loc,
          affine(builder, ((d0 + next) * all).floorDiv(shares), {share}));
    };
    OpFoldResult number = enter(bound(0), bound(1)).getInductionVar();
    for (int64_t size : sizes) {
      all /= size;
      at.push_back(affine(builder, d0.floorDiv(all) % size, {number}));
    }
  } else {
    for (int64_t size : sizes)
      at.push_back(size == 1 ? OpFoldResult(builder.getIndexAttr(0))
                             : enter(index(0), index(size)).getInductionVar());
  }
  OpFoldResult firstRow = affine::makeComposedFoldedAffineMin(
      builder, loc,
      AffineMap::get(
          1, 0, {d0 * strip, builder.getAffineConstantExpr(tileRows - strip)},
          builder.getContext()),
      at.pop_back_val());
  outerIndices = at;
  return firstRow;
}

void WinogradEmitter::emit() {
  int64_t numBlocks = llvm::divideCeil(shape.channels, lanes);
  int64_t steps = llvm::divideCeil(numBlocks, blocks);
  Type i16 = builder.getI16Type();
  transformedX = allocate({shares, points, tiles * shape.inputs}, i16);
  SmallVector<Part> parts = getParts();
  int64_t mostPoints = 0;
  for (const Part &part : parts)
    mostPoints = std::max(mostPoints, part.count);
  bool fused = group.kernel.getFused();
  if (fused)
    halves = allocate(
        {slots, algorithm.points * algorithm.taps, lanes * shape.inputs}, i16);
  else
    transformedW = allocate({keepsWeights ? steps : slots, mostPoints,
                             blocks * lanes * shape.inputs},
                            i16);
  products =
      allocate({slots, points, tiles * blocks * lanes}, builder.getI32Type());
  if (keepsWeights && !fused)
    emitChannels(builder, [&](OpBuilder &b, const Channels &channels) {
      transformWeights(b, channels, parts.front());
    });

  OpBuilder::InsertionGuard guard(builder);
  OpFoldResult firstRow = emitStrips();
  transformActivation(builder, firstRow);
  emitChannels(builder, [&](OpBuilder &b, const Channels &channels) {
    if (fused)
      multiplyFused(b, channels);
    else
      for (const Part &part : parts) {
        if (!keepsWeights)
          transformWeights(b, channels, part);
        multiply(b, channels, part);
      }
    transformResult(b, channels, firstRow);
  });
}

void nnq::emitWinograd(OpBuilder &builder, const KernelGroup &group) {
  const WinogradAlgorithm *algorithm = getWinograd(group.kernel.getWinograd());
  WinogradEmitter(builder, group,
                  *WinogradShape::match(group.reduction, algorithm->taps))
      .emit();
}
