//===- Passes.td - Passes of the Share stage ---------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SHARE_PASSES_TD
#define NNQ_SHARE_PASSES_TD

include "mlir/Pass/PassBase.td"

def SelectCodebooks : Pass<"nnq-select-codebooks", "::mlir::ModuleOp"> {
  let summary = "Decides which layers take their weights from a codebook";
  let description = [{
    Writes `nnq.codebook` on convolutions and contractions with constant weights,
    in f32 or quantized: each weight becomes one of 2^`bits` numbers, which all
    output channels share or, with `channels`, that many neighbours. With
    `channels` above the number of those that there are, all of them share.

    With `zeros`, weights that are zero stay zero: what was pruned is not undone.

    With `vector` of 2 or 4 an entry of the codebook is for the weights of as many
    neighbouring input channels, so that a weight has bits / vector bits (GPTVQ, van
    Baalen et al., 2024).

    Layers whose weights are as few as the numbers of their codebooks keep them,
    with a remark. `exclude` names layers, by regular expressions, that do too.

    ```mlir
    %0 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 4>}
        ins(%x, %w : tensor<1x64xf32>, tensor<64x16xf32>) outs(...)
    ```
  }];
  let options = [
    Option<"bits", "bits", "int64_t", "4", "Bits of a weight, 1 to 8">,
    Option<"channels", "channels", "int64_t", "0",
           "Output channels that share a codebook; 0 for all">,
    Option<"zeros", "zeros", "bool", "true", "Weights that are zero stay zero">,
    Option<"vector", "vector", "int64_t", "1",
           "Weights of neighbouring input channels that an entry is for: 1, 2 or 4">,
    Option<"exclude", "exclude", "std::string", "\"\"",
           "Layers that keep their weights: regular expressions by commas">,
  ];
  let statistics = [
    Statistic<"numSelected", "selected", "Number of layers to share weights">,
    Statistic<"numMissed", "missed", "Number of layers that keep their weights">,
  ];
  let dependentDialects = ["::nnq::NNQDialect"];
}

def ShareWeights : Pass<"nnq-share-weights", "::mlir::ModuleOp"> {
  let summary = "Takes the weights of layers from codebooks";
  let description = [{
    Each weight of a layer with `nnq.codebook` becomes the product of the scale of
    its output channel and of one of 2^bits integers, the codebook. Scales and
    codebook in turn are those of the least squared error until it no longer
    falls; for given scales, the codebook is the best that there is (k-means in one
    dimension, by dynamic programming), so that no seed is needed. The error of a
    weight counts by E[x^2] of what it multiplies, from `nnq.input_stats`, if all
    readers of the weights have that. Where there are correlations, too, other
    weights of a row make up for the error of one, as in gptq.

    Integers of up to 4 bits lie in [-32, 32], so that 16 bits hold the sum of four
    products with u8, and of up to 2 bits in [-16, 16], for eight of them; those of
    up to 6 bits in [-63, 63], others in [-127, 127]. Of 4 and of 16 numbers one is
    zero.

    Entries for several weights are vectors of integers in [-127, 127], found by
    splitting the group of the largest error until there are as many as asked for
    (Linde, Buzo and Gray, 1980). They are stored one by one unless the code is
    lowered with `objective=size`, where constants whose neighbours repeat are
    encoded.

    The weights are then a constant of int8 in quantize-dequantize form, and
    `nnq.weight_bits` of the layer says how many bits tell them apart, of which
    kernels make use; where entries are vectors, `nnq.weight_vectors` says where
    the weights of one are. `nnq.weight_sqnr` is the signal to noise of what has
    changed. Layers that read one constant are one.

    ```mlir
    %w = arith.constant dense<...> : tensor<64x16xf32>
    %0 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 4>} ins(%x, %w : ...) outs(...)
    ```

    becomes

    ```mlir
    %c = arith.constant dense<...> : tensor<64x16xi8>
    %q = quant.scast %c : tensor<64x16xi8> to tensor<64x16x!quant.uniform<i8<-32:32>:f32:1, {...}>>
    %w = quant.dcast %q : ...
    %0 = linalg.matmul {nnq.weight_bits = 4} ins(%x, %w : ...) outs(...)
    ```
  }];
  let options = [
    Option<"damping", "damping", "double", "0.01",
           "Share of the mean of the diagonal of a correlation that is added to it">,
  ];
  let statistics = [
    Statistic<"numShared", "shared", "Number of layers whose weights are shared">,
    Statistic<"numWeights", "weights", "Number of weights of these layers">,
    Statistic<"numBits", "bits", "Number of bits of the weights that are saved">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::quant::QuantDialect",
                           "::nnq::NNQDialect"];
}

def SelectKernelGroups : Pass<"nnq-select-kernel-groups", "::mlir::ModuleOp"> {
  let summary = "Decides which convolutions share kernels";
  let description = [{
    Writes `nnq.kernel_groups` on convolutions with constant weights of f32 and one
    group: the number of kernels of which all others are to be multiples, either
    `groups` or what `ratio` of its output channels leaves, rounded down to
    multiples of a register of the target (`nnq.target` of the module, else this
    machine) or of `round-to`.

    Layers that would have more weights or multiply-adds stay, with a remark, and
    with `objective=latency` those that the model which chooses kernels takes for
    no faster. So do layers without a window and those that `exclude` names.

    ```mlir
    %0 = linalg.conv_2d_nchw_fchw {nnq.kernel_groups = 16 : i64}
        ins(%x, %w : tensor<1x32x8x8xf32>, tensor<64x32x3x3xf32>) outs(...)
    ```
  }];
  let options = [
    Option<"groups", "groups", "int64_t", "-1", "Kernels of each layer">,
    Option<"ratio", "ratio", "double", "0",
           "Share of the kernels that go, between 0 and 1">,
    Option<"objective", "objective", "::nnq::FactorObjective",
           "::nnq::FactorObjective::Latency", "What kernels are shared for",
           "::nnq::factorObjectiveValues()">,
    Option<"roundTo", "round-to", "int64_t", "0",
           "With ratio, kernels are multiples of this number (0: as the target "
           "computes them)">,
    Option<"exclude", "exclude", "std::string", "\"\"",
           "Layers that keep their kernels: regular expressions by commas">,
  ];
  let statistics = [
    Statistic<"numSelected", "selected", "Number of layers to share kernels">,
    Statistic<"numMissed", "missed", "Number of layers that keep their kernels">,
  ];
  let dependentDialects = ["::nnq::NNQDialect"];
}

def ShareKernels : Pass<"nnq-share-kernels", "::mlir::ModuleOp"> {
  let summary = "Makes the kernels of convolutions multiples of fewer ones";
  let description = [{
    The kernels of a convolution with `nnq.kernel_groups`, as vectors, are clustered
    by direction: each becomes a multiple, of either sign, of that of its group,
    with the least squared error that alternating between groups and their
    directions finds. It starts from kernels that are far from each other. The error
    of a weight counts by E[x^2] of what it multiplies, from `nnq.input_stats`, if
    that is there.

    The convolution is then one with a channel for each group, computed once, and a
    1x1 convolution, with one weight a channel that is not zero, which is the scale
    of the kernel: layers NAME.0 and NAME.1, with `nnq.provenance`. A bias behind
    the layer is behind the second one.

    ```mlir
    %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "c", nnq.kernel_groups = 16 : i64}
        ins(%x, %w : tensor<1x32x8x8xf32>, tensor<64x32x3x3xf32>) outs(...)
    ```

    becomes

    ```mlir
    %0 = linalg.generic {nnq.layer = "c.0"}
        ins(%x, %shared : tensor<1x32x8x8xf32>, tensor<16x32x3x3xf32>) outs(...)
    %1 = linalg.conv_2d_nchw_fchw {nnq.layer = "c.1"}
        ins(%0, %scales : tensor<1x16x6x6xf32>, tensor<64x16x1x1xf32>) outs(...)
    ```
  }];
  let statistics = [
    Statistic<"numShared", "shared", "Number of layers whose kernels are shared">,
    Statistic<"numKernels", "kernels", "Number of kernels that are gone">,
    Statistic<"numWeights", "weights", "Number of weights that are gone">,
    Statistic<"numMultiplyAdds", "multiply-adds",
              "Number of multiply-adds of a sample that are gone">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // NNQ_SHARE_PASSES_TD
