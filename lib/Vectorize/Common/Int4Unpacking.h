//===- Int4Unpacking.h - Two weights in a byte ------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_INT4UNPACKING_H
#define NNQ_LIB_VECTORIZE_COMMON_INT4UNPACKING_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// Integers of 4 bits, each as its distance from the least one, in halves: a
/// byte has one of the first half of `step` integers in its low bits and the
/// one in the same place of the second half in its high bits.
std::vector<char> packInt4Halves(llvm::ArrayRef<char> values, int64_t step);

/// A linalg.generic that makes packed weights of `type`, blocks by steps by
/// parts by lanes by elements of a part, of such bytes, where a step has all
/// parts. With `tables`, rows of 16 numbers, bytes hold places in the row of a
/// block, or in the only one. Kernels take it in.
mlir::Value emitInt4Unpacking(mlir::OpBuilder &builder, mlir::Location loc,
                              mlir::RankedTensorType type,
                              llvm::ArrayRef<char> bytes, llvm::StringRef name,
                              mlir::Value tables = {});

/// The op of this kind that writes `buffer`, which `reader` reads, or null.
mlir::linalg::GenericOp findInt4Unpacking(mlir::Value buffer,
                                          mlir::Operation *reader);

/// The tables that such an op reads, or null.
mlir::Value getTables(mlir::linalg::GenericOp unpacking);

/// Vectors of i8 with the integers in the low and in the high bits of `bytes`,
/// or with the numbers of `table` in these places, if there is one.
std::pair<mlir::Value, mlir::Value> emitInt4Halves(mlir::OpBuilder &builder,
                                                   mlir::Location loc,
                                                   mlir::Value bytes,
                                                   mlir::Value table);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_INT4UNPACKING_H
