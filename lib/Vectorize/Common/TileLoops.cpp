//===- TileLoops.cpp - Loops over the tiles of a result -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "KernelGroup.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nnq;

/// Bytes from the first to the last number of the activation that a row of
/// tiles of one block reads; none if its strides are not known.
static std::optional<int64_t> getRowSpan(linalg::GenericOp op,
                                         int64_t rowLoop) {
  OpOperand *x = op.getDpsInputOperand(0);
  auto type = dyn_cast<MemRefType>(x->get().getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (!type || failed(type.getStridesAndOffset(strides, offset)))
    return std::nullopt;
  AffineMap map = op.getMatchingIndexingMap(x);
  MLIRContext *context = op.getContext();
  unsigned rank = op.getIndexingMapsArray().back().getNumResults();
  SmallVector<AffineExpr> first(map.getNumDims(),
                                getAffineConstantExpr(0, context));
  SmallVector<AffineExpr> last(first);
  for (auto [loop, size] : llvm::enumerate(op.getStaticLoopRanges()))
    if (loop >= rank || static_cast<int64_t>(loop) == rowLoop)
      last[loop] = getAffineConstantExpr(size - 1, context);
  int64_t span = 1;
  for (auto [expr, stride] : llvm::zip_equal(map.getResults(), strides)) {
    auto from = dyn_cast<AffineConstantExpr>(expr.replaceDims(first)),
         to = dyn_cast<AffineConstantExpr>(expr.replaceDims(last));
    if (!from || !to || ShapedType::isDynamic(stride))
      return std::nullopt;
    span += (to.getValue() - from.getValue()) * stride;
  }
  return span * type.getElementTypeBitWidth() / 8;
}

BlockLoop nnq::getBlockLoop(const KernelGroup &group, bool channelsOuter) {
  constexpr int64_t kMaxSteps = 56; // 7 x 7 in pairs.
  linalg::GenericOp op = group.reduction;
  int64_t steps = 1;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  unsigned rank = op.getIndexingMapsArray().back().getNumResults();
  for (int64_t size : ArrayRef(ranges).drop_front(rank))
    steps *= size;
  bool isInOrder = llvm::all_of(op.getDpsInputOperands(), [&](OpOperand *in) {
    return op.getMatchingIndexingMap(in).isFunctionOfDim(group.laneLoop);
  });
  if (steps <= kMaxSteps && isInOrder && !group.packed) {
    // Half of a first-level cache: what a row of the result reads then stays
    // there over all blocks, and weights stay in registers over the row.
    constexpr int64_t kCacheBytes = 16 << 10;
    TileShape shape = getTileShape(group, ranges);
    std::optional<int64_t> span = getRowSpan(op, shape.rowLoop);
    return span && *span <= kCacheBytes ? BlockLoop::AroundRows
                                        : BlockLoop::Innermost;
  }
  return channelsOuter ? BlockLoop::Outermost : BlockLoop::AroundRows;
}

OpFoldResult nnq::emitSum(OpBuilder &builder, Location loc, OpFoldResult a,
                          OpFoldResult b) {
  return affine::makeComposedFoldedAffineApply(
      builder, loc,
      AffineMap::get(2, 0,
                     builder.getAffineDimExpr(0) + builder.getAffineDimExpr(1)),
      {a, b});
}

void nnq::emitTiles(OpBuilder &builder, Location loc, const TileShape &shape,
                    ArrayRef<int64_t> sizes, int64_t rows, int64_t blocks,
                    BlockLoop blockLoop,
                    function_ref<void(OpBuilder &, const Tile &)> emitTile,
                    function_ref<void(OpBuilder &, const Tile &)> beginBlocks) {
  SmallVector<int64_t> outer(sizes);
  outer[shape.laneLoop] = 1;
  int64_t numRows = 1;
  if (shape.rowLoop >= 0)
    std::swap(numRows, outer[shape.rowLoop]);

  auto tileAt = [&](ArrayRef<OpFoldResult> indices, OpFoldResult row,
                    int64_t count, OpFoldResult lane, int64_t tileBlocks,
                    int64_t lastLanes) {
    Tile tile{SmallVector<OpFoldResult>(indices), count, tileBlocks, lastLanes};
    tile.root[shape.laneLoop] = lane;
    if (shape.rowLoop >= 0)
      tile.root[shape.rowLoop] = row;
    return tile;
  };
  auto emitOne = [&](OpBuilder &b, ArrayRef<OpFoldResult> indices,
                     OpFoldResult row, int64_t count, OpFoldResult lane,
                     int64_t tileBlocks, int64_t lastLanes) {
    emitTile(b, tileAt(indices, row, count, lane, tileBlocks, lastLanes));
  };
  using RowsBody = function_ref<void(OpBuilder &, OpFoldResult, int64_t)>;
  auto emitRowTiles = [&](OpBuilder &b, RowsBody body) {
    emitTiled(b, loc, numRows, std::min(rows, numRows), body);
  };
  auto emitRows = [&](OpBuilder &b, ArrayRef<OpFoldResult> indices,
                      OpFoldResult lane, int64_t tileBlocks,
                      int64_t lastLanes) {
    emitRowTiles(b, [&](OpBuilder &inRows, OpFoldResult row, int64_t count) {
      emitOne(inRows, indices, row, count, lane, tileBlocks, lastLanes);
    });
  };
  auto begin = [&](OpBuilder &b, ArrayRef<OpFoldResult> indices,
                   OpFoldResult lane, int64_t tileBlocks, int64_t lastLanes) {
    if (beginBlocks)
      beginBlocks(b, tileAt(indices, b.getIndexAttr(0), /*count=*/1, lane,
                            tileBlocks, lastLanes));
  };
  using BlocksBody =
      function_ref<void(OpBuilder &, OpFoldResult, int64_t, int64_t)>;
  // Lanes from `first` on, `length` of them.
  auto emitSegment = [&](OpBuilder &b, OpFoldResult first, int64_t length,
                         BlocksBody body) {
    int64_t numBlocks = llvm::divideCeil(length, shape.lanes);
    // Tiles without a partial block are looped over, the rest is one tile.
    int64_t fullTiles = length / shape.lanes / blocks;
    int64_t restBlocks = numBlocks - fullTiles * blocks;
    int64_t full = fullTiles * blocks * shape.lanes;
    emitTiled(b, loc, full, blocks * shape.lanes,
              [&](OpBuilder &inBlocks, OpFoldResult lane, int64_t) {
                body(inBlocks, emitSum(inBlocks, loc, first, lane), blocks,
                     shape.lanes);
              });
    if (restBlocks)
      body(b, emitOffset(b, loc, first, full), restBlocks,
           length - (numBlocks - 1) * shape.lanes);
  };
  auto emitBlocks = [&](OpBuilder &b, BlocksBody body) {
    int64_t length = sizes[shape.laneLoop];
    if (!shape.segment)
      return emitSegment(b, b.getIndexAttr(0), length, body);
    // Counted in segments, divisions by their size fold.
    int64_t full = length / shape.segment;
    AffineExpr scaled = b.getAffineDimExpr(0) * shape.segment;
    emitTiled(b, loc, full, 1,
              [&](OpBuilder &inSegments, OpFoldResult index, int64_t) {
                emitSegment(
                    inSegments,
                    affine::makeComposedFoldedAffineApply(
                        inSegments, loc, AffineMap::get(1, 0, scaled), index),
                    shape.segment, body);
              });
    if (length > full * shape.segment)
      emitSegment(b, b.getIndexAttr(full * shape.segment),
                  length - full * shape.segment, body);
  };
  if (blockLoop == BlockLoop::Innermost) {
    emitLoopNest(
        builder, loc, outer, [&](OpBuilder &b, ArrayRef<OpFoldResult> indices) {
          emitRowTiles(
              b, [&](OpBuilder &inRows, OpFoldResult row, int64_t count) {
                emitBlocks(inRows, [&](OpBuilder &inBlocks, OpFoldResult lane,
                                       int64_t tileBlocks, int64_t lastLanes) {
                  emitOne(inBlocks, indices, row, count, lane, tileBlocks,
                          lastLanes);
                });
              });
        });
    return;
  }
  if (blockLoop == BlockLoop::Outermost) {
    emitBlocks(builder, [&](OpBuilder &inBlocks, OpFoldResult lane,
                            int64_t tileBlocks, int64_t lastLanes) {
      SmallVector<OpFoldResult> first(outer.size(), inBlocks.getIndexAttr(0));
      begin(inBlocks, first, lane, tileBlocks, lastLanes);
      emitLoopNest(inBlocks, loc, outer,
                   [&](OpBuilder &b, ArrayRef<OpFoldResult> indices) {
                     emitRows(b, indices, lane, tileBlocks, lastLanes);
                   });
    });
    return;
  }
  emitLoopNest(builder, loc, outer,
               [&](OpBuilder &b, ArrayRef<OpFoldResult> indices) {
                 emitBlocks(b, [&](OpBuilder &inBlocks, OpFoldResult lane,
                                   int64_t tileBlocks, int64_t lastLanes) {
                   begin(inBlocks, indices, lane, tileBlocks, lastLanes);
                   emitRows(inBlocks, indices, lane, tileBlocks, lastLanes);
                 });
               });
}
