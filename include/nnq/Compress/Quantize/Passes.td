//===- Passes.td - Passes of the Quantize stage ------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_QUANTIZE_PASSES_TD
#define NNQ_QUANTIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

def Quantize : Pass<"nnq-quantize", "::mlir::ModuleOp"> {
  let summary = "Quantizes the operands of convolutions and contractions to int8";
  let description = [{
    Both operands of a convolution or contraction with a constant weight are put
    in quantize/dequantize form; the op itself stays on f32.

    Weights are rounded at compile time, half to even after a true division by
    the f32 scale:

    - symmetric: i8 in [-127, 127], scale max|w| / 127;
    - symmetric with `weight-range=reduced`: i8 in [-63, 63], scale max|w| / 63 or
      as much more as it takes that of any eight neighbouring input channels
      those that one 16-bit sum adds up (0, 1, 4, 5 and 2, 3, 6, 7) have weights
      of one sign that sum up to 128 at most: 255 * 128 fits;
    - asymmetric: i8 in [-128, 127], scale (max - min) / 255 with a zero point;
    - with `weight-calibration=mse`, the default, scales up to twice as large
      that put the largest weight (or the range) at a whole number of steps
      compete by their squared error: weights that were rounded to a coarser grid
      before are exact on it;
    - one scale for each output channel, or for the tensor. The axis is the
      longest one where groups or batches give several. A channel of zeros has
      scale 1.

    Activations take their range, extended by zero, from the attribute
    `nnq.quant_range`, or else all of `nnq.stats`, of the op that makes them
    (through reshapes and pads) or of the function argument: u8 with a zero point
    if asymmetric, i8 with scale max|x| / 127 if symmetric. Without either the
    parameters are found at run time; the pass says so once.

    With statistics, other tensors that lie in memory between convolutional
    layers are quantized too: the branches of residual additions and the inputs of
    average pools. The branch that a convolution computes last is not stored and
    keeps its precision.

    So are both operands of a product of two activations, as attention computes
    them, unless `attention=f32`; without statistics it stays in f32.

    An op that stays in f32 gets the reason in the attribute `nnq.keep_f32`; a
    user may write the attribute to keep an op from being quantized.

    ```mlir
    %w = arith.constant dense_resource<w> : tensor<6x1x5x5xf32>
    %0 = linalg.conv_2d_nchw_fchw ins(%x, %w : ...) outs(%zero : ...)
    ```

    becomes

    ```mlir
    %ws = arith.constant dense_resource<w_q> : tensor<6x1x5x5xi8>
    %wq = quant.scast %ws : tensor<6x1x5x5xi8> to tensor<6x1x5x5x
        !quant.uniform<i8<-127:127>:f32:0, {...}>>
    %wd = quant.dcast %wq : ... to tensor<6x1x5x5xf32>
    %xq = quant.qcast %x : ... to tensor<1x1x28x28x!quant.uniform<u8:f32, 0.01:128>>
    %xd = quant.dcast %xq : ... to tensor<1x1x28x28xf32>
    %0 = linalg.conv_2d_nchw_fchw {nnq.provenance = #nnq.provenance<...>}
        ins(%xd, %wd : ...) outs(%zero : ...)
    ```
  }];
  let options = [
    Option<"weights", "weights", "::nnq::QuantScheme",
           "::nnq::QuantScheme::Symmetric", "Scheme of weights",
           "::nnq::quantSchemeValues()">,
    Option<"activations", "activations", "::nnq::QuantScheme",
           "::nnq::QuantScheme::Asymmetric", "Scheme of activations",
           "::nnq::quantSchemeValues()">,
    Option<"weightGranularity", "weight-granularity",
           "::nnq::WeightGranularity", "::nnq::WeightGranularity::PerAxis",
           "How many weights share a scale",
           "::nnq::weightGranularityValues()">,
    Option<"weightRange", "weight-range", "::nnq::WeightRange",
           "::nnq::WeightRange::Full", "Integers that symmetric weights may take",
           "::nnq::weightRangeValues()">,
    Option<"weightCalibration", "weight-calibration",
           "::nnq::WeightCalibration", "::nnq::WeightCalibration::Mse",
           "How scales of weights are chosen",
           "::nnq::weightCalibrationValues()">,
    Option<"attention", "attention", "::nnq::ProductPrecision",
           "::nnq::ProductPrecision::Int8",
           "Precision of products of two activations, as in attention",
           "::nnq::productPrecisionValues()">,
  ];
  let statistics = [
    Statistic<"numQuantized", "quantized", "Number of ops quantized">,
    Statistic<"numProducts", "products",
              "Number of products of two activations quantized">,
    Statistic<"numKept", "kept-f32", "Number of ops kept in f32">,
    Statistic<"numDynamic", "dynamic",
              "Number of activations with parameters found at run time">,
    Statistic<"numBranches", "branches",
              "Number of operands of joins and pools quantized">,
    Statistic<"bitsSaved", "bits-saved", "Bits of weights saved">,
  ];
  let dependentDialects = ["::mlir::quant::QuantDialect", "::nnq::NNQDialect",
                           "::mlir::arith::ArithDialect"];
}

def SelectPrecision : Pass<"nnq-select-precision", "::mlir::ModuleOp"> {
  let summary = "Writes on layers how each of them is to be quantized";
  let description = [{
    Reads requests of the form `layers=WHICH=HOW,WHICH=HOW,...`; later ones win.

    - WHICH is a POSIX regular expression for the whole name of a layer, or
      `kind:` and a kind of layer: `conv`, `depthwise`, `linear` or `matmul` (of
      two activations).
    - HOW is `f32`, which is written as `nnq.keep_f32`, or any of `symmetric`,
      `asymmetric`, `per-axis`, `per-tensor`, `full` and `reduced`, joined by `+`,
      which become `nnq.weights`; what is left out is as the other options say.

    A request that no layer answers is an error, as is one that is not
    understood. Layers with such attributes of their own keep them.

    ```mlir
    // layers=conv1=f32,fc.*=per-tensor
    %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv1"} ins(...) outs(...)
    %1 = linalg.matmul {nnq.layer = "fc1"} ins(...) outs(...)
    ```

    becomes

    ```mlir
    %0 = linalg.conv_2d_nchw_fchw {nnq.keep_f32 = "layers=conv1=f32", nnq.layer = "conv1"} ins(...) outs(...)
    %1 = linalg.matmul {nnq.layer = "fc1", nnq.weights = #nnq.weight_format<
        scheme = symmetric, granularity = per_tensor, range = full>} ins(...) outs(...)
    ```
  }];
  let options = [
    Option<"layers", "layers", "std::string", "\"\"",
           "Requests for layers, WHICH=HOW by commas">,
    Option<"weights", "weights", "::nnq::QuantScheme",
           "::nnq::QuantScheme::Symmetric", "Scheme of weights",
           "::nnq::quantSchemeValues()">,
    Option<"weightGranularity", "weight-granularity",
           "::nnq::WeightGranularity", "::nnq::WeightGranularity::PerAxis",
           "How many weights share a scale",
           "::nnq::weightGranularityValues()">,
    Option<"weightRange", "weight-range", "::nnq::WeightRange",
           "::nnq::WeightRange::Full", "Integers that symmetric weights may take",
           "::nnq::weightRangeValues()">,
  ];
  let statistics = [
    Statistic<"numKept", "kept-f32", "Number of layers to stay in f32">,
    Statistic<"numSelected", "selected", "Number of layers with a format of their own">,
  ];
  let dependentDialects = ["::nnq::NNQDialect"];
}

def PropagateQuantization : Pass<"nnq-propagate-quantization"> {
  let summary = "Moves quantization above ops that commute with it";
  let description = [{
    What lies between two integer ops becomes integer too. Quantization with one
    scale for the tensor commutes with reshapes, pads, transposes, slices,
    insertions, concatenations and maxima, bit for bit. Reshapes and pads move to the
    quantized value; the others are put between casts of equal parameters.
    `quantize(dequantize(q))` of equal parameters is q; the reverse pair rounds
    and stays. Dequantization moves below such ops where nothing is rounded, as a
    network that came quantized has it above them; the weights of such a network
    are moved as integers, with the dimension of their scales.

    ```mlir
    %1 = linalg.pooling_nchw_max ins(%0, %window : ...) outs(%lowest : ...)
    %2 = tensor.collapse_shape %1 : ...
    %3 = quant.qcast %2 : tensor<1x256xf32> to tensor<1x256x!q>
    ```

    becomes

    ```mlir
    %q = quant.qcast %0 : tensor<1x16x8x8xf32> to tensor<1x16x8x8x!q>
    %d = quant.dcast %q : tensor<1x16x8x8x!q> to tensor<1x16x8x8xf32>
    %1 = linalg.pooling_nchw_max ins(%d, %window : ...) outs(%lowest : ...)
    %2 = quant.qcast %1 : tensor<1x16x4x4xf32> to tensor<1x16x4x4x!q>
    %3 = tensor.collapse_shape %2 : ...
    ```
  }];
  let dependentDialects = ["::mlir::quant::QuantDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def VerifyQuantized : Pass<"nnq-verify-quantized", "::mlir::ModuleOp"> {
  let summary = "Checks that a network is quantized, or says why not";
  let description = [{
    Fails, and lists all that is wrong at once, unless

    - both operands of every convolution and contraction are dequantized, or the
      op carries `nnq.keep_f32`;
    - scales are finite, positive f32 numbers and zero points lie in the range of
      the storage type;
    - weights are i8, with zero point 0 and no -128 if their range is narrow;
    - activations have one scale for the tensor.
  }];
}

#endif // NNQ_QUANTIZE_PASSES_TD
