// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-select-strategy | FileCheck %s

#x = affine_map<(n, h, w, o, kh, kw, c) -> (n, h + kh, w + kw, c)>
#w = affine_map<(n, h, w, o, kh, kw, c) -> (o, kh, kw, c)>
#y = affine_map<(n, h, w, o, kh, kw, c) -> (n, h, w, o)>

// 9 MB of weights would be read again for each of 7 rows of the image.
// CHECK-LABEL: @many_weights
// CHECK: nnq.kernel = #nnq.kernel<dot = fma, lanes = 8, group = 1, rows = {{[0-9]+}}, blocks = {{[0-9]+}}, channels_outer = true>
func.func @many_weights(%x: tensor<1x9x9x512xf32>, %w: tensor<512x3x3x512xf32>, %f: tensor<1x7x7x512xf32>) -> tensor<1x7x7x512xf32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x9x9x512xf32>, tensor<512x3x3x512xf32>) outs(%f : tensor<1x7x7x512xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x7x7x512xf32>
  return %0 : tensor<1x7x7x512xf32>
}

// 36 kB of weights stay in the cache.
// CHECK-LABEL: @few_weights
// CHECK: nnq.kernel = #nnq.kernel<dot = fma, lanes = 8, group = 1, rows = {{[0-9]+}}, blocks = {{[0-9]+}}>
func.func @few_weights(%x: tensor<1x34x34x32xf32>, %w: tensor<32x3x3x32xf32>, %f: tensor<1x32x32x32xf32>) -> tensor<1x32x32x32xf32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x34x34x32xf32>, tensor<32x3x3x32xf32>) outs(%f : tensor<1x32x32x32xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x32x32x32xf32>
  return %0 : tensor<1x32x32x32xf32>
}
