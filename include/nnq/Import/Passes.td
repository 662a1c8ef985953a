//===- Passes.td - Passes of the Import stage ------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_IMPORT_PASSES_TD
#define NNQ_IMPORT_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // NNQ_IMPORT_PASSES_TD
