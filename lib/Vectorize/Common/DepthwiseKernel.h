//===- DepthwiseKernel.h - What a depthwise kernel does ---------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_DEPTHWISEKERNEL_H
#define NNQ_LIB_VECTORIZE_COMMON_DEPTHWISEKERNEL_H

#include "DepthwiseBorder.h"
#include "KernelGroup.h"

namespace nnq {

/// True for a depthwise convolution of 8- or 16-bit integers with a kernel in
/// groups of two, and few enough taps to unroll.
bool canEmitDepthwise(const KernelGroup &group);

/// The border whose taps `emitDepthwise` adds up once a row of the result, if
/// it is what emits `group`.
std::optional<DepthwiseBorder> findEmittedBorder(const KernelGroup &group);

/// All that is read of the border then: of the rows outside [`low`, `high`) of
/// `rowDim` the first `columns` steps of `columnDim`.
struct BorderReads {
  unsigned rowDim, columnDim;
  int64_t low, high, columns;
};
std::optional<BorderReads> findBorderReads(const KernelGroup &group);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_DEPTHWISEKERNEL_H
