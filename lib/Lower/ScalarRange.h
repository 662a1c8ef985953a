//===- ScalarRange.h - What values of a body may be -------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_LOWER_SCALARRANGE_H
#define NNQ_LIB_LOWER_SCALARRANGE_H

#include "mlir/IR/Value.h"

#include <optional>

namespace nnq {

/// The least and the largest number that a value may be.
struct ScalarRange {
  double low, high;
};

/// The range of an integer or f32 in the body of a linalg.generic, from its
/// type, constants and the ops before it. None where it may be a NaN or
/// infinite.
std::optional<ScalarRange> getScalarRange(mlir::Value value);

} // namespace nnq

#endif // NNQ_LIB_LOWER_SCALARRANGE_H
