//===- WeightExpansion.h - Weights without their zeros ----------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_WEIGHTEXPANSION_H
#define NNQ_LIB_VECTORIZE_COMMON_WEIGHTEXPANSION_H

#include "PlacedWeights.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// A linalg.generic that makes packed weights of `type`, blocks by steps of the
/// outer reductions by groups by parts (if there are several) by lanes by
/// elements of a part, of lists of blocks. Kernels take it in.
mlir::Value emitBlockExpansion(mlir::OpBuilder &builder, mlir::Location loc,
                               mlir::RankedTensorType type,
                               const BlockLists &lists, int64_t tileBlocks,
                               bool hasParts, llvm::StringRef name);

/// The same of two of four weights and their places.
mlir::Value emitPlaceExpansion(mlir::OpBuilder &builder, mlir::Location loc,
                               mlir::RankedTensorType type,
                               const PlacedWeights &weights,
                               llvm::StringRef name);

/// The same of lists of windows.
mlir::Value emitWindowExpansion(mlir::OpBuilder &builder, mlir::Location loc,
                                mlir::RankedTensorType type,
                                const WindowLists &lists, SparseKind kind,
                                int64_t tileBlocks, bool hasParts,
                                llvm::StringRef name);

/// Pieces of these. Constants that say where the entries of lists begin and end
/// and what they multiply.
struct ListConstants {
  mlir::Value bounds, steps;
};
ListConstants makeListConstants(mlir::OpBuilder &builder, mlir::Location loc,
                                const BlockLists &lists, llvm::StringRef name);
/// The list that a block of such weights is in.
mlir::AffineExpr getListNumber(mlir::RankedTensorType type, int64_t tileBlocks,
                               bool hasParts);
mlir::Value emitZeros(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::RankedTensorType type);
/// Whether `entry` is in the list from `start` to `end`.
mlir::Value emitIsListed(mlir::OpBuilder &b, mlir::Location loc,
                         mlir::Value entry, mlir::Value start, mlir::Value end);
/// `acc` and `weight` if `isIn`.
mlir::Value emitAddIf(mlir::OpBuilder &b, mlir::Location loc, mlir::Value isIn,
                      mlir::Value weight, mlir::Value acc);

/// Such an op, which writes a buffer that a kernel reads.
struct WeightExpansion {
  mlir::linalg::GenericOp op;
  mlir::linalg::FillOp init; // Of lists, what they are added to.

  static std::optional<WeightExpansion>
  find(mlir::Value buffer, mlir::Operation *reader, SparseKind kind);

  /// What kernels read; places only where there are some.
  bool hasLists() { return op.getNumReductionLoops() > 0; }
  mlir::Value getBounds() { return op.getInputs()[0]; }
  mlir::Value getSteps() { return op.getInputs()[2]; }
  /// Entries, if there are lists, by blocks by lanes by elements of a part.
  mlir::Value getValues() { return op.getInputs()[hasLists() ? 3 : 0]; }
  mlir::Value getPlaces() { return op.getInputs()[hasLists() ? 4 : 1]; }
};

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_WEIGHTEXPANSION_H
