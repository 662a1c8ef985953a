//===- ObsPruning.h - Pruning that makes up for its errors ------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_PRUNE_OBSPRUNING_H
#define NNQ_LIB_COMPRESS_PRUNE_OBSPRUNING_H

#include "SparseLayer.h"

namespace nnq {

/// Makes `zeros` weights of `layer` zero, and changes those behind them so that
/// the expected squared error of the results is small (SparseGPT). Zeros that
/// are there stay. Fails if no matrix can be factorized.
mlir::LogicalResult pruneByCorrelation(SparseLayer &layer, int64_t zeros,
                                       double damping);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_PRUNE_OBSPRUNING_H
