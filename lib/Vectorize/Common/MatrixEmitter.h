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
    int64_t down, across;

    int64_t getSum(int64_t i, int64_t j) const { return i * across + j; }
    int64_t getKept(int64_t i) const { return down * across + i; }
    int64_t getTurn(int64_t i) const;
    bool keepsRows() const { return down <= across; }
  };

  void emitTile(mlir::OpBuilder &b, const Tile &tile);
  void emitConfiguration(mlir::OpBuilder &b, const Registers &registers,
                         int64_t rows);
  void emitStep(mlir::OpBuilder &b, const Tile &tile,
                const Registers &registers,
                mlir::ArrayRef<mlir::OpFoldResult> reductions);
  void emitStores(mlir::OpBuilder &b, const Tile &tile,
                  const Registers &registers, mlir::Value sums);
  void emitEpilogueLoop(mlir::OpBuilder &b, const Tile &tile,
                        mlir::Value sums);

  mlir::OpBuilder &builder;
};

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_MATRIXEMITTER_H
