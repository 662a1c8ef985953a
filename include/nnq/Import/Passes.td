//===- Passes.td - Passes of the Import stage --------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_IMPORT_PASSES_TD
#define NNQ_IMPORT_PASSES_TD

include "mlir/Pass/PassBase.td"

def ResolveBatch : Pass<"nnq-resolve-batch", "::mlir::ModuleOp"> {
  let summary = "Checks that a dynamic batch is one, simplifies its arithmetic";
  let description = [{
    The first dimension of inputs may be dynamic if it is a batch: each op does to
    every sample the same, and none meets another. The pass proves it from
    indexing maps, reshapes, slices and the arithmetic on sizes that exporters
    write, or fails and names the op that mixes samples. Dimensions may be merged
    with the batch, inside of it (windows, heads) and outside of it (tokens), if
    they are split again in the same way. Sizes become constants
    or multiples of the size of the batch, checks of them go, and reshapes to
    shapes computed at run time become static ones.

    ```mlir
    %n = arith.index_cast %dim : index to i64
    %total = arith.muli %n, %c64 : i64
    %rest = arith.divsi %total, %n : i64
    %shape = tensor.from_elements %n, %rest : tensor<2xi64>
    %y = tensor.reshape %x(%shape)
        : (tensor<?x64x1x1xf32>, tensor<2xi64>) -> tensor<?x64xf32>
    ```

    becomes

    ```mlir
    %y = tensor.collapse_shape %x [[0], [1, 2, 3]]
        : tensor<?x64x1x1xf32> into tensor<?x64xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
  let statistics = [Statistic<"numFunctions", "functions",
                              "Number of functions with a dynamic batch">];
}

def TileBatch : Pass<"nnq-tile-batch", "::mlir::ModuleOp"> {
  let summary = "Makes functions of static shape for a dynamic batch";
  let description = [{
    A function with a dynamic batch becomes one that computes a single sample
    and, where that pays, one that computes a tile of `tile` samples; both carry
    `nnq.batch`, from which `nnq-loop-over-batch` makes the entry point. A tile
    pays where weights are read for few elements each: where most
    multiplications belong to layers whose result has fewer than `tile` rows a
    sample, as those of fully connected layers have. With `tile=1` there is
    none. The reference takes one sample.

    ```mlir
    func.func @net(%x: tensor<?x4xf32>) -> tensor<?x2xf32>
    ```

    becomes

    ```mlir
    func.func @net_batch8(%x: tensor<8x4xf32>) -> tensor<8x2xf32> attributes {
      nnq.batch = #nnq.batch<entry = "net", tile = 8, ...>}
    func.func @net_batch1(%x: tensor<1x4xf32>) -> tensor<1x2xf32> attributes {
      nnq.batch = #nnq.batch<entry = "net", tile = 1, ...>}
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect",
                           "::nnq::NNQDialect"];
  let options = [Option<"tile", "tile", "int64_t", /*default=*/"8",
                        "Samples of a tile">];
  let statistics = [
    Statistic<"numFunctions", "functions", "Number of functions made static">,
    Statistic<"numTiles", "tiles", "Number of functions that compute a tile">];
}

def FoldConstants : Pass<"nnq-fold-constants"> {
  let summary = "Computes what reads only constants";
  let description = [{
    An elementwise op whose operands are all constants becomes one, computed on
    raw bytes: torch-mlir leaves the square root of a variance to run time, and
    so the flipped kernel of a transposed convolution. A result is stored if it
    takes no more bytes than the operands or `max-bytes`, so that what is small
    in the network does not become large in the library; a splat stays one.
    Slices, reshapes and transposes are evaluated as well, and scalar arithmetic
    folds. Casts of quantized values stay as they are. A tensor of rank 0 is no
    resource. A check
    (`cf.assert`) in the body is evaluated with it.

    ```mlir
    %v = arith.constant dense<[4.0, 16.0]> : tensor<2xf32>
    %r = linalg.generic ... ins(%v : tensor<2xf32>) { math.rsqrt }
    ```

    becomes

    ```mlir
    %r = arith.constant dense_resource<folded> : tensor<2xf32> // 0.5, 0.25
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
  let options = [Option<"maxBytes", "max-bytes", "int64_t",
                        /*default=*/"65536",
                        "Size up to which any result is stored">];
  let statistics = [Statistic<"numFolded", "folded",
                              "Number of ops computed at compile time">];
}

def MergeGroups : Pass<"nnq-merge-groups"> {
  let summary = "Gives convolutions over groups one dimension of channels";
  let description = [{
    A convolution whose groups are a dimension of their own becomes one over all
    channels, each of which reads the channels of its group. Its weights then
    have a scale for each output channel as those of any convolution have, and
    no reshapes stand between it and its neighbours.

    ```mlir
    %x5 = tensor.expand_shape %x ... into tensor<1x4x8x9x9xf32>
    %0 = linalg.conv_2d_ngchw_gfchw ins(%x5, %w : ..., tensor<4x6x8x3x3xf32>)
    %1 = tensor.collapse_shape %0 ... into tensor<1x24x7x7xf32>
    ```

    becomes

    ```mlir
    // (n, f, h, w, c, kh, kw) -> (n, f floordiv 6 * 8 + c, h + kh, w + kw)
    %1 = linalg.generic ... ins(%x, %w4 : ..., tensor<24x8x3x3xf32>)
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
  let statistics = [Statistic<"numMerged", "merged",
                              "Number of convolutions over groups">];
}

def UnbatchWeights : Pass<"nnq-unbatch-weights"> {
  let summary = "Multiplies a batch of matrices by one that is broadcast as it is";
  let description = [{
    `MatMul` of ONNX with factors of ranks 3 and 2 is imported as a product of
    batches, the second of which repeats a matrix of weights for each sample. The
    product reads that matrix instead: it is a linear layer, and the weights are
    there once.

    ```mlir
    %1 = linalg.broadcast ins(%w : tensor<8x3xf32>) outs(... : tensor<?x8x3xf32>) dimensions = [0]
    %2 = linalg.batch_matmul ins(%x, %1 : tensor<?x5x8xf32>, tensor<?x8x3xf32>) outs(...)
    ```

    becomes

    ```mlir
    // (b, m, n, k) -> (b, m, k), (k, n), (b, m, n)
    %2 = linalg.generic ... ins(%x, %w : tensor<?x5x8xf32>, tensor<8x3xf32>) outs(...)
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect"];
  let statistics = [Statistic<"numUnbatched", "unbatched",
                              "Number of products with one matrix">];
}

def RaiseQuantization : Pass<"nnq-raise-quantization"> {
  let summary = "Makes casts of the arithmetic of quantized networks";
  let description = [{
    Networks that come quantized, by post-training quantization or with trained
    scales, round and clamp in so many words. An elementwise op that does becomes
    a cast to a quantized type of 8 bits, with one scale for the tensor or one for
    each index of a dimension; `quant.scast` stands between it and what reads the
    integers. Weights are quantized at once. They are i8: unsigned ones are moved
    by 128 together with their zero points.

    ```mlir
    %0 = linalg.generic ... ins(%x : tensor<1x8xf32>) {
      %1 = arith.divf %in, %scale : f32
      %2 = math.roundeven %1 : f32
      %3 = arith.addf %2, %zero_point : f32
      %4 = arith.maximumf %3, %c0 : f32
      %5 = arith.minimumf %4, %c255 : f32
      %6 = arith.fptoui %5 : f32 to i8
      linalg.yield %6 : i8
    }
    %7 = linalg.generic ... ins(%0 : tensor<1x8xi8>) { ... arith.mulf }
    ```

    becomes

    ```mlir
    %0 = quant.qcast %x : tensor<1x8xf32>
        to tensor<1x8x!quant.uniform<u8:f32, 0.025:163>>
    %7 = quant.dcast %0 : ... to tensor<1x8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::quant::QuantDialect"];
  let statistics = [Statistic<"numRaised", "raised",
                              "Number of casts made of arithmetic">];
}

def RaiseTosaQuantization : Pass<"nnq-raise-tosa-quantization"> {
  let summary = "Turns integer layers of TOSA into layers on numbers between casts";
  let description = [{
    Networks that come from TensorFlow Lite compute on i8 with zero points and
    come back from i32 by `tosa.rescale` (TOSA 1.0, "Quantization"). A convolution
    and its rescale become a convolution on f32 between casts: activations have
    scale 1, weights the factors multiplier * 2^-shift, so no scale has to be
    guessed. So do sums, differences and bounds in i32 between rescales, and
    averages; what moves or picks quantized elements does so as numbers.

    A result is rounded once, half to even, instead of by the steps of the
    rescale: it differs from that of TOSA by 1 at most for a layer. Unsigned
    rescales, i16 and tables stay integers.

    ```mlir
    %0 = tosa.conv2d %x, %w, %b, %xz, %wz {acc_type = i32, ...}
    %1 = tosa.rescale %0, %multiplier, %shift, %zero, %yz {...}
    ```

    becomes

    ```mlir
    %xq = quant.scast %x : tensor<1x8x8x3xi8> to tensor<1x8x8x3x!quant.uniform<i8:f32, 1.0:-5>>
    %xd = quant.dcast %xq : ...
    %wq = quant.scast %w : tensor<4x3x3x3xi8> to tensor<4x3x3x3x!quant.uniform<i8<-127:127>:f32:0, {...}>>
    %wd = quant.dcast %wq : ...
    %0 = tosa.conv2d %xd, %wd, %b_f32, %z, %z {acc_type = f32, ...}
    %yq = quant.qcast %0 : ...
    %1 = quant.scast %yq : ... to tensor<1x8x8x4xi8>
    ```
  }];
  let dependentDialects = ["::mlir::quant::QuantDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::tosa::TosaDialect"];
  let statistics = [Statistic<"numRaised", "raised", "Number of layers raised">];
}

def LowerTosa : Pass<"nnq-lower-tosa"> {
  let summary = "Turns TOSA into linalg on tensors";
  let description = [{
    Upstream's conversions, without the canonicalizer between them, which folds
    pairs of quantization and dequantization away. Operators without a conversion
    are left for `nnq-verify-import` to list.

    ```mlir
    %1 = tosa.max_pool2d %0 {kernel = array<i64: 2, 2>, ...} : ...
    ```

    becomes

    ```mlir
    %1 = linalg.pooling_nhwc_max ins(%0, %window : ...) outs(%lowest : ...) -> ...
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect",
    "::mlir::scf::SCFDialect", "::mlir::index::IndexDialect"
  ];
}

def DropChecks : Pass<"nnq-drop-checks"> {
  let summary = "Removes checks of the importer that cannot fail";
  let description = [{
    A `cf.assert` of a true constant goes. So does one that keeps the divisor of
    a floating-point division from zero: the quotient is infinite then, as it is
    in the network. The bounds of an index at which elements are read are kept
    by clamping it: a token that the network does not have reads another one, not
    other memory. An assertion of a false constant is an error.

    ```mlir
    %c = arith.cmpf one, %in, %zero : f32
    cf.assert %c, "unimplemented: tensor with zero element"
    %r = arith.divf %one, %in : f32
    ```

    becomes

    ```mlir
    %r = arith.divf %one, %in : f32
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let statistics = [Statistic<"numDropped", "dropped",
                              "Number of checks removed">];
}

def RaisePooling : Pass<"nnq-raise-pooling"> {
  let summary = "Sums and maxima of images that keep their rank become pools";
  let description = [{
    The mean over an image, as squeeze-and-excite blocks take it, comes as a
    reduction to channels that is expanded again. As a pool whose window is the
    image it has the dimensions of images, so that layouts reach across it and no
    reshape keeps epilogues from their layers. Means that end as vectors of
    channels, in front of a classifier, stay reductions.

    ```mlir
    %0 = linalg.generic ... ins(%x : tensor<1x8x7x7xf32>) outs(%f : tensor<1x8xf32>) // sum
    %1 = tensor.expand_shape %0 [[0], [1, 2, 3]] output_shape [1, 8, 1, 1]
        : tensor<1x8xf32> into tensor<1x8x1x1xf32>
    ```

    becomes

    ```mlir
    %1 = linalg.pooling_nchw_sum ins(%x, %window : tensor<1x8x7x7xf32>, tensor<7x7xf32>)
        outs(%g : tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32>
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def RaiseGather : Pass<"nnq-raise-gather"> {
  let summary = "Gives bodies that read a tensor at computed places an operand";
  let description = [{
    The resizing of an image to a multiple of its size reads, for each element, a
    place that it computes from its own. The places are tabulated at compile
    time: where an index is that of a loop, constant, or that of a loop divided
    by a whole number, the element read becomes an operand, and the repetition
    a loop of its own. A copy is replaced by what it reads. The loop over a
    dynamic batch may be read at its own index.

    ```mlir
    %0 = linalg.generic ... outs(%e : tensor<1x8x28x28xf32>) {
      // floor(i / 2.0), floor(j / 2.0) in floating point
      %r = tensor.extract %x[%c0, %c, %h, %w] : tensor<1x8x14x14xf32>
      linalg.yield %r : f32
    }
    ```

    becomes

    ```mlir
    #map = affine_map<(d0, d1, d2, d3, d4, d5) -> (0, d1, d2, d4)>
    %0 = linalg.generic ... ins(%x : ...) outs(%e : tensor<1x8x14x2x14x2xf32>)
    %1 = tensor.collapse_shape %0 [[0], [1], [2, 3], [4, 5]]
        : tensor<1x8x14x2x14x2xf32> into tensor<1x8x28x28xf32>
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def DropDeadResults : Pass<"nnq-drop-dead-results"> {
  let summary = "Removes results of generic ops that nothing reads";
  let description = [{
    A maximum often comes with its index, which only training reads. The result,
    its init operand and the body behind it go; a reduction is then one again to
    those who look at its body. Dead and duplicate operands go as well. These are
    upstream's patterns without the folders that run beside them in the
    canonicalizer and undo quantization.

    ```mlir
    %m:2 = linalg.generic ... ins(%x) outs(%low, %zero) {
      %i = linalg.index 1 : index
      %1 = arith.maximumf %in, %out : f32
      %2 = arith.cmpf ogt, %in, %out : f32
      %3 = arith.select %2, %i, %at : index
      linalg.yield %1, %3 : f32, index
    }
    ```

    becomes, if `%m#1` has no use,

    ```mlir
    %m = linalg.generic ... ins(%x) outs(%low) {
      %1 = arith.maximumf %in, %out : f32
      linalg.yield %1 : f32
    }
    ```
  }];
  let statistics = [Statistic<"numDropped", "dropped",
                              "Number of results removed">];
}

def DropUnitDims : Pass<"nnq-drop-unit-dims"> {
  let summary = "Reductions have no result dimensions of their own";
  let description = [{
    A reduction that keeps the dimension it reduces, as one of size 1, becomes
    one that does not, and a reshape; an op that reads the result at 0 along it
    reads the tensor without it. Reductions then have one form: each dimension of
    the result is a loop. A broadcast along a dimension of size 1 becomes one of
    the tensor without it.

    ```mlir
    #keep = affine_map<(d0, d1) -> (d0, 0)>
    %s = linalg.generic {indexing_maps = [#id, #keep], ...}
        ins(%x : tensor<4x8xf32>) outs(%zero : tensor<4x1xf32>)
    %y = linalg.generic {indexing_maps = [#id, #keep, #id], ...}
        ins(%x, %s : tensor<4x8xf32>, tensor<4x1xf32>)
    ```

    becomes

    ```mlir
    #row = affine_map<(d0, d1) -> (d0)>
    %s = linalg.generic {indexing_maps = [#id, #row], ...}
        ins(%x : tensor<4x8xf32>) outs(%zero : tensor<4xf32>)
    %y = linalg.generic {indexing_maps = [#id, #row, #id], ...}
        ins(%x, %s : tensor<4x8xf32>, tensor<4xf32>)
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FoldAffine : Pass<"nnq-fold-affine"> {
  let summary = "Folds batch normalization into weights and bias";
  let description = [{
    Elementwise ops behind a convolution or contraction of constant weights that
    together are affine in its result, with one scale and offset an output
    channel, become part of the layer: the scale of the weights, in f64 and
    rounded once, the offset as the addition of a bias. Each value between them
    has one reader. What stands in front of a layer stays: the padding of its
    input is zero only without the offset.

    ```mlir
    %0 = linalg.conv_2d_nchw_fchw ins(%x, %w : ...) outs(%zero : ...)
    %1 = linalg.generic ... ins(%0, %mean : ...) { arith.subf }
    %2 = linalg.generic ... ins(%1, %gamma : ...) { arith.mulf }
    ```

    becomes

    ```mlir
    %0 = linalg.conv_2d_nchw_fchw ins(%x, %w_scaled : ...) outs(%zero : ...)
    %1 = linalg.generic {indexing_maps = [#id, #channel, #id]}
        ins(%0, %bias : ...) { arith.addf }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
  let statistics = [Statistic<"numFolded", "folded",
                              "Number of layers with a scale folded in">];
}

def FoldConstantLayout : Pass<"nnq-fold-constant-layout"> {
  let summary = "Evaluates reshapes and transposes of constants";
  let description = [{
    A reshape, a transpose (named or generic) or a copy into another layout of a
    constant becomes a constant. It is computed on raw bytes; a reshape shares
    them with its source. Unit dimensions of a constant operand of an
    elementwise op are dropped, so that a bias is one-dimensional.

    ```mlir
    %w = arith.constant dense_resource<w> : tensor<10x84xf32>
    %t = linalg.transpose ins(%w : tensor<10x84xf32>)
        outs(%e : tensor<84x10xf32>) permutation = [1, 0]
    ```

    becomes

    ```mlir
    %t = arith.constant dense_resource<w_1> : tensor<84x10xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def RaiseElementwise : Pass<"nnq-raise-elementwise"> {
  let summary = "Gives elementwise ops one form";
  let description = [{
    Named elementwise ops become `linalg.generic`; a constant operand with one
    value becomes a scalar of the body. A comparison with a constant followed by
    a selection becomes the maximum or minimum with the same result for NaN:
    `maximumf`, `minimumf` where it passes through (if the sign of zeros agrees
    as well), `maxnumf`, `minnumf` where the constant replaces it. Other
    selections stay.

    ```mlir
    %c = arith.cmpf ugt, %in, %zero : f32
    %r = arith.select %c, %in, %zero : f32
    ```

    becomes

    ```mlir
    %r = arith.maximumf %in, %zero : f32
    ```

    A division by a constant becomes a multiplication by its reciprocal, unless
    its result is rounded to a whole number, within bounds or not, or compared.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect"];
}

def TabulateIndices : Pass<"nnq-tabulate-indices"> {
  let summary = "Computes what depends on loop indices alone";
  let description = [{
    A number that a body computes from the indices of its loops becomes an
    operand, a constant over these loops: the size of the window that an average
    without its padding divides by differs from place to place. Places at which
    elements are read stay, as does what would take more than `max-bytes`.

    ```mlir
    ^bb0(%in: f32, %out: f32):
      %i = linalg.index 1 : index
      ... // the number of rows in the window at %i
      %n = arith.sitofp %rows : i64 to f32
      %r = arith.divf %in, %n : f32
    ```

    becomes

    ```mlir
    ^bb0(%in: f32, %n: f32, %out: f32):
      %r = arith.divf %in, %n : f32
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
  let options = [Option<"maxBytes", "max-bytes", "int64_t",
                        /*default=*/"65536",
                        "Size up to which a table is stored">];
  let statistics = [Statistic<"numTabulated", "tabulated",
                              "Number of values computed at compile time">];
}

def NameLayers : Pass<"nnq-name-layers", "::mlir::ModuleOp"> {
  let summary = "Names the layers of a network";
  let description = [{
    Every structured op that computes gets a `nnq.layer`, unique in the module:
    the name in its location if there is one, else its kind and a number. An op
    that shares the name of its location with another gets its kind appended, and
    the addition of a bias is named after the layer that it belongs to. Names
    that are there already stay.

    ```mlir
    %0 = linalg.matmul ins(%x, %w : ...) outs(%zero : ...) -> tensor<1x10xf32>
    %1 = linalg.generic ins(%0, %b : ...) { arith.addf } -> tensor<1x10xf32>
    ```

    becomes

    ```mlir
    %0 = linalg.matmul {nnq.layer = "linear1"} ins(%x, %w : ...) ...
    %1 = linalg.generic {nnq.layer = "linear1.bias"} ins(%0, %b : ...) ...
    ```
  }];
  let statistics = [Statistic<"numNamed", "named", "Number of layers named">];
}

def DescribeLayers : Pass<"nnq-describe-layers", "::mlir::ModuleOp"> {
  let summary = "Writes down kind, type, weights and multiply-adds of layers";
  let description = [{
    A profile of the compiled network tells them of each layer. A layer that is
    described already keeps its kind and its number, which packing and padding
    would change; what quantization changes is read again: the type of its
    factors, the bytes of its constants, and how many of them are multiplied with
    (`factors`) and are zero there (`zeros`). Of a layer in quantize/dequantize
    form it says how its weights and its input are quantized (`weight_scheme`,
    `input_scheme`, `input_range`), and what calibration and noise measurement
    wrote down (`clipped`, `sqnr`).

    ```mlir
    module {
      ...
      %0 = linalg.matmul {nnq.layer = "fc"}
        ins(%x, %w : tensor<1x640xf32>, tensor<640x10xf32>) ...
    }
    ```

    becomes

    ```mlir
    module attributes {
      nnq.layers = {fc = {factors = 6400 : i64, kind = "linear",
                          macs = 6400 : i64, type = f32,
                          weights = 25600 : i64, zeros = 12 : i64}}
    } { ... }
    ```
  }];
  let statistics = [Statistic<"numDescribed", "described",
                              "Number of layers described">];
}

def SplitBias : Pass<"nnq-split-bias"> {
  let summary = "Makes every convolution and contraction start from zero";
  let description = [{
    An init operand other than a fill with zeros becomes an elementwise addition
    after the op: later passes then see one form of a bias. A broadcast init is
    not materialized, the addition reads its source.

    ```mlir
    %init = linalg.broadcast ins(%b : tensor<6xf32>)
        outs(%e : tensor<1x6x24x24xf32>) dimensions = [0, 2, 3]
    %0 = linalg.conv_2d_nchw_fchw ins(%x, %w : ...) outs(%init : ...)
    ```

    becomes

    ```mlir
    %zero = linalg.fill ins(%cst : f32) outs(%e : tensor<1x6x24x24xf32>)
    %0 = linalg.conv_2d_nchw_fchw ins(%x, %w : ...) outs(%zero : ...)
    %1 = linalg.generic {indexing_maps = [#id, #channel, #id]}
        ins(%0, %b : ...) { arith.addf }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def DeferScaling : Pass<"nnq-defer-scaling", "::mlir::func::FuncOp"> {
  let summary = "Scales the rows of a product's result instead of its factor's";
  let description = [{
    A softmax divides each row by its sum, and attention multiplies the rows with
    a matrix. What is divided later is less, and its numbers are better to
    quantize: the largest of each row is 1, however many a row has.

    ```mlir
    %p = linalg.generic ... ins(%e, %sums : tensor<12x128x128xf32>, tensor<12x128xf32>)
        { divf }
    %y = linalg.batch_matmul ins(%p, %v : tensor<12x128x128xf32>, tensor<12x128x32xf32>)
    ```

    becomes

    ```mlir
    %0 = linalg.batch_matmul ins(%e, %v : tensor<12x128x128xf32>, tensor<12x128x32xf32>)
    %y = linalg.generic ... ins(%0, %sums : tensor<12x128x32xf32>, tensor<12x128xf32>)
        { divf }
    ```

    Multiplications move as well. Nothing moves where the result has more elements
    than the factor. The order of operations is that of FlashAttention
    (arXiv:2205.14135).
  }];
  let statistics = [Statistic<"deferred", "deferred", "Factors whose rows are scaled later">];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def SplitTransposedConv : Pass<"nnq-split-transposed-conv"> {
  let summary = "Splits transposed convolutions by the phase of their outputs";
  let description = [{
    The importer writes a transposed convolution as one over its input with zeros
    between the elements. An output meets only those taps of the window that fall
    on elements, and these are the same for all outputs whose index leaves the
    same remainder (the phase) by the stride. Each phase becomes a convolution
    with these taps alone, and its result goes to every stride-th place of the
    output. Elementwise ops that follow are applied to each part. With more than
    `max-phases` of them the convolution stays as it is.

    ```mlir
    %z = tensor.insert_slice %x into %zeros[0, 0, 1, 1] [...] [1, 1, 2, 2]
    %0 = linalg.conv_2d_nchw_fchw ins(%z, %w : ..., tensor<8x4x2x2xf32>)
    ```

    becomes

    ```mlir
    %0 = linalg.generic ... ins(%x, %w0 : ..., tensor<8x4x1x1xf32>)
    %1 = tensor.insert_slice %0 into %empty[0, 0, 0, 0] [...] [1, 1, 2, 2]
    ... // and three more
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
  let options = [Option<"maxPhases", "max-phases", "int64_t", /*default=*/"16",
                        "Largest number of parts, which the code grows with">];
  let statistics = [Statistic<"numSplit", "split",
                              "Number of transposed convolutions">];
}

def RaiseCodebooks : Pass<"nnq-raise-codebooks", "::mlir::ModuleOp"> {
  let summary = "Recognizes weights that are taken from codebooks";
  let description = [{
    Quantized weights without zero points that are at most 16 numbers, all of them
    or those of 32, 16 or 8 neighbouring output channels each, get
    `nnq.weight_bits`, as if `nnq-share-weights` had made them so. Of others, those
    whose 4 or 2 neighbouring input channels are at most 256 vectors get
    `nnq.weight_vectors`. Networks that were trained with shared weights come in
    like this. Few numbers or vectors of fewer than four times as many are taken
    for chance.

    ```mlir
    %q = quant.scast %c : tensor<64x16xi8> to tensor<64x16x!quant.uniform<i8:f32, 0.5>>
    %w = quant.dcast %q : ...
    %0 = linalg.matmul ins(%x, %w : ...) outs(...)
    ```

    becomes, where `%c` is three numbers,

    ```mlir
    %0 = linalg.matmul {nnq.weight_bits = 2} ins(%x, %w : ...) outs(...)
    ```
  }];
  let dependentDialects = ["::nnq::NNQDialect"];
  let statistics = [Statistic<"numRaised", "raised",
                              "Number of layers with a codebook">];
}

def VerifyImport : Pass<"nnq-verify-import", "::mlir::ModuleOp"> {
  let summary = "Checks that the compiler can work with a network";
  let description = [{
    Fails, and lists all that is wrong at once, if the module holds

    - an op other than structured linalg on tensors, tensor reshapes, pads,
      slices, concatenations, reads of elements and empty tensors, scalar
      arithmetic, constants, quantization casts and functions;
    - a convolution or contraction whose init is not a fill with zeros;
    - a tensor of dynamic shape, unless its open size is a batch;
    - weights that are NaN or infinite.
  }];
}

#endif // NNQ_IMPORT_PASSES_TD
