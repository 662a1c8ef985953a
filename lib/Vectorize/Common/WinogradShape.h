//===- WinogradShape.h - Convolutions by fewer products ---------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_WINOGRADSHAPE_H
#define NNQ_LIB_VECTORIZE_COMMON_WINOGRADSHAPE_H

#include "KernelGroup.h"

namespace nnq {

/// Sizes of a packed convolution
///   out(.., oh, ow, oc) += x(.., oh + kh, ow * IC + rb * 2 + v)
///                          * w(oc / L, kh, rb, oc mod L, v).
struct WinogradShape {
  /// Loops of the result in front of its rows.
  mlir::SmallVector<int64_t> outer;
  int64_t rows, columns, channels, inputs;

  /// Fails for anything else than a stride of 1 and `taps` x `taps` taps.
  static mlir::FailureOr<WinogradShape> match(mlir::linalg::GenericOp op,
                                              int64_t taps);
};

/// Registers that hold the sums of `points` points over `tiles` tiles, their
/// transformed weights and the `taps` taps that these are made of.
int64_t countFusedRegisters(int64_t points, int64_t taps, int64_t tiles);

/// True if the sums of products of a kernel group and its bias, together, are
/// recovered from transformed sums: weights and bias are constants that prove
/// them to be small enough.
bool fitsWithBias(const KernelGroup &group, int64_t shift);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_WINOGRADSHAPE_H
