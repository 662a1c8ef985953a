// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-select-strategy | FileCheck %s

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>

// Two rows by five blocks leave no rest, but their weights (80 kB) would come
// from the second-level cache for each two rows.
// CHECK-LABEL: @stream
// CHECK: nnq.kernel = #nnq.kernel<dot = fma, lanes = 8, group = 1, rows = 6, blocks = 2>
func.func @stream(%x: tensor<512x512xf32>, %w: tensor<512x512xf32>, %f: tensor<512x512xf32>) -> tensor<512x512xf32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<512x512xf32>, tensor<512x512xf32>) outs(%f : tensor<512x512xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<512x512xf32>
  return %0 : tensor<512x512xf32>
}

// The same tile with weights that stay in the first level (10 kB).
// CHECK-LABEL: @stay
// CHECK: nnq.kernel = #nnq.kernel<dot = fma, lanes = 8, group = 1, rows = 2, blocks = 5>
func.func @stay(%x: tensor<512x64xf32>, %w: tensor<320x64xf32>, %f: tensor<512x320xf32>) -> tensor<512x320xf32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<512x64xf32>, tensor<320x64xf32>) outs(%f : tensor<512x320xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<512x320xf32>
  return %0 : tensor<512x320xf32>
}
