//===- KernelEmitter.h - Register-tiled contractions ------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_KERNELEMITTER_H
#define NNQ_LIB_VECTORIZE_COMMON_KERNELEMITTER_H

#include "RowEmitter.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

namespace nnq {

/// A packed contraction on buffers and what alone reads its result.
struct KernelGroup {
  mlir::linalg::GenericOp contraction;
  mlir::linalg::GenericOp pool;     // May be null.
  mlir::linalg::GenericOp epilogue; // May be null.
  mlir::linalg::FillOp init;
  mlir::linalg::FillOp poolInit; // With `pool`.
  KernelAttr kernel;

  /// The op that writes the final result.
  mlir::linalg::GenericOp root() const {
    return epilogue ? epilogue : pool ? pool : contraction;
  }
};

/// Emits the loops of `group` at the builder's insertion point. The group must
/// have been checked by the caller; nothing is erased.
void emitKernel(mlir::OpBuilder &builder, const KernelGroup &group);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_KERNELEMITTER_H
