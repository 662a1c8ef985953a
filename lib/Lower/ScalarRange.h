//===- ScalarRange.h - What values of a body may be -------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_LOWER_SCALARRANGE_H
#define NNQ_LIB_LOWER_SCALARRANGE_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

#include <optional>

namespace nnq {

/// The least and the largest number that a value may be.
struct ScalarRange {
  double low, high;
};

/// Ranges of integers and f32 in the body of a linalg.generic, from their
/// types, constants and the ops before them. What it found once holds until the
/// body changes.
class ScalarRanges {
public:
  /// None where `value` may be a NaN or infinite.
  std::optional<ScalarRange> get(mlir::Value value);

private:
  std::optional<ScalarRange> compute(mlir::Operation *op);

  llvm::DenseMap<mlir::Value, std::optional<ScalarRange>> known;
};

} // namespace nnq

#endif // NNQ_LIB_LOWER_SCALARRANGE_H
