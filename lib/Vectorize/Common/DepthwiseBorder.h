//===- DepthwiseBorder.h - Rows of padding under a window -------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_DEPTHWISEBORDER_H
#define NNQ_LIB_VECTORIZE_COMMON_DEPTHWISEBORDER_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// Rows of the activation outside [`low`, `high`) hold one number per channel.
/// What taps add there is the same for a whole row of the result.
struct DepthwiseBorder {
  /// The loop over rows of the result. Its tap `k` reads row
  /// `index * stride + k` of the activation.
  unsigned loop = 0;
  int64_t stride = 1;
  int64_t low = 0, high = 0;
  /// The dimension of the activation that rows are along.
  unsigned dim = 0;
  /// If set, what rows outside hold is unspecified from this column on.
  std::optional<int64_t> columns;

  /// The border that the padding of a depthwise convolution on tensors is, if
  /// enough of its taps are in it.
  static std::optional<DepthwiseBorder> find(mlir::linalg::GenericOp op);

  /// The border that `nnq.border` states.
  static std::optional<DepthwiseBorder> get(mlir::linalg::GenericOp op);
};

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_DEPTHWISEBORDER_H
