//===- ObserveBufferization.h - nnq.observe on buffers ----------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_TARGET_OBSERVEBUFFERIZATION_H
#define NNQ_TARGET_OBSERVEBUFFERIZATION_H

#include "mlir/IR/DialectRegistry.h"

namespace nnq {

/// Lets one-shot bufferization take `nnq.observe`, which reads its operand.
void registerObserveBufferization(mlir::DialectRegistry &registry);

} // namespace nnq

#endif // NNQ_TARGET_OBSERVEBUFFERIZATION_H
