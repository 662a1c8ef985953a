//===- Passes.td - Passes of the Target stage ------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_TARGET_PASSES_TD
#define NNQ_TARGET_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // NNQ_TARGET_PASSES_TD
