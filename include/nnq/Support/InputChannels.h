//===- InputChannels.h - Where weights have input channels ------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_INPUTCHANNELS_H
#define NNQ_SUPPORT_INPUTCHANNELS_H

#include "nnq/Support/Structured.h"

namespace nnq {

/// The channels of what a layer reads, along the weights of an output channel.
struct InputChannels {
  /// Of a depthwise convolution, or where no dimension has them, one.
  static InputChannels get(mlir::linalg::LinalgOp op,
                           const WeightedOp &operands);

  /// How many there are, and how far apart two neighbours are in the constant.
  int64_t count = 1, stride = 1;
  /// The same along the dimension of input channels, which has the pixels of an
  /// image that was flattened, too.
  int64_t apart = 1;
};

} // namespace nnq

#endif // NNQ_SUPPORT_INPUTCHANNELS_H
