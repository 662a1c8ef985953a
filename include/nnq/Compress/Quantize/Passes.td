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
    - with `weight-bits=4`: i4 in [-8, 7], two to a byte; with `group-size=N` there
      is a scale, and a zero point if asymmetric, for each N inputs of an output
      channel, of 4 or 8 bits. Depthwise convolutions, and with groups all but
      products of two matrices whose inputs they divide, get 8 bits without groups
      instead; a remark gives the reason, `kept-8-bits` counts them;
    - with `weight-calibration=mse`, the default, scales up to twice as large
      that put the largest weight (or the range) at a whole number of steps
      compete by their squared error: weights that were rounded to a coarser grid
      before are exact on it. With 4 bits scales down to half of the largest,
      which clip, compete, too;
    - one scale for each output channel, or for the tensor. The axis is the
      longest one where groups or batches give several. A channel of zeros has
      scale 1.

    Activations take their range, extended by zero, from the attribute
    `nnq.quant_range`, or else all of `nnq.stats`, of the op that makes them
    (through reshapes and pads) or of the function argument: u8 with a zero point
    if asymmetric, i8 with scale max|x| / 127 if symmetric. Without either the
    parameters are found at run time; the pass says so once. With
    `activation-granularity=per-row` those of products of two matrices are found
    at run time for each row, which statistics do not change (LLM.int8(), Dettmers
    et al., 2022); a remark names the layers whose activation has no rows.

    A sum over groups is, on every target with the same bits,

    ```
    y = scale_x * (...((0 + f32(S_0) * scale_0) + f32(S_1) * scale_1) + ...) + bias
    ```

    where S_g = sum (x - zero_x) * (w - zero_g) is an exact 32-bit integer and each
    product and sum of f32 is rounded by itself. Without groups S is one integer,
    scaled as that of 8 bits.

    With `compute=f32` activations stay in f32, and so do products of activations:
    weights alone are quantized, which needs no data. Kernels multiply with the
    integers and scale the sum of each group; of weights with zero points, and of
    convolutions, f32 is made at compile time, which a remark says.

    With statistics, other tensors that lie in memory between convolutional
    layers are quantized too: the branches of residual additions and the inputs of
    average pools. The branch that a convolution computes last is not stored and
    keeps its precision.

    So are both operands of a product of two activations, as attention computes
    them, unless `attention=f32`; without statistics it stays in f32. The second
    has no zero point where that makes steps at most 1.25 times as large: with a
    first that has no sign, as after a softmax, the product is one of u8 by s8.

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
    Option<"activationGranularity", "activation-granularity",
           "::nnq::ActivationGranularity",
           "::nnq::ActivationGranularity::PerTensor",
           "How many elements of an activation share a scale",
           "::nnq::activationGranularityValues()">,
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
    Option<"weightBits", "weight-bits", "int64_t", "8",
           "Bits of weights, 8 or 4">,
    Option<"groupSize", "group-size", "int64_t", "0",
           "Inputs of an output channel that share a scale: 32, 64, 128, or 0 for all">,
    Option<"compute", "compute", "::nnq::ComputePrecision",
           "::nnq::ComputePrecision::Int8",
           "Precision in which layers with quantized weights compute",
           "::nnq::computePrecisionValues()">,
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
    Statistic<"numRefused", "kept-8-bits",
              "Number of layers whose weights have 8 bits where fewer, or groups, were asked for">,
    Statistic<"numDynamic", "dynamic",
              "Number of activations with parameters found at run time">,
    Statistic<"numPerRow", "per-row",
              "Number of activations of which each row has its parameters">,
    Statistic<"numBranches", "branches",
              "Number of operands of joins and pools quantized">,
    Statistic<"bitsSaved", "bits-saved", "Bits of weights saved">,
  ];
  let dependentDialects = ["::mlir::quant::QuantDialect", "::nnq::NNQDialect",
                           "::mlir::arith::ArithDialect"];
}

def QuantizeNorms : Pass<"nnq-quantize-norms", "::mlir::ModuleOp"> {
  let summary = "Computes layer norms in integers";
  let description = [{
    A layer norm over the last dimension whose input and result have statistics
    reads and makes symmetric integers of 16 bits. All that is between them is
    integer arithmetic: sums, a square root found bit by bit, products of 32 by 32
    bits and shifts, so that every processor gives the same bits. Other readers of
    the input, as the residual stream, read the integers dequantized. The scales
    leave room for numbers twice as large as were seen. After I-BERT (Kim et al.,
    Integer-only BERT Quantization, 2021), which has 32-bit inputs.

    Runs behind `nnq-quantize`, which casts the result for the layers that read it.
    A norm without statistics stays in f32, and a remark says so; `nnq.keep_f32` on
    the last op keeps one on purpose.

    ```mlir
    %y = linalg.generic ... // (x - mean) / sqrt(variance + epsilon) * scale + offset
    ```

    becomes

    ```mlir
    %0 = quant.qcast %x : tensor<4x8xf32> to tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.001>>
    %1 = quant.scast %0 : ... to tensor<4x8xi16>
    %2 = linalg.generic ... -> tensor<4x8xi16>
    %3 = quant.scast %2 : tensor<4x8xi16> to tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 0.0005>>
    %y = quant.dcast %3 : ... to tensor<4x8xf32>
    ```
  }];
  let statistics = [
    Statistic<"numQuantized", "quantized", "Number of layer norms in integers">,
    Statistic<"numMissed", "missed", "Number of layer norms left in f32">,
  ];
  let dependentDialects = ["::mlir::quant::QuantDialect", "::nnq::NNQDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect"];
}

def QuantizeSoftmax : Pass<"nnq-quantize-softmax", "::mlir::ModuleOp"> {
  let summary = "Lets the sums of a softmax add up the integers of its numerators";
  let description = [{
    Where the numerators exp(x - max x) of a softmax are quantized, and the
    division by their sum is behind the product that they are a factor of
    (`nnq-defer-scaling`), the sum is that of the quantized ones: what rounding
    adds to the weights of a row it adds to their sum, so that they sum up to one.
    The sum cannot be zero, as one of each row is 1. Nothing else reads the
    exponentials, which are rounded where they are computed.

    Before:
    ```mlir
    %sum = linalg.generic ... ins(%exp : tensor<4x8xf32>) ...
    %q = quant.qcast %exp : tensor<4x8xf32> to tensor<4x8x!quant.uniform<u8:f32, 0.004>>
    ```
    After:
    ```mlir
    %q = quant.qcast %exp : tensor<4x8xf32> to tensor<4x8x!quant.uniform<u8:f32, 0.004>>
    %rounded = quant.dcast %q : tensor<4x8x!quant.uniform<u8:f32, 0.004>> to tensor<4x8xf32>
    %sum = linalg.generic ... ins(%rounded : tensor<4x8xf32>) ...
    ```
  }];
  let statistics = [Statistic<"numSums", "sums", "Sums that add up integers">];
  let dependentDialects = ["::mlir::quant::QuantDialect"];
}

def SelectPrecision : Pass<"nnq-select-precision", "::mlir::ModuleOp"> {
  let summary = "Writes on layers how each of them is to be quantized";
  let description = [{
    Reads requests of the form `layers=WHICH=HOW,WHICH=HOW,...`; later ones win.

    - WHICH is a POSIX regular expression for the whole name of a layer, or
      `kind:` and a kind of layer: `conv`, `depthwise`, `linear` or `matmul` (of
      two activations).
    - HOW is `f32`, which is written as `nnq.keep_f32`, or any of `symmetric`,
      `asymmetric`, `per-axis`, `per-tensor`, `full`, `reduced`, `int8`, `int4` and
      `group0`, `group32`, `group64`, `group128`, which become `nnq.weights`, and
      of `activation-symmetric`, `activation-asymmetric`, `static`, `dynamic` and
      `per-row`, which become `nnq.activation`, joined by `+`; what is left out is
      as the other options say.

    A request that no layer answers is an error, as is one that is not
    understood. Layers with such attributes of their own keep them.

    `foreign=keep` is about networks that came in quantized in part, by QAT or by
    another tool: what is in f32 there, layers and branches, stays so
    (`nnq.keep_f32`), and so does the activation of layers whose weights alone are
    quantized. Other networks it leaves alone.

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
    Option<"activations", "activations", "::nnq::QuantScheme",
           "::nnq::QuantScheme::Asymmetric", "Scheme of activations",
           "::nnq::quantSchemeValues()">,
    Option<"activationGranularity", "activation-granularity",
           "::nnq::ActivationGranularity",
           "::nnq::ActivationGranularity::PerTensor",
           "How many elements of an activation share a scale",
           "::nnq::activationGranularityValues()">,
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
    Option<"weightBits", "weight-bits", "int64_t", "8",
           "Bits of weights, 8 or 4">,
    Option<"groupSize", "group-size", "int64_t", "0",
           "Inputs of an output channel that share a scale: 32, 64, 128, or 0 for all">,
    Option<"foreign", "foreign", "::nnq::ForeignQuantization",
           "::nnq::ForeignQuantization::Complete",
           "What becomes of f32 layers of a network that came in quantized in part",
           "::nnq::foreignQuantizationValues()">,
  ];
  let statistics = [
    Statistic<"numKept", "kept-f32", "Number of layers to stay in f32">,
    Statistic<"numSelected", "selected", "Number of layers with a format of their own">,
  ];
  let dependentDialects = ["::nnq::NNQDialect"];
}

def EqualizeLayers : Pass<"nnq-equalize-layers", "::mlir::ModuleOp"> {
  let summary = "Equalizes the weights of consecutive layers channel by channel";
  let description = [{
    Cross-layer equalization (Nagel et al., Data-Free Quantization Through Weight
    Equalization and Bias Correction, 2019). Where the result of a layer reaches
    other layers only through what commutes with positive factors (a bias, ReLU
    and its kin, pools, pads with zeros, reshapes), each channel i is divided by
    s and the weights that multiply it are multiplied by s = sqrt(r1 / r2), r1
    and r2 being the largest magnitudes in both, until nothing changes: a
    scale for the whole tensor then serves all channels. Channels
    of next to no weight but a bias are not blown up. In f32 the network
    computes the same up to rounding.

    Where a channel reaches anything else (another branch of a residual addition,
    a clamp such as that of ReLU6, a result of the function) the layer stays as it
    is, and a remark says why. Statistics of scaled tensors are dropped.

    ```mlir
    %w1 = arith.constant dense<[[8.0, 0.5]]> : tensor<1x2xf32>
    %w2 = arith.constant dense<[[0.5], [8.0]]> : tensor<2x1xf32>
    %0 = linalg.matmul ins(%x, %w1 : ...) outs(...)
    %1 = linalg.matmul ins(%0, %w2 : ...) outs(...)
    ```

    becomes the same with

    ```mlir
    %w1 = arith.constant dense<[[2.0, 2.0]]> : tensor<1x2xf32>
    %w2 = arith.constant dense<[[2.0], [2.0]]> : tensor<2x1xf32>
    ```
  }];
  let statistics = [
    Statistic<"numEqualized", "equalized", "Number of layers equalized with the next">,
    Statistic<"numMissed", "missed",
              "Number of layers whose channels cannot be scaled">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::nnq::NNQDialect"];
}

def SmoothActivations : Pass<"nnq-smooth-activations", "::mlir::ModuleOp"> {
  let summary = "Moves large channels of activations into weights";
  let description = [{
    SmoothQuant (Xiao et al., Accurate and Efficient Post-Training Quantization
    for Large Language Models, 2023). What linear layers read of a
    normalization is divided, channel by channel, by s = max|x|^alpha /
    max|w|^(1 - alpha), and their weights are multiplied by it; the factor goes
    into the scale and offset of the normalization (gamma and beta). Its other
    readers, as the residual stream, keep the result as it was: those ops are
    cloned. In f32 the network computes the same up to rounding.

    The maxima are those of `nnq.input_stats`, which are rescaled, as is
    `nnq.stats` of what is read; its histogram and moving averages are lost, so
    that `nnq-choose-ranges` takes the whole range.

    ```mlir
    %1 = linalg.generic ins(%0, %gamma, %beta : ...) { mulf, addf }
    %2 = linalg.matmul {nnq.input_stats = #nnq.input_stats<...>} ins(%1, %w : ...) outs(...)
    ```

    becomes the same with other constants.
  }];
  let options = [
    Option<"alpha", "alpha", "double", "0.5",
           "How much of the range of activations moves into weights, 0 to 1">,
  ];
  let statistics = [
    Statistic<"numSmoothed", "smoothed", "Number of activations smoothed">,
    Statistic<"numMissed", "missed", "Number of inputs of linear layers left as they are">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::nnq::NNQDialect",
                           "::mlir::linalg::LinalgDialect"];
}

def RoundWeights : Pass<"nnq-round-weights", "::mlir::ModuleOp"> {
  let summary = "Rounds weights so that the results of layers change least";
  let description = [{
    GPTQ (Frantar et al., Accurate Post-Training Quantization for Generative
    Pre-trained Transformers, 2022; after Optimal Brain Surgeon). Scales are
    those that `nnq-quantize` would choose. Weights are rounded one input after
    the other, that of the largest second moment first, and the error of each is
    made up for by those not rounded yet, so that E|(w - dequantize(q)) x|^2
    over the calibration data is small: by the Cholesky factor of the inverse of
    `correlation` in `nnq.input_stats`, with `damping` times its mean diagonal
    added to the diagonal; a tenth of the inputs that there are for each sample,
    where that is more. Groups and channels of depthwise convolutions have
    matrices of their own. Weights of reduced range keep to what that promises.

    Correlations are those of the network in f32, so that layers are rounded side by
    side. Gathered again once all layers are quantized, they change the results of
    ResNet-8, ResNet-20, DS-CNN and MiniLM by less than 1 dB, of either sign, with
    weights of 8 bits and of 4.

    The integers are carried as such, so `nnq-quantize` does not round again. A
    layer is left to it, which a remark says, if there is no correlation of its
    input, or if nearest integers have the smaller error.

    ```mlir
    %0 = linalg.matmul {nnq.input_stats = #nnq.input_stats<...>} ins(%x, %w : ...) outs(...)
    ```

    becomes

    ```mlir
    %q = arith.constant dense_resource<w_q> : tensor<4x8xi8>
    %s = quant.scast %q : tensor<4x8xi8> to tensor<4x8x!quant.uniform<...>>
    %d = quant.dcast %s : ... to tensor<4x8xf32>
    %0 = linalg.matmul {...} ins(%x, %d : ...) outs(...)
    ```
  }];
  let options = [
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
    Option<"weightCalibration", "weight-calibration",
           "::nnq::WeightCalibration", "::nnq::WeightCalibration::Mse",
           "How scales of weights are chosen",
           "::nnq::weightCalibrationValues()">,
    Option<"weightBits", "weight-bits", "int64_t", "8",
           "Bits of weights, 8 or 4">,
    Option<"groupSize", "group-size", "int64_t", "0",
           "Inputs of an output channel that share a scale: 32, 64, 128, or 0 for all">,
    Option<"damping", "damping", "double", "0.01",
           "Share of the mean of the diagonal that is added to it, at least">,
    Option<"optional", "optional", "bool", "false",
           "Do nothing, without an error, where no layer has a correlation">,
  ];
  let statistics = [
    Statistic<"numRounded", "rounded", "Number of layers rounded">,
    Statistic<"numMissed", "missed", "Number of layers left to be rounded to nearest">,
  ];
  let dependentDialects = ["::mlir::quant::QuantDialect", "::nnq::NNQDialect",
                           "::mlir::arith::ArithDialect"];
}

def CorrectBias : Pass<"nnq-correct-bias", "::mlir::ModuleOp"> {
  let summary = "Removes the mean error that quantized weights make";
  let description = [{
    Bias correction (Nagel et al., Data-Free Quantization Through Weight
    Equalization and Bias Correction, 2019), from data: what the rounding of
    weights adds to the mean of each output channel, sum_k (w - dequantize(q)) *
    E[x], is added to the result, where later folding makes it part of the bias.
    E[x] and the mean of the result come from `nnq.input_stats`, so that it
    does not matter how the weights were rounded; layers without it stay as they
    are, which a remark says.

    ```mlir
    %0 = linalg.matmul {nnq.input_stats = #nnq.input_stats<...>} ins(%xd, %wd : ...) outs(...)
    ```

    becomes

    ```mlir
    %0 = linalg.matmul {nnq.input_stats = #nnq.input_stats<...>} ins(%xd, %wd : ...) outs(...)
    %1 = linalg.generic ins(%0, %correction : ...) { addf }
    ```
  }];
  let options = [
    Option<"optional", "optional", "bool", "false",
           "Do nothing, without an error, where no layer has statistics">,
  ];
  let statistics = [
    Statistic<"numCorrected", "corrected", "Number of layers corrected">,
    Statistic<"numMissed", "missed", "Number of quantized layers left as they are">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
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
    - weights are i8 or i4, with zero point 0 and no -128 if their range is narrow;
    - activations have one scale for the tensor.
  }];
}

#endif // NNQ_QUANTIZE_PASSES_TD
