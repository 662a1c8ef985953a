//===- KernelGroup.h - A reduction and what it feeds ------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_KERNELGROUP_H
#define NNQ_LIB_VECTORIZE_COMMON_KERNELGROUP_H

#include "RowEmitter.h"
#include "WeightExpansion.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

namespace nnq {

/// A reduction on buffers and what alone reads its result.
struct KernelGroup {
  mlir::linalg::GenericOp reduction;
  mlir::linalg::GenericOp pool; // May be null.
  /// Sums up groups that the reduction leaves apart, see isSumOfGroups(). May
  /// be null; not together with `pool`.
  mlir::linalg::GenericOp scaling;
  /// Makes the weights of packed ones of 4 bits, or of pairs of taps. May be
  /// null.
  mlir::linalg::GenericOp unpacking;
  /// Makes the weights of those that are not zero. With `sparse` of the kernel.
  std::optional<WeightExpansion> expansion;
  mlir::linalg::GenericOp epilogue; // May be null.
  mlir::linalg::FillOp init;
  mlir::linalg::FillOp poolInit;    // With `pool`.
  mlir::linalg::FillOp scalingInit; // With `scaling`.
  KernelAttr kernel;
  /// An operand of the epilogue that is added already; see `findBias`.
  mlir::OpOperand *bias = nullptr;
  /// The last operand holds weights in blocks of lanes.
  bool packed = false;
  /// Loop of the final result that lanes run along.
  unsigned laneLoop = 0;

  /// The last op before the epilogue.
  mlir::linalg::GenericOp last() const {
    return scaling ? scaling : pool ? pool : reduction;
  }
  /// The op that writes the final result.
  mlir::linalg::GenericOp root() const { return epilogue ? epilogue : last(); }
  /// The buffer that the epilogue reads.
  mlir::Value source() const { return last().getOutputs()[0]; }

  /// Collects the ops around `op`, whose result has its loops first and in
  /// order. Fails with a reason where no kernel can be emitted.
  static mlir::FailureOr<KernelGroup> match(mlir::linalg::GenericOp op,
                                            std::string &reason);

  /// The operand of the epilogue that it adds to the result before all else, if
  /// there is one: integer accumulators may start from it instead of from zero.
  mlir::OpOperand *findBias() const;

  /// Erases the ops and the buffers that nothing else uses.
  void erase(mlir::RewriterBase &rewriter) const;
};

/// True if `map` gives blocks of `lanes` along `loop` an index of their own and
/// lanes the innermost one: of constants that are packed as weights are.
bool isBlockMap(mlir::AffineMap map, unsigned loop, int64_t lanes);

/// The buffer that `view` shows a part of.
mlir::Value getBase(mlir::Value view);

/// Rows and blocks of lanes of the final result that are held in registers.
/// Rows may be those of several lines of an image.
struct Tile {
  /// Indices of the first element, one for each loop of the result.
  mlir::SmallVector<mlir::OpFoldResult> root;
  int64_t rows;
  int64_t blocks;
  /// Lanes of the last block that exist.
  int64_t lastLanes;
};

/// How tiles lie in the loops of the result.
struct TileShape {
  /// Loop that rows are tiled along; -1 if there is none.
  int64_t rowLoop = -1;
  /// Loop that lanes run along.
  unsigned laneLoop = 0;
  int64_t lanes = 1;
  /// Blocks of lanes begin anew after each `segment` steps of the lane loop,
  /// those of a group of channels; 0 if there are no groups.
  int64_t segment = 0;
  /// Loop over lines of an image, and rows of each, where a tile takes several
  /// lines; -1 where it lies within one.
  int64_t lineLoop = -1, width = 0;

  /// The line of a tile that `row` is in, and the row in that.
  std::pair<int64_t, int64_t> splitRow(int64_t row) const {
    return lineLoop < 0 ? std::pair<int64_t, int64_t>(0, row)
                        : std::pair(row / width, row % width);
  }
};

/// Lanes of `group` and, along the next loop of more than one step, its rows.
TileShape getTileShape(const KernelGroup &group, mlir::ArrayRef<int64_t> sizes);

/// Indices of the result at a row and a block of `tile`.
LoopIndices getTileIndices(mlir::OpBuilder &builder, mlir::Location loc,
                           const TileShape &shape, const Tile &tile,
                           int64_t row, int64_t block);

/// The lanes of a block of `tile`.
Row getTileLanes(const TileShape &shape, const Tile &tile, int64_t block);

/// `base + offset`.
mlir::OpFoldResult emitOffset(mlir::OpBuilder &builder, mlir::Location loc,
                              mlir::OpFoldResult base, int64_t offset);

/// `a + b`.
mlir::OpFoldResult emitSum(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::OpFoldResult a, mlir::OpFoldResult b);

/// What the epilogue reads of `operand`, which is not the result of the
/// reduction: zero of the bias.
mlir::Value emitEpilogueRow(mlir::OpBuilder &builder, const KernelGroup &group,
                            mlir::OpOperand *operand,
                            mlir::ArrayRef<mlir::OpFoldResult> loops,
                            const Row &lane);

/// Applies the epilogue, if there is one, to `values` (rows by blocks) and
/// stores them.
void emitStoreTile(mlir::OpBuilder &builder, const KernelGroup &group,
                   const TileShape &shape, const Tile &tile,
                   mlir::ArrayRef<mlir::Value> values);

/// Where the loop over blocks of lanes is.
enum class BlockLoop {
  Outermost,  // Weights stay in a cache over all rows.
  AroundRows, // Weights stay in the first-level cache over the innermost rows.
  Innermost   // Memory is read in order: there are few weights.
};

/// The place for an op with few steps whose operands all run along the lanes,
/// such as a pool, is the innermost; `channelsOuter` is what others ask for.
BlockLoop getBlockLoop(const KernelGroup &group, bool channelsOuter);

/// Loops over the tiles of a result of `sizes`: tiles of `rows` by `blocks`,
/// then the rest by sizes of its own. Where blocks are around rows,
/// `beginBlocks` goes in front of the loop over rows, with the first of them.
void emitTiles(
    mlir::OpBuilder &builder, mlir::Location loc, const TileShape &shape,
    mlir::ArrayRef<int64_t> sizes, int64_t rows, int64_t blocks,
    BlockLoop blockLoop,
    mlir::function_ref<void(mlir::OpBuilder &, const Tile &)> emitTile,
    mlir::function_ref<void(mlir::OpBuilder &, const Tile &)> beginBlocks = {});

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_KERNELGROUP_H
