//===- Passes.h - Passes of the Quantize stage ----------------------*- C++
//-*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_QUANTIZE_PASSES_H
#define NNQ_QUANTIZE_PASSES_H

#include "mlir/Pass/Pass.h"

namespace nnq {

#define GEN_PASS_DECL
#include "nnq/Compress/Quantize/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "nnq/Compress/Quantize/Passes.h.inc"

} // namespace nnq

#endif // NNQ_QUANTIZE_PASSES_H
