//===- Contraction.h - Sums of products with a constant weight --*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_CONTRACTION_H
#define NNQ_SUPPORT_CONTRACTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// A structured op that computes `out[..., c] += x[...] * w[c, ...]`: any
/// convolution or matrix product, found by its maps and body and not by its
/// name.
struct Contraction {
  mlir::linalg::LinalgOp op;
  /// Operand 0 of a product is `x` and operand 1 `w` by convention.
  mlir::OpOperand *activation = nullptr;
  mlir::OpOperand *weight = nullptr;
  /// The loop over output channels: in the weight and the result, not in the
  /// activation.
  unsigned channelLoop = 0;
  /// Dimension of the result that the channel loop runs over.
  unsigned channelDim = 0;
  /// Dimension of the weight that the channel loop runs over.
  unsigned weightChannelDim = 0;

  /// Matches ops with two tensor or memref operands, a multiply-add body
  /// (operands possibly extended), exactly one channel loop, and weights that
  /// do not differ along other loops of the result, as those of groups do.
  static mlir::FailureOr<Contraction> match(mlir::Operation *op);
};

/// True if the region computes `out + ext(a) * ext(b)`.
bool isMultiplyAddBody(mlir::linalg::LinalgOp op);

/// The maximum over the only input, as max pooling computes it.
bool isMaxReduction(mlir::linalg::LinalgOp op);

/// True if a maximum that starts from `value` is that of the elements alone:
/// the least integer, minus infinity, or the least finite number, which is as
/// good for numbers that a network computes.
bool isLowestValue(mlir::Value value, bool isUnsigned = false);

/// Value of a `linalg.fill` that initializes output `index`, or null.
mlir::Value getFillValue(mlir::linalg::LinalgOp op, unsigned index = 0);

} // namespace nnq

#endif // NNQ_SUPPORT_CONTRACTION_H
