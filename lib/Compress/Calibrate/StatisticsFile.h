//===- StatisticsFile.h - Statistics of a network as JSON -------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_CALIBRATE_STATISTICSFILE_H
#define NNQ_LIB_COMPRESS_CALIBRATE_STATISTICSFILE_H

#include "nnq/Support/Statistics.h"
#include "llvm/Support/Error.h"

namespace nnq {

/// Writes the statistics of `values` and of the inputs of `layers`, which have
/// some. Tensors are named by the
/// layer that makes them and its tensors before, or by the number of the input.
/// The file says which network they are of, by a hash of ops and weights.
llvm::Error writeStatistics(llvm::StringRef path, mlir::ModuleOp module,
                            llvm::ArrayRef<mlir::Value> values,
                            llvm::ArrayRef<mlir::Operation *> layers);

/// Sets the statistics of `values` and of the inputs of `layers` to those in a
/// file of the same network, which must have all of them, of the same shape.
llvm::Error readStatistics(llvm::StringRef path, mlir::ModuleOp module,
                           llvm::ArrayRef<mlir::Value> values,
                           llvm::ArrayRef<mlir::Operation *> layers);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_CALIBRATE_STATISTICSFILE_H
