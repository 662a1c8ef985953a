//===- Passes.td - Passes of the Calibrate stage ------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_CALIBRATE_PASSES_TD
#define NNQ_CALIBRATE_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // NNQ_CALIBRATE_PASSES_TD
