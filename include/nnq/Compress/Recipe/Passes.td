//===- Passes.td - Passes of recipes -----------------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_RECIPE_PASSES_TD
#define NNQ_RECIPE_PASSES_TD

include "mlir/Pass/PassBase.td"

def CheckInvariants : Pass<"nnq-check-invariants", "::mlir::ModuleOp"> {
  let summary = "Checks that a step of a recipe keeps what those before it made";
  let description = [{
    Runs before the first step of a recipe and after each. Of each convolution and
    contraction with constant weights it writes into `nnq.invariants` of the
    function the sizes of the weights, which of them are zero, how many values a
    layer has if they are few, and the step that made them so. Then it is an error
    that names the layer and both steps if, of what a step before has changed,

    - a weight that was zero is so no longer; where the shape is another one, if
      more weights are not zero than before,
    - a size has grown,
    - a layer is gone, unless `prune-layers` took it out or its factors NAME.0,
      NAME.1, ... have no more weights that are not zero,
    - weights that step `share-...` left few values have more of them, as long as
      they are f32.

    `last` takes the attribute away.
  }];
  let options = [
    Option<"step", "step", "std::string", "\"\"",
           "What ran before this pass; nothing before the first step">,
    Option<"last", "last", "bool", "false", "No step will follow">,
  ];
  let statistics = [
    Statistic<"numChecked", "checked", "Number of layers with something to keep">,
  ];
}

#endif // NNQ_RECIPE_PASSES_TD
