//===- Passes.td - Passes of the Calibrate stage -----------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_CALIBRATE_PASSES_TD
#define NNQ_CALIBRATE_PASSES_TD

include "mlir/Pass/PassBase.td"

def Calibrate : Pass<"nnq-calibrate", "::mlir::ModuleOp"> {
  let summary = "Runs a network on data and writes down what its tensors hold";
  let description = [{
    A copy of the module gets an `nnq.observe` for each activation that feeds a
    convolution or contraction (before reshapes and pads with zeros), is lowered
    and run in this process on one sample after the other. The ranges, moments
    and histograms go into the attribute `nnq.stats` of the op or function
    argument; nothing else of the module changes.

    The first dimension of the data counts samples; the others and the element
    type must be those of the input of the only public function. Several inputs
    are as many arrays of an .npz: `x0`, `x1`, ... or those named by
    `key=ids,mask`. Data that are NaN or infinite are an error.

    ```mlir
    func.func @f(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
      %0 = linalg.matmul ins(%x, %w : ...) outs(%zero : ...)
      return %0 : tensor<1x2xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: tensor<1x4xf32> {nnq.stats = #nnq.tensor_stats<min = -1.0,
        max = 2.5, mean = 0.5, second_moment = 0.75, count = 64,
        histogram = [...]>}) -> tensor<1x2xf32> {
      %0 = linalg.matmul ins(%x, %w : ...) outs(%zero : ...)
      return %0 : tensor<1x2xf32>
    }
    ```
  }];
  // Needs the lowering that only the pipelines know.
  let constructor = "nullptr";
  let options = [
    Option<"data", "data", "std::string", "\"\"", "Data to run on, .npy or .npz">,
    Option<"key", "key", "std::string", "\"x\"",
           "Name of the array in the .npz, or names of several by commas">,
    Option<"samples", "samples", "int64_t", "0",
           "Use at most this many samples; 0 means all">,
    Option<"reference", "reference", "bool", "false",
           "Lower by upstream passes alone, to check the fast path">,
  ];
  let statistics = [
    Statistic<"numTensors", "tensors", "Number of tensors observed">,
    Statistic<"numSamples", "samples", "Number of samples run">,
  ];
}

def InterchangeLoops : Pass<"nnq-interchange-loops"> {
  let summary = "Puts the contiguous loop of a reduction innermost";
  let description = [{
    The loop over the last dimension of the result of a convolution, contraction
    or pooling moves inside of the reduction, so that LLVM can vectorize scalar
    loops. Each element still sums in the same order: results are the same to
    the bit.

    ```mlir
    %1 = linalg.matmul ins(%a, %b : ...) outs(%0 : ...)
    ```

    becomes

    ```mlir
    %1 = linalg.generic {
        indexing_maps = [affine_map<(m, k, n) -> (m, k)>,
                         affine_map<(m, k, n) -> (k, n)>,
                         affine_map<(m, k, n) -> (m, n)>],
        iterator_types = ["parallel", "reduction", "parallel"]}
        ins(%a, %b : ...) outs(%0 : ...)
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
  let statistics = [Statistic<"numOps", "ops", "Number of ops interchanged">];
}

#endif // NNQ_CALIBRATE_PASSES_TD
