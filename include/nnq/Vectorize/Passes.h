//===- Passes.h - Passes of the Vectorize stage ----------------------*- C++
//-*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_VECTORIZE_PASSES_H
#define NNQ_VECTORIZE_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace nnq {

#define GEN_PASS_DECL
#include "nnq/Vectorize/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "nnq/Vectorize/Passes.h.inc"

} // namespace nnq

#endif // NNQ_VECTORIZE_PASSES_H
