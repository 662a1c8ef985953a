//===- LinearMapEmitter.h - Products with small matrices --------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_LINEARMAPEMITTER_H
#define NNQ_LIB_VECTORIZE_COMMON_LINEARMAPEMITTER_H

#include "mlir/IR/Builders.h"
#include "nnq/Support/Winograd.h"

namespace nnq {

/// `matrix * x` for vectors of integers `x`, by additions and shifts. Columns
/// that are equal up to signs are added and subtracted once, and rows that
/// differ in signs share what they add up.
mlir::SmallVector<mlir::Value> emitLinearMap(mlir::OpBuilder &builder,
                                             mlir::Location loc,
                                             const IntMatrix &matrix,
                                             mlir::ArrayRef<mlir::Value> x);

/// `matrix * x * matrix^T` for a square matrix of vectors, row-major.
mlir::SmallVector<mlir::Value> emitLinearMap2D(mlir::OpBuilder &builder,
                                               mlir::Location loc,
                                               const IntMatrix &matrix,
                                               mlir::ArrayRef<mlir::Value> x);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_LINEARMAPEMITTER_H
