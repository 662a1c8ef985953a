//===- LoopAccesses.h - What a loop reads and writes where ------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_LOOPACCESSES_H
#define NNQ_LIB_VECTORIZE_COMMON_LOOPACCESSES_H

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/SmallPtrSet.h"

namespace nnq {

/// How a loop uses a whole buffer: what is allocated, constant, or an argument.
struct BufferUse {
  /// Those that read or write it.
  llvm::SmallPtrSet<mlir::Operation *, 4> ops;
  bool isWritten = false;
  /// Dimensions along which an iteration of the loop at `i` stays within `i`
  /// and `i + step`.
  llvm::SmallBitVector local;
};
using BufferUses = llvm::MapVector<mlir::Value, BufferUse>;

/// The buffers from outside of `loop`, or none if it does something else to
/// memory.
std::optional<BufferUses> findBufferUses(mlir::scf::ForOp loop);

/// A constant, or an index that is computed outside of the loop, and how far
/// and how the loop goes from there.
struct LoopRange {
  mlir::OpFoldResult begin;
  int64_t length, step;
};
std::optional<LoopRange> getLoopRange(mlir::scf::ForOp loop);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_LOOPACCESSES_H
