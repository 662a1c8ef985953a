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
    argument; nothing else of the module changes. The data are read as they are
    needed: a file may be larger than the memory.

    With `input-statistics`, `nnq.input_stats` of each convolution and contraction
    says the same of each number that a row of its weights multiplies, as passes
    that make up for the loss of quantization ask. `correlations=REGEX` adds the
    matrices E[x x^T] of the layers whose whole name matches, which take the
    square of that length.

    `save=FILE` also writes the statistics as JSON, and `statistics=FILE` reads
    them instead of running anything. Tensors are found by the layer that makes
    them; the file must be of the same network, ops and weights.

    The first dimension of the data counts samples; the others and the element
    type must be those of the input of the only public function. Several inputs
    are as many arrays of an .npz: those of the names that the network has
    (`nnq.tensor_name`), else `x0`, `x1`, ..., or those named by `key=ids,mask`.
    Data that are NaN or infinite are an error.

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
    Option<"save", "save", "std::string", "\"\"",
           "Write the statistics to this file, too">,
    Option<"statistics", "statistics", "std::string", "\"\"",
           "Read the statistics from this file in place of data">,
    Option<"inputStatistics", "input-statistics", "bool", "false",
           "Observe each number that rows of weights multiply, too">,
    Option<"correlations", "correlations", "std::string", "\"\"",
           "Layers, a regular expression, whose inputs are correlated, too">,
    Option<"maxCorrelated", "max-correlated", "int64_t", "8192",
           "The most numbers whose matrix is gathered: what factorizes it takes "
           "memory with its square and time with its cube">,
    Option<"reference", "reference", "bool", "false",
           "Lower by upstream passes alone, to check the fast path">,
  ];
  let statistics = [
    Statistic<"numTensors", "tensors", "Number of tensors observed">,
    Statistic<"numInputs", "inputs", "Number of layers whose inputs are observed">,
    Statistic<"numMissed", "missed",
              "Number of layers whose inputs cannot be observed">,
    Statistic<"numSamples", "samples", "Number of samples run">,
  ];
}

def ChooseRanges : Pass<"nnq-choose-ranges", "::mlir::ModuleOp"> {
  let summary = "Chooses the range of each tensor that quantization represents";
  let description = [{
    Turns the attribute `nnq.stats` of an op or function argument into the
    attribute `nnq.quant_range`, which `nnq-quantize` reads. What a wider range
    does not clip it rounds more coarsely; `calibration` says how to weigh the two:

    - `minmax`: nothing is clipped.
    - `moving-average`: exponential moving averages of the smallest and the
      largest number of each run, with a weight of 0.01 for the last (Jacob et al.,
      Quantization and Training of Neural Networks, 2018; the
      MovingAverageMinMaxObserver of PyTorch).
    - `percentile`: keeps `percentile` percent of the elements and leaves out as
      many at either end, or the largest magnitudes if symmetric (McKinstry et al.,
      Discovering Low-Precision Networks, 2018; ONNX Runtime).
    - `mse`: the least mean squared error on the grid of the scheme (Zhao et al.,
      OCS, 2019; Nagel et al., A White Paper on Neural Network Quantization, 2021).
    - `entropy`: the least Kullback-Leibler divergence of the histogram from
      what the grid leaves of it; elements at zero, which is exact, do not count
      (Migacz, 8-bit Inference with TensorRT, 2017).

    The last two look for one end after the other at 128 positions between zero
    and the extreme; the result does not depend on the machine. A range that is
    there stays. Where statistics lack what the method needs the whole range is
    kept, which a remark says.

    ```mlir
    func.func @f(%x: tensor<1x4xf32> {nnq.stats = #nnq.tensor_stats<...>})
    ```

    becomes

    ```mlir
    func.func @f(%x: tensor<1x4xf32> {nnq.stats = #nnq.tensor_stats<...>,
        nnq.quant_range = #nnq.quant_range<[-1.0, 2.25], clipped = 1.0e-4>})
    ```
  }];
  let options = [
    Option<"calibration", "calibration", "::nnq::CalibrationMethod",
           "::nnq::CalibrationMethod::MinMax", "How ranges are chosen",
           "::nnq::calibrationMethodValues()">,
    Option<"percentile", "percentile", "double", "99.99",
           "Share of the elements that calibration=percentile keeps, in percent">,
    Option<"activations", "activations", "::nnq::QuantScheme",
           "::nnq::QuantScheme::Asymmetric", "Scheme of activations",
           "::nnq::quantSchemeValues()">,
  ];
  let statistics = [
    Statistic<"numChosen", "chosen", "Number of ranges chosen">,
    Statistic<"numClipped", "clipped", "Number of ranges that leave elements out">,
    Statistic<"numGiven", "given", "Number of ranges that were there">,
    Statistic<"numMissed", "missed",
              "Number of ranges that statistics do not suffice for">,
  ];
  let dependentDialects = ["::nnq::NNQDialect"];
}

def LimitDrop : Pass<"nnq-limit-drop", "::mlir::ModuleOp"> {
  let summary = "Keeps the most sensitive layers in f32 until accuracy holds";
  let description = [{
    Runs the network on data, as it is and as it would be quantized. If accuracy,
    the share of samples whose largest element of the first output is at the place
    that `labels` says, drops by more than `accuracy-drop` points, layers are
    sorted by sensitivity, the signal to noise of all outputs when a layer alone
    is quantized, and as few of the most sensitive ones as the bound takes get the
    attribute `nnq.keep_f32`. Without `labels` the network in f32 is taken to be
    right.

    Layers whose `nnq.weights` asks for 4 bits get 8 before any layer stays in f32:
    as few of them as the bound takes or, where that is not enough, all of them.

    With `request`, trials are of the layers that have this attribute, as
    nnq.factorize, and the pipeline that answers it; those that are to stay lose
    it.

    Each trial is a rung of a ladder that `--remarks-filter-passed=nnq` shows. A
    network of n layers is compiled up to n + log n times.

    ```mlir
    %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w : ...) outs(...)
    ```

    becomes, if it has to,

    ```mlir
    %0 = linalg.matmul {nnq.keep_f32 = "accuracy-drop=0.5", nnq.layer = "fc1"}
        ins(%x, %w : ...) outs(...)
    ```
  }];
  // Needs the pipelines that quantize and lower.
  let constructor = "nullptr";
  let options = [
    Option<"data", "data", "std::string", "\"\"", "Data to run on, .npy or .npz">,
    Option<"key", "key", "std::string", "\"x\"",
           "Name of the array in the .npz, or names of several by commas">,
    Option<"samples", "samples", "int64_t", "0",
           "Use at most this many samples; 0 means all">,
    Option<"labels", "labels", "std::string", "\"\"",
           "Name of the array of labels in the .npz">,
    Option<"drop", "accuracy-drop", "double", "0.5",
           "Points of accuracy, in percent, that may be lost">,
    Option<"request", "request", "std::string", "\"\"",
           "Attribute of the layers to change; by default all are quantized">,
    Option<"range", "weight-range", "::nnq::WeightRange",
           "::nnq::WeightRange::Full",
           "Integers that weights of 8 bits in place of 4 may take",
           "::nnq::weightRangeValues()">,
  ];
  let statistics = [
    Statistic<"numWidened", "widened", "Number of layers with weights of 8 bits in place of 4">,
    Statistic<"numKept", "kept-f32", "Number of layers to stay in f32, or as they are">,
    Statistic<"numTrials", "trials", "Number of times the network was run on all data">,
  ];
}

def MeasureNoise : Pass<"nnq-measure-noise", "::mlir::ModuleOp"> {
  let summary = "Measures the signal to noise of each layer once quantized";
  let description = [{
    Runs the network as it is and as it would be quantized on the same samples,
    and compares the results of each convolution and contraction: 10 log10(sum x^2
    / sum (x - y)^2) goes into the attribute `nnq.sqnr`, in dB. Noise of the layers
    before is part of it; the first layer below `sqnr-floor` is where accuracy is lost,
    and a remark
    names it with what may be the cause: inputs that are clipped, channels of very
    different ranges that share a scale, channels that few steps are left for,
    noise that comes with its input. Layers without noise get no attribute.

    ```mlir
    %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w : ...) outs(...)
    ```

    becomes

    ```mlir
    %0 = linalg.matmul {nnq.layer = "fc1", nnq.sqnr = 38.2 : f32} ins(%x, %w : ...) outs(...)
    ```
  }];
  // Needs the pipelines that quantize and lower.
  let constructor = "nullptr";
  let options = [
    Option<"data", "data", "std::string", "\"\"", "Data to run on, .npy or .npz">,
    Option<"key", "key", "std::string", "\"x\"",
           "Name of the array in the .npz, or names of several by commas">,
    Option<"samples", "samples", "int64_t", "16",
           "Use at most this many samples; 0 means all">,
    Option<"floor", "sqnr-floor", "double", "15",
           "Signal to noise in dB that is enough">,
  ];
  let statistics = [
    Statistic<"numMeasured", "measured", "Number of layers measured">,
  ];
}

def BisectNoise : Pass<"nnq-bisect-noise", "::mlir::ModuleOp"> {
  let summary = "Finds the first layer that quantization harms, and cuts it out";
  let description = [{
    Each convolution and contraction with constant weights, with the elementwise
    ops behind it (bias, activation function), is quantized alone: its input is
    that of the network in f32, and its result is compared with the one in f32.
    Noise of other layers is no part of it, unlike in `nnq-measure-noise`.

    The first layer below `sqnr-floor` is written to `output`, a module of one
    function with the weights, the statistics and ranges of the input, and the
    format of the weights; `--quantize-int8 --lower-to-llvm`, with the same
    scheme of activations, is then enough to see the noise. The inputs that it
    was measured on go to the .npz of the same name, for `nnq-run`. Where no
    layer is below the floor, noise adds up over layers: a remark says so, and the
    layer of the most noise is written.

    ```mlir
    func.func @f(%x: tensor<1x8xf32> {nnq.stats = #nnq.tensor_stats<...>}) -> tensor<1x4xf32> {
      %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w1 : ...) outs(...)
      %1 = linalg.exp ins(%0 : ...) outs(...)
      %2 = linalg.matmul {nnq.layer = "fc2"} ins(%1, %w2 : ...) outs(...)
      return %2 : tensor<1x4xf32>
    }
    ```

    If the first layer is harmed, the file holds

    ```mlir
    func.func @layer(%x: tensor<1x8xf32> {nnq.stats = #nnq.tensor_stats<...>}) -> tensor<1x6xf32> {
      %0 = linalg.matmul {nnq.layer = "fc1", nnq.weights = #nnq.weight_format<...>} ins(%x, %w1 : ...) outs(...)
      %1 = linalg.exp ins(%0 : ...) outs(...)
      return %1 : tensor<1x6xf32>
    }
    ```
  }];
  // Needs the pipelines that quantize and lower.
  let constructor = "nullptr";
  let options = [
    Option<"data", "data", "std::string", "\"\"", "Data to run on, .npy or .npz">,
    Option<"key", "key", "std::string", "\"x\"",
           "Name of the array in the .npz, or names of several by commas">,
    Option<"samples", "samples", "int64_t", "16",
           "Use at most this many samples; 0 means all">,
    Option<"floor", "sqnr-floor", "double", "15",
           "Signal to noise in dB that is enough">,
    Option<"output", "output", "std::string", "\"\"",
           "The .mlir to write the layer to">,
  ];
  let statistics = [
    Statistic<"numMeasured", "measured", "Number of layers measured">,
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
