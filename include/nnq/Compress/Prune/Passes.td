//===- Passes.td - Passes of the Prune stage ---------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_PRUNE_PASSES_TD
#define NNQ_PRUNE_PASSES_TD

include "mlir/Pass/PassBase.td"

def SelectChannels : Pass<"nnq-select-channels", "::mlir::ModuleOp"> {
  let summary = "Decides which channels can go and writes it on layers";
  let description = [{
    Channels that only go together are found from the indexing maps of structured
    ops, from reshapes, concatenations, pads and slices, by union-find over all
    positions along the dimensions of all tensors (as in DepGraph, Fang et al.,
    CVPR 2023, without its table of layers). The least that can go is a unit: a
    channel of a convolution with the weights that read it, all that a residual
    addition joins, an attention head, a group of a grouped convolution. Units
    that a window, an input or a result of the network or an unknown op holds
    stay.

    The units of a group lie along the same dimensions. They are ranked by

    - `l1`, `l2`: the norm of the weights that make and that read the unit, each
      tensor relative to the mean of its units (Li et al., ICLR 2017);
    - `activation`: the second moment of what layers read of the unit, by
      `nnq.input_stats`, relative to the mean of the units;
    - `obs`: the error that its removal makes in the results of layers that read
      it, relative to their variance, after their other weights have made up for
      it (Optimal Brain Surgeon, Hassibi & Stork 1993, for blocks of weights), by
      `correlation` in `nnq.input_stats`. The unit of the least error goes first,
      and those left are judged without it, where inputs of the layer are not
      more than 1536 (of more than 256 units several go at once). Of a layer without
      `correlation` it is the error that only the bias makes up for;
    - `bn-scale`: |scale| of the batch normalization behind the layer that makes it
      (Liu et al., Network Slimming, ICCV 2017), one number a channel in the array
      of `scales` that has the name of the layer. Import folds batch normalization
      into weights, and the scale cannot be told from them any more: it is read
      before, by `nnq.torch.batch_norm_scales` for example;
    - `taylor`: (sum w g)^2 of the weights w that make it, with g the gradient of
      the loss (Molchanov et al., CVPR 2019), from the array of `gradients` that has
      the name of the layer and the shape of its weights, as
      `nnq.torch.weight_gradients` writes them;
    - `random`: `seed`.

    With `ranking=uniform` each group loses `ratio` of its units; with `global`
    all groups compete. `macs` in place of `ratio` is the share of the
    multiply-adds of the network that may stay; global ranking then removes where
    the importance for each multiply-add is least. `latency` is the share of the
    estimated time of these layers on the target, as f32 or, with `precision=int8`,
    quantized, by the cost models that choose kernels, in the same way. What stays of a group is
    rounded to whole registers of the target (`nnq.target` of the module, else this
    machine), of groups that fill no more than one to a half of it, a quarter and so
    on, with `latency` to halves at most, or to `round-to` channels; at least one unit
    stays. Where rounding removes more than is asked for, what matters most stays as
    far as the target still holds.

    `exclude` names layers, by regular expressions, whose channels all stay.
    `print-groups` writes the groups, and why other channels stay, to the error
    output.

    Layers that make channels get the positions to remove along the channels of
    their result, for `nnq-remove-channels`:

    ```mlir
    %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv1",
        nnq.remove_channels = array<i64: 1, 4>} ins(...) outs(...)
    ```
  }];
  let options = [
    Option<"ratio", "ratio", "double", "0",
           "Share of the channels to remove, between 0 and 1">,
    Option<"macs", "macs", "double", "0",
           "Share of the multiply-adds that may stay, between 0 and 1, in place "
           "of a ratio">,
    Option<"latency", "latency", "double", "0",
           "Share of the estimated time that may stay, between 0 and 1, in place "
           "of a ratio">,
    Option<"precision", "precision", "::nnq::CompiledPrecision",
           "::nnq::CompiledPrecision::F32", "What latency is of",
           "::nnq::compiledPrecisionValues()">,
    Option<"criterion", "criterion", "::nnq::ChannelCriterion",
           "::nnq::ChannelCriterion::L2",
           "How the importance of channels is measured",
           "::nnq::channelCriterionValues()">,
    Option<"ranking", "ranking", "::nnq::PruneRanking",
           "::nnq::PruneRanking::Uniform", "What channels compete with",
           "::nnq::pruneRankingValues()">,
    Option<"roundTo", "round-to", "int64_t", "0",
           "Keep multiples of this number of channels (0: as the target "
           "computes them)">,
    Option<"exclude", "exclude", "std::string", "\"\"",
           "Layers that keep all channels: regular expressions by commas">,
    Option<"scales", "scales", "std::string", "\"\"",
           ".npz of scales of batch normalization, of criterion=bn-scale">,
    Option<"gradients", "gradients", "std::string", "\"\"",
           ".npz of gradients of weights, of criterion=taylor">,
    Option<"seed", "seed", "int64_t", "0", "Of criterion=random">,
    Option<"printGroups", "print-groups", "bool", "false",
           "Print which channels go together, and why others stay">,
  ];
  let statistics = [
    Statistic<"numGroups", "groups", "Number of groups of channels">,
    Statistic<"numUnits", "units", "Number of units in them">,
    Statistic<"numSelected", "selected", "Number of units to remove">,
  ];
  let dependentDialects = ["::nnq::NNQDialect"];
}

def ReconstructWeights : Pass<"nnq-reconstruct-weights", "::mlir::ModuleOp"> {
  let summary = "Makes up in other weights for channels that go";
  let description = [{
    What layers that read channels named by `nnq.remove_channels` computed from
    them is computed from the channels that stay, with the least squared error on
    the calibration data (He et al., Channel Pruning for Accelerating Very Deep
    Neural Networks, ICCV 2017): with the covariance C of the inputs of a layer,
    from `correlation` in `nnq.input_stats`, and k the inputs that stay and r those
    that go, W_k becomes W_k + W_r C_rk (C_kk + damping * mean(diag) * I)^-1, and
    the bias takes what the mean of the result lacks. Layers without a
    correlation stay as they are, with a remark.

    ```mlir
    %0 = linalg.matmul {nnq.remove_channels = array<i64: 2>} ins(%x, %w0 : ...) outs(...)
    %1 = linalg.matmul {nnq.input_stats = #nnq.input_stats<...>} ins(%0, %w1 : ...) outs(...)
    ```

    becomes

    ```mlir
    %0 = linalg.matmul {nnq.remove_channels = array<i64: 2>} ins(%x, %w0 : ...) outs(...)
    %1 = linalg.matmul {nnq.input_stats = #nnq.input_stats<...>} ins(%0, %w1' : ...) outs(...)
    %2 = linalg.generic ins(%1, %bias : ...) { addf }
    ```
  }];
  let options = [
    Option<"damping", "damping", "double", "0.001",
           "Share of the mean of the diagonal that is added to it">,
  ];
  let statistics = [
    Statistic<"numReconstructed", "reconstructed", "Number of layers reconstructed">,
    Statistic<"numMissed", "missed", "Number of layers without statistics">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def RemoveChannels : Pass<"nnq-remove-channels", "::mlir::ModuleOp"> {
  let summary = "Removes the channels that layers name, with all that they take along";
  let description = [{
    Reads `nnq.remove_channels` and removes the units that these positions belong
    to (see `nnq-select-channels`): shapes shrink, nothing is masked. The network
    computes what it did with these channels at zero, wherever zeros pass through
    (not behind a sigmoid, or a layer norm, whose mean is over the channels that
    are left). Weights, scales of quantized weights, pads, slices and the divisors
    of means follow.

    It is an error to name a channel that has to stay, and to leave nothing of a
    dimension.

    With `mask` shapes stay, and all weights of these units become zero: a network
    to compare with, or to train on.

    ```mlir
    %0 = linalg.matmul {nnq.remove_channels = array<i64: 2>}
        ins(%x, %w0 : tensor<1x8xf32>, tensor<8x4xf32>) outs(...) -> tensor<1x4xf32>
    %1 = linalg.matmul ins(%0, %w1 : tensor<1x4xf32>, tensor<4x2xf32>) outs(...)
    ```

    becomes

    ```mlir
    %0 = linalg.matmul ins(%x, %w0' : tensor<1x8xf32>, tensor<8x3xf32>) outs(...) -> tensor<1x3xf32>
    %1 = linalg.matmul ins(%0, %w1' : tensor<1x3xf32>, tensor<3x2xf32>) outs(...)
    ```
  }];
  let options = [
    Option<"mask", "mask", "bool", "false",
           "Make weights zero in place of removing them">,
  ];
  let statistics = [
    Statistic<"numRemoved", "removed", "Number of units removed">,
    Statistic<"numWeights", "weights", "Number of elements of constants removed">,
    Statistic<"numMultiplyAdds", "macs", "Number of multiply-adds removed">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def SelectSparsity : Pass<"nnq-select-sparsity", "::mlir::ModuleOp"> {
  let summary = "Decides how many weights of each layer become zero";
  let description = [{
    Writes `nnq.sparsity` on convolutions and contractions with constant weights:
    the pattern of the zeros, and their number, in which zeros that are there
    count.

    - `pattern=unstructured`: any weight.
    - `pattern=N:M`, such as 2:4: of M weights of neighbouring input channels N may
      stay. This says how many go; there is no ratio.
    - `pattern=RxC`, such as 16x4: blocks of R output channels and C input channels,
      at one tap of a convolution.

    Layers whose channels no such pattern divides keep their weights, with a
    remark. With `scope=local` the share `ratio` of the weights of each layer
    goes; with `global` it is the share of the weights of all of these layers, and
    those of least importance go: by `criterion` as in `nnq-prune-weights`, where
    wanda and obs are relative to the power of the results of the layer. At least
    one weight, or block, of a layer stays.

    `exclude` names layers, by regular expressions, that keep their weights.

    ```mlir
    %0 = linalg.matmul {nnq.sparsity = {pattern = "2:4", zeros = 16}}
        ins(%x, %w : tensor<1x8xf32>, tensor<8x4xf32>) outs(...)
    ```
  }];
  let options = [
    Option<"ratio", "ratio", "double", "0",
           "Share of the weights that become zero, between 0 and 1">,
    Option<"pattern", "pattern", "std::string", "\"unstructured\"",
           "Where zeros may be: unstructured, N:M or blocks, RxC">,
    Option<"scope", "scope", "::nnq::PruneScope", "::nnq::PruneScope::Local",
           "What weights compete with", "::nnq::pruneScopeValues()">,
    Option<"criterion", "criterion", "::nnq::WeightCriterion",
           "::nnq::WeightCriterion::Magnitude",
           "How the importance of weights is measured",
           "::nnq::weightCriterionValues()">,
    Option<"damping", "damping", "double", "0.01",
           "Share of the mean of the diagonal that obs adds to it">,
    Option<"exclude", "exclude", "std::string", "\"\"",
           "Layers that keep all weights: regular expressions by commas">,
  ];
  let statistics = [
    Statistic<"numSelected", "selected", "Number of layers to prune">,
    Statistic<"numMissed", "missed", "Number of layers that keep their weights">,
  ];
}

def PruneWeights : Pass<"nnq-prune-weights", "::mlir::ModuleOp"> {
  let summary = "Makes the least important weights of layers zero";
  let description = [{
    Makes as many weights zero as `nnq.sparsity` asks, in its pattern (see
    `nnq-select-sparsity`). Zeros that are there stay and go first; biases stay as
    they are. The weights of least importance go, in each layer by

    - `magnitude`: |w|, of a block the Euclidean norm;
    - `wanda`: |w| sqrt(E[x^2]), with x what the weight multiplies, from
      `nnq.input_stats` (Sun et al., A Simple and Effective Pruning Approach for
      Large Language Models, ICLR 2024);
    - `obs`: w^2 / [H^-1], with H = E[x x^T] from `correlation` in
      `nnq.input_stats`; columns of weights are pruned one after the other, and
      those behind make up for the error (SparseGPT, Frantar & Alistarh, ICML
      2023). Each 128 columns lose as many weights as are the least important of
      the layer before the first goes.

    Layers that read one constant in the same way are one.

    ```mlir
    %w = arith.constant dense<[[1.0], [0.1], [-2.0], [-0.2]]> : tensor<4x1xf32>
    %0 = linalg.matmul {nnq.sparsity = {pattern = "unstructured", zeros = 2}} ins(%x, %w : ...) outs(...)
    ```

    becomes

    ```mlir
    %w = arith.constant dense<[[1.0], [0.0], [-2.0], [0.0]]> : tensor<4x1xf32>
    %0 = linalg.matmul ins(%x, %w : ...) outs(...)
    ```
  }];
  let options = [
    Option<"criterion", "criterion", "::nnq::WeightCriterion",
           "::nnq::WeightCriterion::Magnitude",
           "How the importance of weights is measured",
           "::nnq::weightCriterionValues()">,
    Option<"damping", "damping", "double", "0.01",
           "Share of the mean of the diagonal that obs adds to it">,
  ];
  let statistics = [
    Statistic<"numPruned", "pruned", "Number of weights that became zero">,
    Statistic<"numZeros", "zeros", "Number of weights of these layers that are zero">,
    Statistic<"numWeights", "weights", "Number of weights of these layers">,
    Statistic<"numBits", "bits", "Number of bits of the weights that became zero">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def PruneGradually : Pass<"nnq-prune-gradually", "::mlir::ModuleOp"> {
  let summary = "Makes weights of layers zero in steps, and fits the others";
  let description = [{
    Makes as many weights zero as `nnq.sparsity` asks, in its pattern, as
    `nnq-prune-weights` does, but in `steps` of the same share of what is left (of
    N:M, of one weight in M at least; Zhu & Gupta, To prune, or not to prune, 2017).
    After each step the weights that are left are fitted to the data: the results
    of the layer, but for their means, are to be those of the network as it was,
    with the least squared error, and a change of weights costs `damping` times the
    mean variance of what they multiply. Biases take what the means lack.

    Layers follow each other in the order of the network. A layer is fitted to what
    it reads behind those that are pruned already, so that it makes up for their
    errors, too. The data are patches that lie evenly among those of all samples:
    4096, or twice as many as a row has weights. It is solved by conjugate
    gradients for all rows at once.

    The weights of least importance go, by `magnitude`, or, by `wanda`, |w| times
    the deviation of what the weight multiplies. `obs` has a way of its own to
    change weights and is an error.

    ```mlir
    %0 = linalg.matmul {nnq.sparsity = {pattern = "unstructured", zeros = 2}}
        ins(%x, %w : ...) outs(...)
    ```

    becomes

    ```mlir
    %0 = linalg.matmul ins(%x, %w' : ...) outs(...)
    %1 = linalg.generic ins(%0, %bias : ...) { addf }
    ```
  }];
  // Needs the pipeline that lowers.
  let constructor = "nullptr";
  let options = [
    Option<"data", "data", "std::string", "\"\"", "Data to run on, .npy or .npz">,
    Option<"key", "key", "std::string", "\"x\"",
           "Name of the array in the .npz, or names of several by commas">,
    Option<"samples", "samples", "int64_t", "0",
           "Use at most this many samples; 0 means all">,
    Option<"steps", "steps", "int64_t", "1", "Steps in which weights go">,
    Option<"criterion", "criterion", "::nnq::WeightCriterion",
           "::nnq::WeightCriterion::Magnitude",
           "How the importance of weights is measured",
           "::nnq::weightCriterionValues()">,
    Option<"damping", "damping", "double", "0.1",
           "Share of the mean variance that a change of weights costs">,
  ];
  let statistics = [
    Statistic<"numLayers", "layers", "Number of layers pruned">,
    Statistic<"numPruned", "pruned", "Number of weights that became zero">,
    Statistic<"numZeros", "zeros", "Number of weights of these layers that are zero">,
    Statistic<"numWeights", "weights", "Number of weights of these layers">,
    Statistic<"numBits", "bits", "Number of bits of the weights that became zero">,
  ];
}

def SelectBlocks : Pass<"nnq-select-blocks", "::mlir::ModuleOp"> {
  let summary = "Decides which blocks of a network can go";
  let description = [{
    Blocks are found from the graph:

    - residual blocks: all that lies between a tensor x and the addition x + f(x),
      where f reads nothing else and no other op reads what is inside of f. This
      holds for blocks of convolutions, attention and feed-forward layers alike;
    - with `bridge` also blocks f of g(x) + f(x), where g, the branch with fewer
      weights, is the shortcut that changes the shape: it stays. Without, such
      blocks are refused;
    - outside of residual additions, convolutions and contractions, with the bias
      and activation function behind them, whose result has the type of what they
      read.

    `criterion=similarity` is 1 - cos(x, y) of what the block reads and gives (y; for
    residual blocks behind the addition), over the elements of a sample, and the
    mean over the samples: Block Influence (Men et al., ShortGPT, 2024), with
    samples in place of tokens. `criterion=loss` is what the removal of the block
    alone, fitted as the pipeline asks, adds to the cross-entropy of the first
    output, for which `labels` are needed.

    The least important blocks go: `count` of them, the share `ratio`, or as many as
    accuracy bears: with `accuracy-drop` the network is run without the first 1, 2,
    4, ... blocks in this order, and then in between, as long as accuracy (of the
    largest element of the first output, by `labels`, else by what the network
    says) drops by no more points. Of blocks within each other the least important
    one goes.

    `exclude` names layers, by regular expressions, whose blocks stay.

    ```mlir
    %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv1"} ins(%x, %w : ...) outs(...)
    %1 = linalg.generic {nnq.layer = "add", nnq.remove_block = {importance = 0.12 : f64}}
        ins(%0, %x : ...) outs(...) { addf }
    ```
  }];
  // Needs the pipelines that remove blocks and lower.
  let constructor = "nullptr";
  let options = [
    Option<"data", "data", "std::string", "\"\"", "Data to run on, .npy or .npz">,
    Option<"key", "key", "std::string", "\"x\"",
           "Name of the array in the .npz, or names of several by commas">,
    Option<"samples", "samples", "int64_t", "0",
           "Use at most this many samples; 0 means all">,
    Option<"labels", "labels", "std::string", "\"\"",
           "Name of the array of labels in the .npz">,
    Option<"count", "count", "int64_t", "0", "Number of blocks that go">,
    Option<"ratio", "ratio", "double", "0",
           "Share of the blocks that go, between 0 and 1">,
    Option<"drop", "accuracy-drop", "double", "-1",
           "Points of accuracy, in percent, that may be lost (below 0: not asked)">,
    Option<"criterion", "criterion", "::nnq::BlockCriterion",
           "::nnq::BlockCriterion::Similarity",
           "How the importance of blocks is measured",
           "::nnq::blockCriterionValues()">,
    Option<"bridge", "bridge", "bool", "false",
           "Blocks that change the shape go, too, where a shortcut does it">,
    Option<"exclude", "exclude", "std::string", "\"\"",
           "Layers whose blocks stay: regular expressions by commas">,
  ];
  let statistics = [
    Statistic<"numBlocks", "blocks", "Number of blocks that could go">,
    Statistic<"numSelected", "selected", "Number of blocks to remove">,
    Statistic<"numMissed", "missed", "Number of blocks that have to stay">,
    Statistic<"numTrials", "trials", "Number of times the network was run on all data">,
  ];
}

def ReconstructBlocks : Pass<"nnq-reconstruct-blocks", "::mlir::ModuleOp"> {
  let summary = "Fits what stands in for blocks that go";
  let description = [{
    Reads `nnq.remove_block` and adds the `weights` and `bias` to it that bring what
    stays, x, nearest to what the block gave, y, with the least squared error on the
    data, over samples and positions: one number a channel with `fit=affine`, a
    matrix over the channels with `fit=projection`, a 1x1 convolution. With the
    covariances C, the matrix is C_yx (C_xx + damping * mean(diag) * I)^-1. Blocks
    are fitted in the order of the network, x of each with those in front of it
    removed and fitted. Blocks the channels of which are not found stay unfitted,
    with a remark.

    ```mlir
    %1 = linalg.generic {nnq.remove_block = {importance = 0.12 : f64}}
        ins(%0, %x : ...) outs(...) { addf }
    ```

    becomes

    ```mlir
    %1 = linalg.generic {nnq.remove_block = {bias = dense<...> : tensor<16xf32>,
        importance = 0.12 : f64, weights = dense<...> : tensor<16x16xf32>}}
        ins(%0, %x : ...) outs(...) { addf }
    ```
  }];
  // Needs the pipeline that lowers.
  let constructor = "nullptr";
  let options = [
    Option<"data", "data", "std::string", "\"\"", "Data to run on, .npy or .npz">,
    Option<"key", "key", "std::string", "\"x\"",
           "Name of the array in the .npz, or names of several by commas">,
    Option<"samples", "samples", "int64_t", "0",
           "Use at most this many samples; 0 means all">,
    Option<"fit", "fit", "::nnq::BlockFit", "::nnq::BlockFit::Projection",
           "What stands in for a block", "::nnq::blockFitValues()">,
    Option<"damping", "damping", "double", "0.001",
           "Share of the mean of the diagonal that is added to it">,
  ];
  let statistics = [
    Statistic<"numReconstructed", "reconstructed", "Number of blocks fitted">,
    Statistic<"numMissed", "missed", "Number of blocks that could not be fitted">,
  ];
}

def RemoveBlocks : Pass<"nnq-remove-blocks", "::mlir::ModuleOp"> {
  let summary = "Removes the blocks that their last ops name";
  let description = [{
    What a block with `nnq.remove_block` reads (see `nnq-select-blocks`), or its
    shortcut, takes the place of what it gives, behind the `weights` and `bias` of
    the attribute if there are some. `nnq.removed_blocks` of the function tells
    what went: names of the first and last layer, multiply-adds, weights and
    importance. It is an error if no block ends at the op.

    ```mlir
    %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv1"} ins(%x, %w : ...) outs(...)
    %1 = linalg.generic {nnq.remove_block = {}} ins(%0, %x : ...) outs(...) { addf }
    %2 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv2"} ins(%1, %w2 : ...) outs(...)
    ```

    becomes

    ```mlir
    %2 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv2"} ins(%x, %w2 : ...) outs(...)
    ```
  }];
  let statistics = [
    Statistic<"numRemoved", "removed", "Number of blocks removed">,
    Statistic<"numMultiplyAdds", "macs", "Number of multiply-adds removed">,
    Statistic<"numWeights", "weights", "Number of weights removed">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // NNQ_PRUNE_PASSES_TD
