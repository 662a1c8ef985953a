//===- MatrixEmitter.h - Contractions by matrices in registers --*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_MATRIXEMITTER_H
#define NNQ_LIB_VECTORIZE_COMMON_MATRIXEMITTER_H

#include "KernelOperands.h"

namespace nnq {

/// Loops over the tiles of a contraction whose kernel multiplies matrices
/// (tdpbusd). Sums of a tile go through a buffer, from which a loop over a few
/// rows at a time takes them to the epilogue.
class MatrixEmitter : KernelOperands {
public:
  MatrixEmitter(mlir::OpBuilder &builder, const KernelGroup &group);
  void emit();

  /// Fails with a reason where matrices do not have the form that is needed.
  static bool canEmit(const KernelGroup &group, std::string &reason);

private:
  /// Registers of a tile: sums, row by row of matrices, and behind them the
  /// factors in the direction with fewer matrices; those in the other one use
  /// the rest in turn.
  struct Registers {
    /// Rows of the tile, of each matrix, and matrices in each direction.
    int64_t length, rows, down, across;

    int64_t getSum(int64_t i, int64_t j) const { return i * across + j; }
    int64_t getKept(int64_t i) const { return down * across + i; }
    int64_t getTurn(int64_t i) const;
    bool keepsRows() const { return down <= across; }
    /// Where matrix `i` begins: the last one ends with the tile.
    int64_t getFirstRow(int64_t i) const {
      return down == 1 ? 0 : i * (length - rows) / (down - 1);
    }
  };
  Registers getRegisters(const Tile &tile) const;
  /// Rows from the first to the last one of `lines` lines of an image, with
  /// those that lie between lines.
  int64_t getLength(int64_t lines) const;

  void emitTile(mlir::OpBuilder &b, const Tile &tile);
  void emitConfiguration(mlir::OpBuilder &b, const Registers &registers);
  bool prefetches() const;
  void prefetchAhead(mlir::OpBuilder &b, mlir::SmallVector<mlir::Value> at);
  void emitStep(mlir::OpBuilder &b, const Tile &tile,
                const Registers &registers,
                mlir::ArrayRef<mlir::OpFoldResult> reductions);
  void emitStores(mlir::OpBuilder &b, const Tile &tile,
                  const Registers &registers, mlir::Value sums);
  void emitEpilogueLoop(mlir::OpBuilder &b, const Tile &tile, mlir::Value sums);

  mlir::OpBuilder &builder;
  /// Lines of an image that a tile takes, rows from one line to the next, and
  /// the loop over them.
  int64_t lines = 1, pitch = 0, lineLoop = -1;
};

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_MATRIXEMITTER_H
