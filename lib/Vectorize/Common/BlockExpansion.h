//===- BlockExpansion.h - Weights of lists of blocks ------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_BLOCKEXPANSION_H
#define NNQ_LIB_VECTORIZE_COMMON_BLOCKEXPANSION_H

#include "BlockSparsity.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// A linalg.generic that makes packed weights of `type`, blocks by steps of the
/// outer reductions by groups by parts (if there are several) by lanes by
/// elements of a part, of lists of blocks. Kernels take it in.
mlir::Value emitBlockExpansion(mlir::OpBuilder &builder, mlir::Location loc,
                               mlir::RankedTensorType type,
                               const BlockLists &lists, int64_t tileBlocks,
                               bool hasParts, llvm::StringRef name);

/// The op of this kind that adds to zeros in a buffer, which `reader` reads.
struct BlockExpansion {
  mlir::linalg::GenericOp op;
  mlir::linalg::FillOp init;

  static std::optional<BlockExpansion> find(mlir::Value buffer,
                                            mlir::Operation *reader);

  mlir::Value getBounds() { return op.getInputs()[0]; }
  mlir::Value getSteps() { return op.getInputs()[2]; }
  /// Entries by blocks by lanes by elements of a part.
  mlir::Value getValues() { return op.getInputs()[3]; }
};

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_BLOCKEXPANSION_H
