//===- TileEmitter.h - Tiles of a contraction -------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_TILEEMITTER_H
#define NNQ_LIB_VECTORIZE_COMMON_TILEEMITTER_H

#include "KernelOperands.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

namespace nnq {

/// Loops over the tiles of a contraction with packed weights, and what they do.
class TileEmitter : KernelOperands {
public:
  TileEmitter(mlir::OpBuilder &builder, const KernelGroup &group);
  void emit();

private:
  void emitTile(mlir::OpBuilder &b, const Tile &tile);
  mlir::SmallVector<mlir::Value> emitReduction(mlir::OpBuilder &b,
                                               const Tile &tile);
  mlir::SmallVector<mlir::Value>
  emitReductionLoops(mlir::OpBuilder &b, const Tile &tile,
                     mlir::SmallVectorImpl<mlir::OpFoldResult> &indices,
                     mlir::ValueRange accumulators);
  mlir::SmallVector<mlir::Value>
  emitSteps(mlir::OpBuilder &b, const Tile &tile,
            mlir::ArrayRef<mlir::OpFoldResult> reductions,
            mlir::ValueRange accumulators);
  mlir::SmallVector<mlir::Value>
  emitList(mlir::OpBuilder &b, const Tile &tile,
           mlir::ArrayRef<mlir::OpFoldResult> outer,
           mlir::ValueRange accumulators);
  void emitEntry(mlir::OpBuilder &b, const Tile &tile,
                 mlir::ArrayRef<mlir::OpFoldResult> outer, mlir::Value entry,
                 mlir::MutableArrayRef<mlir::Value> accumulators);
  int64_t countChains(const Tile &tile) const;
  void emitPackedStep(mlir::OpBuilder &b, const Tile &tile,
                      mlir::ArrayRef<mlir::OpFoldResult> reductions,
                      mlir::MutableArrayRef<mlir::Value> accumulators);
  void emitPlacedStep(mlir::OpBuilder &b, const Tile &tile,
                      mlir::ArrayRef<mlir::OpFoldResult> reductions,
                      mlir::MutableArrayRef<mlir::Value> accumulators);
  void emitWindows(mlir::OpBuilder &b, const Tile &tile,
                   mlir::ArrayRef<mlir::OpFoldResult> outer, mlir::Value entry,
                   mlir::MutableArrayRef<mlir::Value> accumulators);
  void multiplyPlaced(
      mlir::OpBuilder &b, mlir::ArrayRef<mlir::SmallVector<Placed>> parts,
      mlir::ArrayRef<mlir::SmallVector<mlir::SmallVector<mlir::OpFoldResult>>>
          rows,
      mlir::MutableArrayRef<mlir::Value> accumulators);
  mlir::SmallVector<mlir::Value>
  startNarrow(mlir::OpBuilder &b, mlir::ArrayRef<mlir::Value> accumulators);
  void addNarrow(mlir::OpBuilder &b, mlir::ArrayRef<mlir::Value> narrow,
                 mlir::MutableArrayRef<mlir::Value> accumulators);
  mlir::Value emitLoadBlock(mlir::OpBuilder &b, mlir::Value memref,
                            mlir::AffineMap map,
                            mlir::ArrayRef<mlir::OpFoldResult> loops);
  mlir::SmallVector<mlir::Value>
  emitGroups(mlir::OpBuilder &b, const Tile &tile, mlir::ValueRange zeros);
  /// By operand and block.
  using SharedOperands =
      mlir::DenseMap<std::pair<mlir::OpOperand *, int64_t>, mlir::Value>;
  mlir::arith::SubIOp findCorrection();
  mlir::SmallVector<mlir::Value>
  loadScaling(mlir::OpBuilder &b, const Tile &tile, mlir::OpFoldResult group,
              int64_t row, int64_t block, mlir::Value sum,
              SharedOperands &shared);
  mlir::SmallVector<mlir::Value>
  startGroups(mlir::OpBuilder &b, const Tile &tile, mlir::OpFoldResult group,
              mlir::arith::SubIOp correction, mlir::ValueRange zeros);
  mlir::SmallVector<mlir::Value>
  scaleGroups(mlir::OpBuilder &b, const Tile &tile, mlir::OpFoldResult group,
              mlir::arith::SubIOp correction, mlir::ValueRange sums,
              mlir::ValueRange totals);
  mlir::SmallVector<mlir::Value> finishRows(mlir::OpBuilder &b,
                                            const Tile &tile,
                                            mlir::ValueRange accumulators);
  mlir::Value multiplyAdd(mlir::OpBuilder &b, mlir::Value x, mlir::Value w,
                          mlir::Value acc);
  mlir::Value extend(mlir::OpBuilder &b, mlir::Value value, unsigned arg);
  int64_t unrollFactor(const Tile &tile) const;

  mlir::OpBuilder &builder;
  int64_t registers = 16;
  mlir::Type accType;
};

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_TILEEMITTER_H
