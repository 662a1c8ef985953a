//===- DivisionByConstant.h - Quotients that are rounded --------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_LOWER_DIVISIONBYCONSTANT_H
#define NNQ_LIB_LOWER_DIVISIONBYCONSTANT_H

#include <optional>

namespace nnq {

/// The reciprocal of a divisor in two parts: `high` is not above it and `low`
/// is what it lacks. x / divisor is fma(x, high, x * low), or x * high where
/// `low` is zero.
struct Reciprocal {
  float high, low;
};

/// The reciprocal of `divisor` that gives the same integers as the division for
/// every f32 that is divided, rounded half to even and clamped to `min` and
/// `max`. Fails where there is none, or where that is not proven.
std::optional<Reciprocal> findReciprocal(float divisor, int min, int max);

} // namespace nnq

#endif // NNQ_LIB_LOWER_DIVISIONBYCONSTANT_H
