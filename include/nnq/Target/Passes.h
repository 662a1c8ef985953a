//===- Passes.h - Passes of the Target stage ----------------------*- C++
//-*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_TARGET_PASSES_H
#define NNQ_TARGET_PASSES_H

#include "mlir/Pass/Pass.h"

namespace nnq {

#define GEN_PASS_DECL
#include "nnq/Target/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "nnq/Target/Passes.h.inc"

} // namespace nnq

#endif // NNQ_TARGET_PASSES_H
