//===- DepthwiseEmitter.h - Integer depthwise convolutions ------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_DEPTHWISEEMITTER_H
#define NNQ_LIB_VECTORIZE_COMMON_DEPTHWISEEMITTER_H

#include "KernelGroup.h"

namespace nnq {

/// Taps are taken in pairs: the two activations of each channel are interleaved
/// and multiplied by the two weights, as vpmaddwd does it.
void emitDepthwise(mlir::OpBuilder &builder, const KernelGroup &group);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_DEPTHWISEEMITTER_H
