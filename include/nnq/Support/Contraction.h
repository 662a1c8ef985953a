//===- Contraction.h - Sums of products with a constant weight --*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_CONTRACTION_H
#define NNQ_SUPPORT_CONTRACTION_H

#include "nnq/Support/Structured.h"

namespace nnq {

/// A structured op that computes `out[..., c] += x[...] * w[c, ...]`: any
/// convolution or matrix product, found by its maps and body and not by its
/// name.
struct Contraction {
  mlir::linalg::LinalgOp op;
  /// Operand 0 of a product is `x` and operand 1 `w` by convention.
  mlir::OpOperand *activation = nullptr;
  mlir::OpOperand *weight = nullptr;
  /// The loop over output channels: in the weight and the result, and, of a
  /// depthwise convolution only, in the activation.
  unsigned channelLoop = 0;
  /// Dimension of the result that the channel loop runs over.
  unsigned channelDim = 0;
  /// Dimension of the weight that the channel loop runs over.
  unsigned weightChannelDim = 0;

  /// Output channels that read the same channels of the activation, those of a
  /// group, where there are groups.
  std::optional<int64_t> groupChannels;

  /// The loop over groups of the reduction whose sums are results of their own:
  /// in all operands. Of matchGroups() only.
  std::optional<unsigned> groupLoop;

  /// Matches ops with two tensor or memref operands, a multiply-add body
  /// (operands possibly extended), exactly one channel loop, and weights that
  /// do not differ along other loops of the result.
  static mlir::FailureOr<Contraction> match(mlir::Operation *op);

  /// Matches `out[..., c] += x[..., c] * w[c, ...]`, where each channel of the
  /// activation has weights of its own: a depthwise convolution.
  static mlir::FailureOr<Contraction> matchDepthwise(mlir::Operation *op);

  /// Matches `out[..., g, c] += x[..., g, k] * w[c, g, k]`, the sums of groups
  /// that are to be scaled one by one.
  static mlir::FailureOr<Contraction> matchGroups(mlir::Operation *op);
};

/// True if `op` is `out[..., c] += f(sums[..., g, c])`, the sum over all
/// groups, and reads `sums` once.
bool isSumOfGroups(mlir::linalg::GenericOp op, mlir::Value sums);

/// The op of this kind that alone reads the tensor `sums`, or null.
mlir::linalg::GenericOp findSumOfGroups(mlir::Value sums);

/// `out[..., n] += x[..., k] * y[..., n, k]`, where both operands are computed
/// at run time, and may share outer loops of the result with each other. The
/// dimensions of `y` may be in any order.
struct ActivationProduct {
  mlir::linalg::LinalgOp op;
  /// Loops over n, the innermost of the result, and k.
  unsigned lane = 0, reduction = 0;

  static mlir::FailureOr<ActivationProduct> match(mlir::Operation *op);
};

} // namespace nnq

#endif // NNQ_SUPPORT_CONTRACTION_H
