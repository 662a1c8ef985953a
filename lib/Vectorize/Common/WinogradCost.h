//===- WinogradCost.h - When fewer products pay -----------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_WINOGRADCOST_H
#define NNQ_LIB_VECTORIZE_COMMON_WINOGRADCOST_H

#include "ContractionLayout.h"

namespace nnq {

/// A convolution of 3x3 taps with a stride of 1 over integers.
struct WinogradProblem {
  /// Images, rows and columns of the result, and channels.
  int64_t images = 1, rows, columns, channels, inputs;
  /// Range of the activation, and the least number of bits that hold any sum.
  int64_t low, high, sumBits;

  /// Fails with a reason where F(m, 3) does not apply or its exactness cannot
  /// be seen from constants.
  static mlir::FailureOr<WinogradProblem> get(const ContractionLayout &layout,
                                              std::string &reason);
};

/// The least and the largest sum of products of each channel, by the weights
/// themselves, with activations in [low, high]. `channelOf` has the channel of
/// a weight.
llvm::SmallVector<std::pair<int64_t, int64_t>>
getSumRanges(llvm::ArrayRef<int8_t> weights, int64_t channels, int64_t low,
             int64_t high, llvm::function_ref<int64_t(int64_t)> channelOf);

/// The strategy of least estimated cycles by F(m x m, 3 x 3), if it takes fewer
/// than `cycles`, which it changes; null otherwise. `threads` threads can share
/// it.
KernelAttr chooseWinograd(TargetAttr target, const WinogradProblem &problem,
                          int64_t threads, double &cycles);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_WINOGRADCOST_H
