//===- RoundedQuotient.h - Numbers that become integers ---------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_LOWER_ROUNDEDQUOTIENT_H
#define NNQ_LIB_LOWER_ROUNDEDQUOTIENT_H

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <optional>

namespace nnq {

/// An error of so many steps is not seen in integers but where a number is
/// almost between two of them.
inline constexpr double kHiddenSteps = 1.0 / 16;

/// A finite constant that is greater than 0.
std::optional<double> getPositive(mlir::Value value);

/// A number of f32 in steps, the constant divisor, that is only rounded, within
/// bounds or not.
struct RoundedQuotient {
  mlir::arith::DivFOp op;
  double step;
  /// The number of steps that no result is above.
  std::optional<double> bound;

  static std::optional<RoundedQuotient> match(mlir::arith::DivFOp op);
};

} // namespace nnq

#endif // NNQ_LIB_LOWER_ROUNDEDQUOTIENT_H
