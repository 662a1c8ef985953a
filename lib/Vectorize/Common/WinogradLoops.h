//===- WinogradLoops.h - 3x3 convolutions by fewer products -----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_WINOGRADLOOPS_H
#define NNQ_LIB_VECTORIZE_COMMON_WINOGRADLOOPS_H

#include "KernelGroup.h"
#include "WinogradShape.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "nnq/Support/Winograd.h"

namespace nnq {

/// Loops of a convolution by F(m x m, r x r), and what they do.
class WinogradEmitter {
public:
  WinogradEmitter(mlir::OpBuilder &builder, const KernelGroup &group,
                  const WinogradShape &shape);
  void emit();

private:
  /// Channels that are computed together: `count` blocks from `first` on, of
  /// the last of which `lastLanes` lanes exist.
  struct Channels {
    mlir::OpFoldResult first;
    int64_t count, lastLanes;
  };

  mlir::OpFoldResult emitStrips();
  void emitChannels(mlir::OpBuilder &b,
                    mlir::function_ref<void(mlir::OpBuilder &, Channels)>);
  void transformActivation(mlir::OpBuilder &b, mlir::OpFoldResult firstRow);
  /// Points whose weights are transformed together.
  using Rows = mlir::SmallVector<int64_t>;
  struct Part {
    int64_t first = 0, count = 0;
    mlir::SmallVector<Rows> rows; // Of the transform's matrix.
  };

  mlir::SmallVector<Part> getParts();
  /// Where transformed weights are multiplied in registers.
  struct PointBlock {
    Rows rows, columns;
    /// Columns of taps whose rows are transformed here, and those which are
    /// found in `halves`; which of the former are left there.
    Rows transformed, found, left;
  };
  std::vector<PointBlock> getPointBlocks(int64_t tiles, bool isFirst);
  void transformWeights(mlir::OpBuilder &b, const Channels &channels,
                        const Part &part);
  void multiply(mlir::OpBuilder &b, const Channels &channels, const Part &part);
  mlir::SmallVector<mlir::Value>
  emitTapRows(mlir::OpBuilder &b, mlir::ArrayRef<int64_t> rows,
              mlir::OpFoldResult block, mlir::OpFoldResult pair, int64_t j);
  mlir::SmallVector<mlir::Value> halfIndices(mlir::OpBuilder &b,
                                             const Channels &channels,
                                             int64_t row, int64_t column,
                                             mlir::OpFoldResult pair);
  mlir::Value emitLoadPair(mlir::OpBuilder &b, mlir::OpFoldResult point,
                           mlir::OpFoldResult tile, int64_t row,
                           mlir::OpFoldResult pair);
  mlir::SmallVector<mlir::Value>
  emitSums(mlir::OpBuilder &b, int64_t numSums,
           mlir::function_ref<void(mlir::OpBuilder &, mlir::OpFoldResult,
                                   mlir::MutableArrayRef<mlir::Value>)>
               step);
  void multiplyFused(mlir::OpBuilder &b, const Channels &channels);
  void emitFusedProducts(mlir::OpBuilder &b, const Channels &channels,
                         const PointBlock &block, mlir::OpFoldResult tile,
                         int64_t count);
  void emitProducts(mlir::OpBuilder &b, const Channels &channels,
                    mlir::OpFoldResult point, mlir::OpFoldResult weightPoint,
                    mlir::OpFoldResult tile, int64_t tiles);
  mlir::Value emitScaledBias(mlir::OpBuilder &b, const LoopIndices &loops,
                             const Row &lane);
  void transformResult(mlir::OpBuilder &b, const Channels &channels,
                       mlir::OpFoldResult firstRow);

  mlir::Value allocate(mlir::ArrayRef<int64_t> shape, mlir::Type element);
  /// `value` as a vector of `shape`, extended to i32.
  mlir::Value extend(mlir::OpBuilder &b, mlir::ArrayRef<int64_t> shape,
                     mlir::Value value);
  mlir::OpFoldResult affine(mlir::OpBuilder &b, mlir::AffineExpr expr,
                            mlir::ArrayRef<mlir::OpFoldResult> operands) {
    return mlir::affine::makeComposedFoldedAffineApply(
        b, loc, mlir::AffineMap::get(operands.size(), 0, expr), operands);
  }
  /// First of the `outputs` rows or columns of a tile: the last tile overlaps
  /// the one before, with equal results, where they do not fit evenly.
  mlir::OpFoldResult tileStart(mlir::OpBuilder &b, mlir::OpFoldResult tile,
                               int64_t size);
  /// Where the scratch memory, and the transformed weights, of a step are.
  mlir::OpFoldResult getStep(mlir::OpBuilder &b, const Channels &channels) {
    return affine(b, b.getAffineDimExpr(0).floorDiv(blocks), channels.first);
  }
  mlir::OpFoldResult getScratchSlot(mlir::OpBuilder &b,
                                    const Channels &channels) {
    return slots == shares ? share : getStep(b, channels);
  }
  mlir::OpFoldResult getWeightSlot(mlir::OpBuilder &b,
                                   const Channels &channels) {
    return keepsWeights ? getStep(b, channels) : getScratchSlot(b, channels);
  }
  mlir::SmallVector<mlir::Value>
  indices(mlir::OpBuilder &b, mlir::ArrayRef<mlir::OpFoldResult> values) {
    return mlir::getValueOrCreateConstantIndexOp(b, loc, values);
  }

  mlir::OpBuilder &builder;
  KernelGroup group;
  mlir::linalg::GenericOp op;
  mlir::Location loc;
  WinogradShape shape;
  const WinogradAlgorithm &algorithm;
  int64_t points;         // Of one tile, squared.
  int64_t registers = 16; // Of the target.
  int64_t lanes, blocks, tileRows, tileColumns, strip, numStrips, tiles;
  /// Every strip finds the weights transformed; else there is one strip, and
  /// they are transformed where they are needed.
  bool keepsWeights;
  /// Shares of all strips, one for each thread, and the one that the builder is
  /// in; 1 and 0 if strips are not shared.
  int64_t shares = 1;
  mlir::OpFoldResult share;
  /// Shares, or steps over channels, for each of which there is scratch memory.
  int64_t slots;
  LoopIndices outerIndices;
  mlir::Value transformedX, transformedW, products;
  /// Of weights that are multiplied in registers: columns of taps, of which the
  /// rows are transformed.
  mlir::Value halves;
  int64_t biasRow, biasColumn; // Of a point.
};

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_WINOGRADLOOPS_H
