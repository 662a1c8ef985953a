//===- Passes.td - Passes of the Factorize stage -----------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_FACTORIZE_PASSES_TD
#define NNQ_FACTORIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

def SelectRanks : Pass<"nnq-select-ranks", "::mlir::ModuleOp"> {
  let summary = "Decides which layers become products of smaller ones";
  let description = [{
    Writes `nnq.factorize` on convolutions and contractions with constant f32
    weights, for `nnq-factorize-layers`: a method and its ranks. Layers over
    groups, depthwise ones among them, stay.

    - `svd`: C output channels from inputs and a window of K numbers become r
      channels from K numbers and C from r.
    - `channel-svd`: the same, of layers with a window only.
    - `spatial-svd`: k x 1 to r channels and 1 x k from these (Jaderberg et al.,
      BMVC 2014), of windows of two dimensions and more.
    - `tucker`: 1 x 1 to r1 channels, the window to r2, 1 x 1 (Kim et al., ICLR
      2016). A dimension of full rank needs no layer.
    - `cp`: 1 x 1 to r channels, k x 1 and 1 x k of each of them, 1 x 1 (Lebedev
      et al., ICLR 2015).
    - `auto`: `svd` without a window; with one, of channel-svd, spatial-svd and
      tucker that of the least cost or, with `ratio`, of the least error.

    Ranks are chosen by one of

    - `rank`: the number.
    - `ratio`: the share of the multiply-adds of a layer that go, at least.
    - `energy`: the share of the sum of squared singular values that stays, at
      least; of tucker in both of its unfoldings. Not for cp.
    - `vbmf`: variational Bayes matrix factorization (Nakajima et al., JMLR 2013),
      which takes for noise what noise explains. Not for cp.
    - `latency`: the share of the estimated time of all candidates that may stay.
      All get the same energy, the largest that this allows.

    and rounded to multiples of a register of the target (`nnq.target` of the
    module, else this machine), or of `round-to`: up where multiply-adds stay below
    those of the layer, else down, and down with `ratio`. They are 1 at least.

    Where layers have `nnq.input_stats`, `svd` weighs by the second moments of what
    they multiply: singular values are those of W C^(1/2).

    A factorization is kept if by `objective` it pays: `latency` asks the model
    that chooses kernels for cycles, `size` counts weights. It always has fewer
    multiply-adds. Others are refused, with a remark.

    `exclude` names layers that stay, by regular expressions. `layers` has
    requests of the form WHICH=HOW by commas, later ones win: WHICH is a regular
    expression, HOW `keep` or a method, and its ranks if it should have others:
    `conv.*=tucker:8:16,fc=svd`.

    ```mlir
    %0 = linalg.matmul {nnq.layer = "fc",
        nnq.factorize = {method = "svd", ranks = array<i64: 8>}} ins(...) outs(...)
    ```
  }];
  let options = [
    Option<"method", "method", "::nnq::FactorMethod", "::nnq::FactorMethod::Auto",
           "How layers are taken apart", "::nnq::factorMethodValues()">,
    Option<"rank", "rank", "int64_t", "-1", "Rank of all layers">,
    Option<"ratio", "ratio", "double", "0",
           "Share of the multiply-adds of each layer that go, between 0 and 1">,
    Option<"energy", "energy", "double", "0",
           "Share of the squared singular values that stays, between 0 and 1">,
    Option<"vbmf", "vbmf", "bool", "false",
           "Ranks of what noise does not explain">,
    Option<"latency", "latency", "double", "0",
           "Share of the estimated time that may stay, between 0 and 1">,
    Option<"objective", "objective", "::nnq::FactorObjective",
           "::nnq::FactorObjective::Latency",
           "What a factorization is kept for", "::nnq::factorObjectiveValues()">,
    Option<"roundTo", "round-to", "int64_t", "0",
           "Ranks are multiples of this number (0: as the target computes them)">,
    Option<"exclude", "exclude", "std::string", "\"\"",
           "Layers that stay: regular expressions by commas">,
    Option<"layers", "layers", "std::string", "\"\"",
           "Requests for layers, WHICH=HOW by commas">,
    Option<"seed", "seed", "int64_t", "0", "Of the starts of cp">,
  ];
  let statistics = [
    Statistic<"numSelected", "selected", "Number of layers to factorize">,
    Statistic<"numMissed", "missed", "Number of layers that stay">,
  ];
}

def MeasureFactors : Pass<"nnq-measure-factors", "::mlir::ModuleOp"> {
  let summary = "Keeps the factorizations that make their layers faster";
  let description = [{
    Compiles each layer that has `nnq.factorize`, with the padding in front of it
    and the elementwise ops behind it, as it is and as its factors, runs both in
    turns on this machine and takes the request away unless the factors take less
    than 0.98 of the time. A remark tells both times, and `nnq.refused` of the
    function what was refused.

    With `precision=int8` both are quantized first: layers of weights of 7 bits with
    ranges that are made up, since time does not depend on them.

    Times are kept in `cache`, by default in the user's folder of caches, under the
    shapes and the form of a layer, the target and the version of the compiler;
    weights do not matter, unless a quarter of them is zero. Where the target of the
    module is another machine nothing is measured; this is an error with
    `gate=measure`.

    ```mlir
    %0 = linalg.matmul {nnq.layer = "fc",
        nnq.factorize = {method = "svd", ranks = array<i64: 8>}} ins(...) outs(...)
    ```

    becomes, if that is no faster,

    ```mlir
    %0 = linalg.matmul {nnq.layer = "fc"} ins(...) outs(...)
    ```
  }];
  // Needs the pipelines that quantize and lower.
  let constructor = "nullptr";
  let options = [
    Option<"gate", "gate", "::nnq::FactorGate", "::nnq::FactorGate::Auto",
           "What to do where the target is another machine",
           "::nnq::factorGateValues()">,
    Option<"precision", "precision", "::nnq::CompiledPrecision",
           "::nnq::CompiledPrecision::F32", "What layers are compiled in",
           "::nnq::compiledPrecisionValues()">,
    Option<"cache", "cache", "std::string", "\"\"",
           "File of times that were measured, or none">,
  ];
  let statistics = [
    Statistic<"numKept", "kept", "Number of layers that become faster">,
    Statistic<"numRefused", "refused", "Number of layers that would not">,
    Statistic<"numMeasured", "measured", "Number of pairs that were compiled and run">,
    Statistic<"numMissed", "missed", "Number of layers that cannot be measured">,
  ];
}

def FactorizeLayers : Pass<"nnq-factorize-layers", "::mlir::ModuleOp"> {
  let summary = "Replaces layers by products of smaller ones";
  let description = [{
    Takes layers apart as `nnq.factorize` asks (see `nnq-select-ranks`). What comes
    out is f32 linalg: layers NAME.0, NAME.1, ... in a row, with `nnq.provenance`.
    A bias behind the layer is behind the last one, and padding in front of the
    first one.

    Where a layer has `nnq.input_stats`, svd is that of W C^(1/2), and the last
    factor of the other methods is fitted to what the layer computes, with the
    least squared error: with C the `correlation`, or, where it is missing, the
    diagonal of second moments.

    CP decompositions are found by alternating least squares that pull towards the
    sweep before, from singular vectors and random starts; where terms cancel
    each other they are degenerate, which is an error if no start has another.

    ```mlir
    %0 = linalg.matmul {nnq.layer = "fc", nnq.factorize = {method = "svd", ranks = array<i64: 2>}}
        ins(%x, %w : tensor<1x8xf32>, tensor<8x8xf32>) outs(...) -> tensor<1x8xf32>
    ```

    becomes

    ```mlir
    %0 = linalg.generic {..., nnq.layer = "fc.0"} ins(%x, %v : tensor<1x8xf32>, tensor<8x2xf32>) outs(...) -> tensor<1x2xf32>
    %1 = linalg.generic {..., nnq.layer = "fc.1"} ins(%0, %u : tensor<1x2xf32>, tensor<2x8xf32>) outs(...) -> tensor<1x8xf32>
    ```
  }];
  let options = [
    Option<"seed", "seed", "int64_t", "0", "Of the starts of cp">,
  ];
  let statistics = [
    Statistic<"numFactorized", "factorized", "Number of layers factorized">,
    Statistic<"numWeights", "weights", "Number of weights removed">,
    Statistic<"numMultiplyAdds", "macs", "Number of multiply-adds removed">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect",
                           "::nnq::NNQDialect"];
}

#endif // NNQ_FACTORIZE_PASSES_TD
