// RUN: nnq-opt %s --nnq-pack-contractions --remarks-filter-missed=nnq --verify-diagnostics \
// RUN:   | FileCheck %s

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (k, c)>
#y = affine_map<(n, c, k) -> (n, c)>

// CHECK-LABEL: @weights_not_constant
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]}
func.func @weights_not_constant(%x: tensor<2x4xf32>, %w: tensor<4x8xf32>, %f: tensor<2x8xf32>) -> tensor<2x8xf32> {
  // expected-remark @below {{Layer=fc, Reason="weights are not constant"}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x4xf32>, tensor<4x8xf32>) outs(%f : tensor<2x8xf32>)
      attrs = {nnq.layer = "fc",
        nnq.kernel = #nnq.kernel<dot = fma, lanes = 8, group = 1, rows = 2, blocks = 1>} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// Without a strategy there is nothing to pack for.
// CHECK-LABEL: @no_kernel
// CHECK: arith.constant dense<1.000000e+00> : tensor<4x8xf32>
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]}
func.func @no_kernel(%x: tensor<2x4xf32>, %f: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %w = arith.constant dense<1.0> : tensor<4x8xf32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x4xf32>, tensor<4x8xf32>) outs(%f : tensor<2x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}
