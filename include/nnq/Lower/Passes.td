//===- Passes.td - Passes of the Lower stage ----------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LOWER_PASSES_TD
#define NNQ_LOWER_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerQuantization : Pass<"nnq-lower-quantization", "::mlir::func::FuncOp"> {
  let summary = "Turns quantize/dequantize pairs around linalg into integer linalg";
  let description = [{
    A contraction or convolution whose operands are both dequantized becomes an
    integer contraction with an i32 accumulator, followed by one elementwise
    epilogue. A bias addition, a ReLU and a `quant.qcast` that follow it are
    folded into the epilogue:

    ```
    acc  = sum x_storage * w                                      (i32)
    q    = clamp(roundeven(f32(acc + bias') * M), lo, hi) + zp    (storage)
    bias' = roundeven(bias / (s_x * s_w)) - zp_x * sum w,   M = s_x * s_w / s_y
    ```

    with bias' and M per output channel and the clamp in float, before the
    conversion. ReLU is the lower bound zp of the clamp. An order-preserving
    reduction (max pooling) between equal parameters becomes an integer one;
    concatenations and insertions of parts with the parameters of the whole put
    integers together; reshapes act on the storage. Parameters found at run time
    (`nnq.dynamic_qcast`) give an f32 epilogue.

    `activation-storage` is the integer type in which activations travel: u8 where
    the dot product multiplies u8 by s8 (vpdpbusd), s8 on Arm, s16 where products
    are formed by pairs of 16 bits (vpmaddwd). `by-weights` is
    s16 where weights of the full range multiply an activation, and u8 where all
    have a reduced range, so that vpmaddubsw does not saturate. `auto` reads
    `nnq.target`, and is `by-weights` for vpmaddwd. Values and results are the same;
    only the offset and width of the storage differ.

    A product of two dequantized activations, as in attention, is one of q - zp,
    which 16 bits hold, so that no zero point has to be corrected:

    ```
    acc = sum (a - zp_a) * (b - zp_b)            (i32),   f32(acc) * s_a * s_b
    ```

    What products alone read, through reshapes and transposes, is stored in this
    form; other activations are brought to it in front of the product.

    Weights with a scale for each group of inputs of a channel, a matrix of 8 or 4
    bits, give one more reduction between contraction and epilogue:

    ```
    S(m, g, n) = sum x_storage * w                              (i32), over a group
    y(m, n)    = sum f32(S - zp_x * sum w - zp_w * sum x) * s_w(g, n)   (f32), over g
    ```

    Products and sums of f32 are not contracted. The epilogue multiplies with s_x
    and adds the f32 bias. An f32 activation of a matrix product is multiplied with
    integers, too, in f32, where weights have no zero points. `nnq.weight_bits` says
    on a contraction how many bits weights need if they are fewer than those of
    their storage.

    Where weights have zero points, the epilogue subtracts zp_w * sum x from the
    accumulator; the sums of the activation, one for all output channels of a group, are
    computed first over channels and then over the window (Jacob et al. 2018,
    "Quantization and Training of Neural Networks for Efficient
    Integer-Arithmetic-Only Inference", 2.3).

    With `requant=fixed` accumulators become the integers of the next layer by an
    i32 factor and a shift, with the two roundings of the reference kernels of
    TensorFlow Lite (MultiplyByQuantizedMultiplier); it takes longer. What is not
    the epilogue of a layer, such as a sum of two tensors, is rescaled in f32.

    What stays in f32 (an operand that is not quantized, scales along an input
    dimension) is dequantized, and a `missed` remark names the reason.
  }];
  let options = [
    Option<"activationStorage", "activation-storage", "ActivationStorage",
           "ActivationStorage::Auto", "Storage type of activations", [{::llvm::cl::values(
             clEnumValN(ActivationStorage::Auto, "auto", "by the target"),
             clEnumValN(ActivationStorage::U8, "u8", "unsigned 8 bits"),
             clEnumValN(ActivationStorage::S8, "s8", "signed 8 bits"),
             clEnumValN(ActivationStorage::S16, "s16", "16 bits"),
             clEnumValN(ActivationStorage::ByWeights, "by-weights",
                        "u8 or s16, by the range of the weights"))}]>,
    Option<"requant", "requant", "::nnq::Requantization",
           "::nnq::Requantization::Float",
           "How accumulators are rescaled to integers",
           "::nnq::requantizationValues()">];
  let statistics = [
    Statistic<"integerOps", "integer-ops", "Contractions and pools made integer">,
    Statistic<"floatOps", "float-ops", "Dequantizations that remain in front of f32 ops">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def Generalize : Pass<"nnq-generalize", "::mlir::func::FuncOp"> {
  let summary = "Named structured ops to linalg.generic, fills excepted";
  let description = [{
    Later passes read maps and bodies and know no op by name. A fill stays named:
    it marks how an accumulator starts. Reductions get the loops of their result
    first and in order.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def DropUnitLoops : Pass<"nnq-drop-unit-loops", "::mlir::func::FuncOp"> {
  let summary = "Ops between reshapes lose their loops of one step";
  let description = [{
    Batches of one come and go in the layers of a transformer, and the reshapes
    between them keep epilogues from their contractions:

    ```
    %b = tensor.expand_shape %a [[0, 1], [2]] : tensor<32x384xf32> into tensor<1x32x384xf32>
    %c = linalg.generic ... ins(%b : tensor<1x32x384xf32>) ...
    // becomes
    %b = linalg.generic ... ins(%a : tensor<32x384xf32>) ...
    %c = tensor.expand_shape %b [[0, 1], [2]] : tensor<32x384xf32> into tensor<1x32x384xf32>
    ```

    until the reshapes meet or reach the edge of the network. Ops beside windows,
    pads and slices keep the dimensions of their images.
  }];
  let statistics = [
    Statistic<"dropped", "dropped", "Ops that lost their unit loops">];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def FoldReshapes : Pass<"nnq-fold-reshapes", "::mlir::func::FuncOp"> {
  let summary = "Folds a flattening into the contraction that reads it";
  let description = [{
    A contraction over a collapsed dimension becomes one over the dimensions
    before the collapse, so that no reshape stands between a convolution and the
    fully connected layer behind it and the layout can change across both. The
    constant weights are reshaped in place.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def PropagateLayout : Pass<"nnq-propagate-layout", "::mlir::func::FuncOp"> {
  let summary = "Gives the whole network channels-last activations";
  let description = [{
    Convolutions are rewritten so that the channel is the innermost dimension of
    input and output. Pools, pads, slices, concatenations, repetitions of rows and
    elementwise ops between them follow by a change of their indexing maps,
    contractions by a change of the map of their operand;
    transposes remain only at the edges, and those that move nothing but unit
    dimensions become reshapes. Observers read tensors as they are stored.
  }];
  let statistics = [
    Statistic<"transposes", "transposes", "Transposes left at the edges">];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def FuseElementwise : Pass<"nnq-fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "Fuses chains of elementwise ops into one epilogue";
  let description = [{
    Upstream elementwise fusion. A contraction keeps the plain multiply-add body
    that kernels need and takes in nothing but transposes that leave the innermost
    dimension where it is, or any transpose of an operand that is packed later;
    sums and maxima without windows compute what they join. Where a reshape drops
    unit dimensions between two elementwise ops, the second one gets them back, so
    that one epilogue leads from a pool to the next layer. The loops of an
    epilogue that takes in a transpose are put in the order of the reduction in
    front of it, so that the kernel stores to where the transpose has put the rows.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def HoistMaxPool : Pass<"nnq-hoist-max-pool", "::mlir::func::FuncOp"> {
  let summary = "Pools accumulators before the epilogue instead of after it";
  let description = [{
    max(f(a), f(b)) = f(max(a, b)) for a monotone non-decreasing f. Where the
    epilogue of a contraction is monotone in the accumulator, the pool behind it
    has disjoint windows and nothing else reads the epilogue, the pool moves in
    front: the epilogue then runs once a window, and both stay in registers.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"];
}

def SimplifyRequantization : Pass<"nnq-simplify-requantization", "::mlir::func::FuncOp"> {
  let summary = "Fewer steps from numbers to the same integers";
  let description = [{
    Between an addition in f32 and the integers of the next layer stand a ReLU, a
    division by the scale, bounds, rounding and narrowing:

    ```
    %1 = arith.maximumf %0, %zero : f32
    %2 = arith.divf %1, %scale : f32
    %3 = arith.cmpf ogt, %2, %zero : f32
    %4 = arith.select %3, %2, %zero : f32
    ...
    // becomes
    %1 = arith.mulf %0, %low : f32
    %2 = math.fma %0, %high, %1 : f32
    ...
    ```

    A maximum that the lower bound implies goes. The division becomes two steps
    with a reciprocal of twice the precision if both give the same integer for
    every f32: as both never decrease, it is enough to look where one integer
    follows another. Bounds move behind the narrowing if the range of what is
    converted is known to fit, and integers that would be extended again are not
    narrowed; those that would become numbers again are rounded and bounded as
    numbers. The bits stay the same.
  }];
  let statistics = [
    Statistic<"divisions", "divisions", "Divisions by a constant that are left">,
    Statistic<"boundedFloats", "bounded-floats", "Conversions that need bounds in f32">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def ApproximateExp : Pass<"nnq-approximate-exp", "::mlir::func::FuncOp"> {
  let summary = "Computes an exp that is quantized in steps of its integers";
  let description = [{
    exp(x) that is rounded to integers of a step s, up to a bound, needs no more
    digits than these show. With n = round(x / ln(2)) and r = x - n ln(2) it is
    2^n p(r), where p(r) = exp(r) / s is a polynomial of as many coefficients as
    keep the error below 1/16 of a step: four for bytes.

    ```mlir
    %e = math.exp %x : f32
    %q = arith.divf %e, %s : f32
    // becomes
    %sum = math.fma %bounded, %inverse_ln2, %rounds : f32
    %n = arith.subf %sum, %rounds : f32
    %r = math.fma %n, %minus_ln2, %bounded : f32
    %p = math.fma ... // three of them
    %exponent = arith.shli %sum_as_i32, %c23 : i32
    %bits = arith.addi %p_as_i32, %exponent : i32
    %q = arith.bitcast %bits : i32 to f32
    ```

    Where the bound is too large for all of the polynomials, where there is none,
    and where the step is known at run time, the function stays exact.
  }];
  let statistics = [
    Statistic<"approximated", "approximated", "exp as polynomials">,
    Statistic<"exact", "exact", "exp of too many steps">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def ApproximateGelu : Pass<"nnq-approximate-gelu", "::mlir::func::FuncOp"> {
  let summary = "Computes a GELU that is quantized in steps of its integers";
  let description = [{
    A GELU, x (1 + erf(x / sqrt(2))) / 2, that is rounded to integers of a step s
    needs no more digits than these show. With u = x / s it is
    max(u, 0) - t Phi(-t) for t = |x|, where the last term, a small bump, becomes a
    polynomial in min(|u|, bound) of as many coefficients as keep the error below
    1/16 of a step:

    ```mlir
    %e = math.erf %arg : f32
    %1 = arith.addf %e, %one : f32
    %2 = arith.mulf %1, %half : f32
    %3 = arith.mulf %x, %2 : f32
    %4 = arith.divf %3, %s : f32
    // becomes
    %u = arith.mulf %x, %inverse_s : f32
    %r = arith.maximumf %u, %zero : f32
    %a = math.absf %u : f32
    %t = arith.minimumf %a, %bound : f32
    %p = math.fma ... // three of them
    %4 = math.fma %t, %p, %r : f32
    ```

    Where the step is too small for all of the polynomials, and where the step is
    known at run time, the function stays exact.
  }];
  let statistics = [
    Statistic<"approximated", "approximated", "GELUs as polynomials">,
    Statistic<"exact", "exact", "GELUs of steps that are too small">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def InferNoNaN : Pass<"nnq-infer-no-nan", "::mlir::func::FuncOp"> {
  let summary = "Marks maxima and minima whose operands are numbers for certain";
  let description = [{
    `arith.maximumf` gives back a NaN, which costs two instructions more on x86.
    What comes from integers by multiplication with finite constants, and by few
    further steps, is no NaN:

    ```mlir
    %y = arith.mulf %int_as_f32, %multiplier : f32
    %m = arith.maximumf %y, %zero : f32
    // becomes
    %m = arith.maximumf %y, %zero fastmath<nnan> : f32
    ```

    The least and the largest value are followed through the body, so that a
    result which may overflow is not taken for a number.
  }];
  let statistics = [Statistic<"marked", "marked", "Maxima and minima of numbers">];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def RequireInteger : Pass<"nnq-require-integer", "::mlir::func::FuncOp"> {
  let summary = "Checks that no tensor of f32 lies between integer layers";
  let description = [{
    Fails, and names every layer, unless

    - all convolutions and contractions are of integers, and
    - no op behind one of them and in front of another gives a tensor of floats.

    What comes before the first integer layer or after the last one may be f32:
    the input is quantized and the result dequantized there. So may scalars in
    bodies be, in which results are rescaled.
  }];
}

def VerifyLowered : Pass<"nnq-verify-lowered", "::mlir::func::FuncOp"> {
  let summary = "Edge of the Lower stage: nothing of quant or nnq is left";
  let description = [{
    Fails with the layer and location of the first op of the `quant` or `nnq`
    dialect, tensor of quantized elements, or named structured op that is left.
    `nnq.observe` has a lowering of its own and stays.
  }];
}

#endif // NNQ_LOWER_PASSES_TD
