//===- DotEmitter.h - Contractions of vectors -------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_DOTEMITTER_H
#define NNQ_LIB_VECTORIZE_COMMON_DOTEMITTER_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

namespace nnq {

/// A `vector.contract` with factors indexed by `x` and `w` and a result by
/// `result`; loops that the result lacks are summed over.
mlir::Value emitContract(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::ArrayRef<mlir::AffineExpr> xMap,
                         mlir::ArrayRef<mlir::AffineExpr> wMap,
                         mlir::ArrayRef<mlir::AffineExpr> resultMap,
                         mlir::Value x, mlir::Value w, mlir::Value acc);

/// acc(l) += x(v) * w(l, v), the factors being extended already.
mlir::Value emitRowByColumns(mlir::OpBuilder &builder, mlir::Location loc,
                             mlir::Value x, mlir::Value w, mlir::Value acc);

/// `acc(l, h) += x(h, v) * w(l, h, v)` in 16 bits, which hold it: `x` are the
/// integers of a part, or as many for each lane, `w` those of all lanes, with a
/// sign, one after the other.
mlir::Value emitPairDot(mlir::OpBuilder &builder, mlir::Location loc,
                        DotKind dot, mlir::Value x, mlir::Value w,
                        mlir::Value acc);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_DOTEMITTER_H
