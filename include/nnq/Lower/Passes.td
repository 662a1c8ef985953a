//===- Passes.td - Passes of the Lower stage ------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LOWER_PASSES_TD
#define NNQ_LOWER_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // NNQ_LOWER_PASSES_TD
