//===- KernelOperands.h - What a contraction reads --------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_KERNELOPERANDS_H
#define NNQ_LIB_VECTORIZE_COMMON_KERNELOPERANDS_H

#include "KernelGroup.h"

namespace nnq {

/// Reads the factors of a contraction with packed weights, for the tiles of its
/// result. Reduction indices are those of all loops but the group's.
class KernelOperands {
protected:
  KernelOperands(mlir::OpBuilder &builder, const KernelGroup &group);

  /// A group of the activation at `loops`.
  mlir::Value loadGroup(mlir::OpBuilder &b,
                        mlir::ArrayRef<mlir::OpFoldResult> loops);

  /// Part `part` of a group, rows in pairs; an odd last row is paired with
  /// itself.
  mlir::SmallVector<mlir::Value>
  loadRowPairs(mlir::OpBuilder &b, const Tile &tile,
               mlir::ArrayRef<mlir::OpFoldResult> reductions, int64_t part);

  /// The weights of all blocks at one reduction step.
  mlir::SmallVector<mlir::Value>
  loadColumns(mlir::OpBuilder &b, const Tile &tile,
              mlir::ArrayRef<mlir::OpFoldResult> reductions);

  /// Of weights in lists of blocks: the list of a tile at steps of the outer
  /// reductions, from its first entry to behind its last one.
  std::pair<mlir::Value, mlir::Value>
  loadList(mlir::OpBuilder &b, const Tile &tile,
           mlir::ArrayRef<mlir::OpFoldResult> outer);
  /// The steps of as many entries from `entry` on as a group has parts, the
  /// weights there, and the group of the activation that a row has there.
  mlir::SmallVector<mlir::OpFoldResult> loadSteps(mlir::OpBuilder &b,
                                                  mlir::Value entry);
  mlir::SmallVector<mlir::Value>
  loadListColumns(mlir::OpBuilder &b, const Tile &tile, mlir::Value entry);
  mlir::Value loadListGroup(mlir::OpBuilder &b, const Tile &tile, int64_t row,
                            mlir::ArrayRef<mlir::OpFoldResult> outer,
                            mlir::ArrayRef<mlir::OpFoldResult> steps);

  /// Weights of all lanes, and the bytes of a table that each multiplies.
  struct Placed {
    mlir::Value values, selection;
  };
  /// Those of a block at a reduction step, of two parts of the group.
  std::pair<Placed, Placed>
  loadPlaced(mlir::OpBuilder &b, const Tile &tile,
             mlir::ArrayRef<mlir::OpFoldResult> reductions, int64_t block,
             int64_t pair);
  /// Those of an entry of a list of windows.
  mlir::SmallVector<Placed> loadWindow(mlir::OpBuilder &b, const Tile &tile,
                                       mlir::Value entry);
  /// The table that lanes select from, which lies at `loops`, and what they
  /// select, as numbers of the activation.
  mlir::Value loadSelected(mlir::OpBuilder &b,
                           mlir::ArrayRef<mlir::OpFoldResult> loops);
  mlir::Value select(mlir::OpBuilder &b, mlir::Value table,
                     mlir::Value selection);

  /// Of weights that are packed in parts of bytes: those of part `place` and of
  /// those in the same place of the other halves or quarters.
  mlir::SmallVector<mlir::SmallVector<mlir::Value>>
  loadNarrowParts(mlir::OpBuilder &b, const Tile &tile,
                  mlir::ArrayRef<mlir::OpFoldResult> reductions, int64_t place);

  /// Where the weights of a block at one reduction step are, from element
  /// `offset` of these on.
  mlir::SmallVector<mlir::Value>
  weightIndices(mlir::OpBuilder &b,
                mlir::ArrayRef<mlir::OpFoldResult> reductions, const Tile &tile,
                int64_t block, int64_t offset);

  /// From here on weights are read from a buffer that `unpackTile` fills with
  /// those of a tile of blocks.
  void usePanel(mlir::OpBuilder &b);
  void unpackTile(mlir::OpBuilder &b, const Tile &tile);

  /// True for weights that the caches next to the core hardly hold from one run
  /// of the network to the next, and that several tiles of rows read: the first
  /// of these would wait for memory. What was packed just before is at hand. A
  /// step must read whole lines, or each would be asked for several times.
  bool prefetches(const Tile &tile);

  /// Rows between one tile of blocks and the next.
  int64_t countRowsOfBlock();

  /// Asks for the weights that the next tile of blocks reads at this step.
  void prefetchNext(mlir::OpBuilder &b, const Tile &tile,
                    mlir::ArrayRef<mlir::OpFoldResult> reductions);

  /// The loop over lines of an image, each of which is that over rows, for
  /// tiles that have more rows than a line; -1 if all lines of a tile do not
  /// multiply the same weights.
  int64_t findLineLoop();

  /// Loops of the contraction for accumulator row `row` of the tile and a part
  /// of a group, the channel being that of the first block.
  mlir::SmallVector<mlir::OpFoldResult>
  contractionLoops(mlir::OpBuilder &b, const Tile &tile, int64_t row,
                   mlir::ArrayRef<mlir::OpFoldResult> reductions,
                   int64_t part = 0);

  /// Where accumulator row `row` reads the activation, in elements from row 0.
  std::optional<int64_t> rowOffset(int64_t row);

  bool addsPartsUp() const { return addsInI16(kernel.getDot()); }
  bool isPairKernel() const { return kernel.getDot() == DotKind::SMMLA; }
  /// Accumulator rows of a tile: each row of the result has a window of them.
  int64_t accumulatorRows(const Tile &tile) const { return tile.rows * window; }

  KernelGroup group;
  KernelAttr kernel;
  mlir::linalg::GenericOp contraction;
  mlir::Location loc;
  mlir::SmallVector<int64_t> rootShape;
  TileShape shape;
  int64_t window = 1;
  /// Without the elements of a group; groups that are scaled come first.
  mlir::SmallVector<int64_t> reductionShape;
  mlir::Value weights; // Lanes and group flattened.
  mlir::AffineMap xMap;

private:
  /// Columns of weights, as a kernel multiplies them, of `count` weights of a
  /// block from an offset on, each.
  using LoadWeights = mlir::function_ref<mlir::Value(
      int64_t block, int64_t part, int64_t offset, int64_t count)>;
  mlir::SmallVector<mlir::Value>
  makeColumns(mlir::OpBuilder &b, const Tile &tile, LoadWeights load);
  mlir::Value loadWeights(mlir::OpBuilder &b,
                          mlir::ArrayRef<mlir::OpFoldResult> reductions,
                          const Tile &tile, int64_t block, int64_t offset,
                          int64_t count);
  /// What one instruction takes of the activation, from `loops` on.
  mlir::Value loadPart(mlir::OpBuilder &b,
                       mlir::ArrayRef<mlir::OpFoldResult> loops);
  int64_t activationWidth();
  mlir::Value stackParts(mlir::OpBuilder &b, mlir::ArrayRef<mlir::Value> parts);
  /// Loops of the contraction that those of the final result and a group are.
  mlir::SmallVector<mlir::OpFoldResult>
  atGroup(mlir::ArrayRef<mlir::OpFoldResult> loops, mlir::OpFoldResult group);
  /// Where the weights of a block of `tile` are, as constants and in the panel.
  mlir::OpFoldResult blockAt(mlir::OpBuilder &b, const Tile &tile,
                             int64_t block);
  /// The table that places in that block refer to, or null.
  mlir::Value loadTable(mlir::OpBuilder &b, const Tile &tile, int64_t block);
  mlir::OpFoldResult panelSlot(mlir::OpBuilder &b, const Tile &tile,
                               int64_t block);
  mlir::SmallVector<int64_t> windowPoint(int64_t point) const;

  mlir::SmallVector<int64_t> windowShape;
  /// Dimensions of the weights before that of blocks: each step of a batch has
  /// its own.
  unsigned batchDims = 0;
  mlir::Value packed; // As constants hold them, flattened, too.
  mlir::Value tables;
  bool hasPanel = false;
  mlir::Value bounds, listSteps; // Of lists of blocks.
  mlir::Value places;            // Of those that lanes select by.
  mlir::AffineMap wMap;
};

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_KERNELOPERANDS_H
