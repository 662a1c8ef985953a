//===- Int4Unpacking.h - Two weights in a byte ------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_INT4UNPACKING_H
#define NNQ_LIB_VECTORIZE_COMMON_INT4UNPACKING_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// Numbers of `bits`, in halves or quarters: a byte has, from its low bits on,
/// those in the same place of each half or quarter of `step` numbers.
std::vector<char> packNarrow(llvm::ArrayRef<char> numbers, int64_t step,
                             int64_t bits);

/// A linalg.generic that makes packed weights of `type`, blocks by steps by
/// parts by lanes by elements of a part, of such bytes, where a step has all
/// parts. Numbers are distances from the least integer of 4 bits; with
/// `tables`, rows of 16 numbers, places in the row of a block, or in the only
/// one. Kernels take it in.
mlir::Value emitInt4Unpacking(mlir::OpBuilder &builder, mlir::Location loc,
                              mlir::RankedTensorType type,
                              llvm::ArrayRef<char> bytes, int64_t bits,
                              llvm::StringRef name, mlir::Value tables = {});

/// The linalg.generic that alone writes `buffer`, an allocation that nothing
/// but `reader` reads, or null.
mlir::linalg::GenericOp findSoleWriter(mlir::Value buffer,
                                       mlir::Operation *reader);

/// The op of this kind that writes `buffer`, which `reader` reads, or null.
mlir::linalg::GenericOp findInt4Unpacking(mlir::Value buffer,
                                          mlir::Operation *reader);

/// The tables that such an op reads, or null.
mlir::Value getTables(mlir::linalg::GenericOp unpacking);

/// Vectors of i8 with the integers in each `bits` of `bytes`, from the low ones
/// on, or with the numbers of `table` in these places, if there is one.
/// `shiftsWords`: bytes are shifted two at a time.
llvm::SmallVector<mlir::Value> emitNarrow(mlir::OpBuilder &builder,
                                          mlir::Location loc, mlir::Value bytes,
                                          int64_t bits, mlir::Value table,
                                          bool shiftsWords = false);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_INT4UNPACKING_H
