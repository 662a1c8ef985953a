// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-select-strategy --split-input-file \
// RUN:   --remarks-filter-missed=nnq --verify-diagnostics | FileCheck %s

// Contractions that the kernels do not cover get no annotation and a remark.

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: @dynamic_shape
// CHECK-NOT: nnq.kernel
func.func @dynamic_shape(%x: tensor<?x3xf32>, %w: tensor<3x4xf32>, %f: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-remark @below {{Layer=fc, Reason="dynamic shape"}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<?x3xf32>, tensor<3x4xf32>) outs(%f : tensor<?x4xf32>) attrs = {nnq.layer = "fc"} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (n, m)>

// CHECK-LABEL: @order_of_result
// CHECK-NOT: nnq.kernel
func.func @order_of_result(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %f: tensor<4x2xf32>) -> tensor<4x2xf32> {
  // expected-remark @below {{loops are not in the order of the result}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%f : tensor<4x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

#x = affine_map<(n, m, k) -> (m, k)>
#w = affine_map<(n, m, k) -> (k, n)>
#y = affine_map<(n, m, k) -> (n, m)>

// CHECK-LABEL: @channel_not_innermost
// CHECK-NOT: nnq.kernel
func.func @channel_not_innermost(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %f: tensor<4x2xf32>) -> tensor<4x2xf32> {
  // expected-remark @below {{the channel is not the innermost dimension of the result}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%f : tensor<4x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

#x = affine_map<(m, n, k) -> ()>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: @number
// CHECK-NOT: nnq.kernel
func.func @number(%x: tensor<f32>, %w: tensor<3x4xf32>, %f: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // expected-remark @below {{the activation is a single number}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<f32>, tensor<3x4xf32>) outs(%f : tensor<2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n * 2)>
#y = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: @strided_weights
// CHECK-NOT: nnq.kernel
func.func @strided_weights(%x: tensor<2x3xf32>, %w: tensor<3x8xf32>, %f: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // expected-remark @below {{the weights are not indexed by plain loops}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x3xf32>, tensor<3x8xf32>) outs(%f : tensor<2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

// What is no contraction is not spoken of.
// CHECK-LABEL: @elementwise
// CHECK-NOT: nnq.kernel
func.func @elementwise(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

#x = affine_map<(g, m, n, k) -> (g, m, k)>
#w = affine_map<(g, m, n, k) -> (g, k, n)>
#y = affine_map<(g, m, n, k) -> (g, m, n)>

// Weights that differ between groups have no packed form; lanes run along the
// result.
// CHECK-LABEL: @groups
// CHECK: nnq.kernel = #nnq.kernel<dot = fma, lanes = 8, group = 1,
func.func @groups(%x: tensor<2x2x3xf32>, %w: tensor<2x3x4xf32>, %f: tensor<2x2x4xf32>) -> tensor<2x2x4xf32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x2x3xf32>, tensor<2x3x4xf32>) outs(%f : tensor<2x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x2x4xf32>
  return %0 : tensor<2x2x4xf32>
}
