//===- Passes.td - Passes of the Quantize stage ------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_QUANTIZE_PASSES_TD
#define NNQ_QUANTIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // NNQ_QUANTIZE_PASSES_TD
