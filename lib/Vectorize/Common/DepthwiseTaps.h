//===- DepthwiseTaps.h - Weights of depthwise taps in pairs -----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_DEPTHWISETAPS_H
#define NNQ_LIB_VECTORIZE_COMMON_DEPTHWISETAPS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// Lanes of 16 bits that shuffles do not cross.
inline constexpr int64_t kShuffleLanes = 8;

/// Rewrites an integer depthwise convolution whose kernel takes two taps at a
/// time, with constant weights, as one over pairs of taps of a row:
///
///   out(oh, ow, c) += x(oh + kh, ow + 2 p - p / (P - 1) + v, c)
///     * w(c / L, kh, p, c / 4 mod 2, c / 8 mod L / 8, c mod 4, v)
///
/// An odd last tap is paired with the one before it, by a weight of zero, so
/// that pairs are shared with neighbouring results (an even number of taps
/// needs no such correction). Channels are in the order that interleaving two
/// rows of the activation gives, and weights have 16 bits, so that a kernel
/// multiplies by them as they are. Null if `op` is something else.
mlir::linalg::GenericOp packTaps(mlir::RewriterBase &rewriter,
                                 mlir::linalg::GenericOp op);

/// True if `packTaps` made `op`.
bool hasPackedTaps(mlir::linalg::GenericOp op);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_DEPTHWISETAPS_H
