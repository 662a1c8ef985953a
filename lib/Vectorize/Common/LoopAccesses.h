//===- LoopAccesses.h - What a loop reads and writes where ------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_LOOPACCESSES_H
#define NNQ_LIB_VECTORIZE_COMMON_LOOPACCESSES_H

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/SmallBitVector.h"

namespace nnq {

/// One op that reads or writes a whole buffer in a loop.
struct LoopAccess {
  mlir::Operation *op;
  /// What is allocated, constant, or an argument.
  mlir::Value buffer;
  bool isWrite;
  /// Dimensions of the buffer along which an iteration of the loop at `i` stays
  /// within `i` and `i + step`.
  llvm::SmallBitVector local;
};

/// The accesses of `loop` to buffers from outside of it, or none if it does
/// something else to memory.
std::optional<llvm::SmallVector<LoopAccess>>
findLoopAccesses(mlir::scf::ForOp loop);

/// The buffer behind reshapes and parts of it, and for each of its dimensions
/// the one of `view` with the same indices, or -1.
mlir::Value resolveView(mlir::Value view, llvm::SmallVector<int64_t> &dims);

/// A constant, or an index that is computed outside of the loop, and how far
/// and how the loop goes from there.
struct LoopRange {
  mlir::OpFoldResult begin;
  int64_t length, step;
};
std::optional<LoopRange> getLoopRange(mlir::scf::ForOp loop);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_LOOPACCESSES_H
