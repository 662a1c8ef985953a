//===- DepthwiseEmitter.h - Integer depthwise convolutions ------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_DEPTHWISEEMITTER_H
#define NNQ_LIB_VECTORIZE_COMMON_DEPTHWISEEMITTER_H

#include "KernelGroup.h"

namespace nnq {

/// True for a depthwise convolution of 8- or 16-bit integers with a kernel in
/// groups of two, and few enough taps to unroll.
bool canEmitDepthwise(const KernelGroup &group);

/// Taps are taken in pairs: the two activations of each channel are interleaved
/// and multiplied by the two weights, as vpmaddwd does it.
void emitDepthwise(mlir::OpBuilder &builder, const KernelGroup &group);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_DEPTHWISEEMITTER_H
