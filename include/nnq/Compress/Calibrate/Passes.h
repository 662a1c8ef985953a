//===- Passes.h - Passes of the Calibrate stage ----------------------*- C++
//-*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_CALIBRATE_PASSES_H
#define NNQ_CALIBRATE_PASSES_H

#include "mlir/Pass/Pass.h"

namespace nnq {

#define GEN_PASS_DECL
#include "nnq/Compress/Calibrate/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "nnq/Compress/Calibrate/Passes.h.inc"

} // namespace nnq

#endif // NNQ_CALIBRATE_PASSES_H
