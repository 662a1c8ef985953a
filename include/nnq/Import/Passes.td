//===- Passes.td - Passes of the Import stage --------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_IMPORT_PASSES_TD
#define NNQ_IMPORT_PASSES_TD

include "mlir/Pass/PassBase.td"

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
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect"];
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

def VerifyImport : Pass<"nnq-verify-import", "::mlir::ModuleOp"> {
  let summary = "Checks that the compiler can work with a network";
  let description = [{
    Fails, and lists all that is wrong at once, if the module holds

    - an op other than structured linalg on tensors, tensor reshapes, pads,
      slices, concatenations and empty tensors, scalar arithmetic, constants,
      quantization casts and functions;
    - a convolution or contraction whose init is not a fill with zeros;
    - a tensor of dynamic shape;
    - weights that are NaN or infinite.
  }];
}

#endif // NNQ_IMPORT_PASSES_TD
