//===- KernelEmitter.h - Register-tiled contractions ------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_KERNELEMITTER_H
#define NNQ_LIB_VECTORIZE_COMMON_KERNELEMITTER_H

#include "KernelGroup.h"

namespace nnq {

/// True if the weights of `group` are packed for its kernel and the activation
/// is contiguous along a group; fails with a reason otherwise.
bool canEmitKernel(const KernelGroup &group, std::string &reason);

/// Emits the loops of `group`, a packed contraction, at the builder's insertion
/// point. Nothing is erased.
void emitKernel(mlir::OpBuilder &builder, const KernelGroup &group);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_KERNELEMITTER_H
