//===- Passes.h - Passes of the Lower stage ----------------------*- C++
//-*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LOWER_PASSES_H
#define NNQ_LOWER_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace nnq {

/// Integer type in which quantized activations travel between kernels.
enum class ActivationStorage { Auto, U8, S8, S16 };

#define GEN_PASS_DECL
#include "nnq/Lower/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "nnq/Lower/Passes.h.inc"

} // namespace nnq

#endif // NNQ_LOWER_PASSES_H
