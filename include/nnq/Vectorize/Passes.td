//===- Passes.td - Passes of the Vectorize stage ------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_VECTORIZE_PASSES_TD
#define NNQ_VECTORIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // NNQ_VECTORIZE_PASSES_TD
