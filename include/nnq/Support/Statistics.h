//===- Statistics.h - Where calibration results are kept ------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_STATISTICS_H
#define NNQ_SUPPORT_STATISTICS_H

#include "nnq/Dialect/NNQ/IR/NNQ.h"

namespace nnq {

/// The value whose statistics stand for those of `value`: looks through
/// reshapes and pads with zeros, which do not change a range that holds zero,
/// unless they have statistics or a range of their own.
mlir::Value getStatsSource(mlir::Value value);

/// True if `value` has a place for statistics: the result of an op with just
/// one, or an argument of a function.
bool canHoldStats(mlir::Value value);

/// `nnq.quant_range` of the op or function argument that `value` is; null if
/// none.
QuantRangeAttr getQuantRange(mlir::Value value);
void setQuantRange(mlir::Value value, QuantRangeAttr range);

/// The range that `value` is quantized to: the one chosen for its source, or
/// all of what statistics saw; null if there is neither.
QuantRangeAttr findQuantRange(mlir::Value value);

/// `nnq.stats` of the op or function argument that `value` is; null if none.
TensorStatsAttr getStats(mlir::Value value);
void setStats(mlir::Value value, TensorStatsAttr stats);

/// What was seen of the numbers that `op` multiplies. Fails, and says why,
/// without it, or without its matrices if these are asked for.
mlir::FailureOr<InputStatsAttr>
findInputStats(mlir::Operation *op, bool isCorrelated, std::string &reason);

/// `stats` without its matrices.
InputStatsAttr dropCorrelation(InputStatsAttr stats);

/// Drops what was seen of all in `root`, which has changed since.
void dropStatistics(mlir::Operation *root);

} // namespace nnq

#endif // NNQ_SUPPORT_STATISTICS_H
