// RUN: nnq-opt %s --nnq-fold-affine --split-input-file \
// RUN:   --remarks-filter-missed=nnq --verify-diagnostics | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#column = affine_map<(d0, d1) -> (d1)>
#row = affine_map<(d0, d1) -> (d0)>

// CHECK-LABEL: @bias_alone
// CHECK: arith.constant dense<[1.0{{.+}}, 2.0
// CHECK: arith.addf
func.func @bias_alone(%x: tensor<3x1xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[4.0, 3.0]]> : tensor<1x2xf32>
  %s = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x2xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<3x2xf32>) -> tensor<3x2xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<3x1xf32>, tensor<1x2xf32>)
      outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #column, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%0, %s : tensor<3x2xf32>, tensor<2xf32>) outs(%e : tensor<3x2xf32>) {
    ^bb0(%in: f32, %c: f32, %out: f32):
      %r = arith.addf %in, %c : f32
      linalg.yield %r : f32
  } -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
// The scale differs along the rows, which the weights do not have.
// CHECK-LABEL: @scale_of_rows
// CHECK: arith.mulf
func.func @scale_of_rows(%x: tensor<3x1xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[4.0, 3.0]]> : tensor<1x2xf32>
  %s = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x2xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<3x2xf32>) -> tensor<3x2xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<3x1xf32>, tensor<1x2xf32>)
      outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #row, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%0, %s : tensor<3x2xf32>, tensor<3xf32>) outs(%e : tensor<3x2xf32>) {
    ^bb0(%in: f32, %c: f32, %out: f32):
      %r = arith.mulf %in, %c : f32
      linalg.yield %r : f32
  } -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: @two_readers
// CHECK: arith.mulf
func.func @two_readers(%x: tensor<3x1xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  %w = arith.constant dense<[[4.0, 3.0]]> : tensor<1x2xf32>
  %two = arith.constant 2.0 : f32
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x2xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<3x2xf32>) -> tensor<3x2xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<3x1xf32>, tensor<1x2xf32>)
      outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) {
    ^bb0(%in: f32, %out: f32):
      %r = arith.mulf %in, %two : f32
      linalg.yield %r : f32
  } -> tensor<3x2xf32>
  return %0, %1 : tensor<3x2xf32>, tensor<3x2xf32>
}

// -----

// x * x is not affine, nor is x + y.
#id = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: @not_affine
// CHECK: arith.mulf
// CHECK: arith.addf
func.func @not_affine(%x: tensor<3x1xf32>, %y: tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  %w = arith.constant dense<[[4.0, 3.0]]> : tensor<1x2xf32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x2xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<3x2xf32>) -> tensor<3x2xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<3x1xf32>, tensor<1x2xf32>)
      outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) {
    ^bb0(%in: f32, %out: f32):
      %r = arith.mulf %in, %in : f32
      linalg.yield %r : f32
  } -> tensor<3x2xf32>
  %2 = linalg.matmul ins(%x, %w : tensor<3x1xf32>, tensor<1x2xf32>)
      outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
  %3 = linalg.generic {indexing_maps = [#id, #id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%2, %y : tensor<3x2xf32>, tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) {
    ^bb0(%in: f32, %c: f32, %out: f32):
      %r = arith.addf %in, %c : f32
      linalg.yield %r : f32
  } -> tensor<3x2xf32>
  return %1, %3 : tensor<3x2xf32>, tensor<3x2xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: @overflow
// CHECK: arith.mulf
func.func @overflow(%x: tensor<3x1xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[1.0e+30, 3.0]]> : tensor<1x2xf32>
  %s = arith.constant 1.0e+30 : f32
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x2xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<3x2xf32>) -> tensor<3x2xf32>
  // expected-remark @below {{the scaled weights are not finite}}
  %0 = linalg.matmul ins(%x, %w : tensor<3x1xf32>, tensor<1x2xf32>)
      outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) {
    ^bb0(%in: f32, %out: f32):
      %r = arith.mulf %in, %s : f32
      linalg.yield %r : f32
  } -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}
