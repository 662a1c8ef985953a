// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v4 --nnq-select-strategy | FileCheck %s

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>

// 30 rows that begin in 30 different sets of the first-level cache.
// CHECK-LABEL: @spread
// CHECK: nnq.kernel = #nnq.kernel<dot = fma, lanes = 16, group = 1, rows = 30, blocks = 1>
func.func @spread(%x: tensor<120x1040xf32>, %w: tensor<480x1040xf32>, %f: tensor<120x480xf32>) -> tensor<120x480xf32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<120x1040xf32>, tensor<480x1040xf32>) outs(%f : tensor<120x480xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<120x480xf32>
  return %0 : tensor<120x480xf32>
}

// Rows of 4 kB begin in one set, which holds 8 lines.
// CHECK-LABEL: @same_set
// CHECK: nnq.kernel = #nnq.kernel<dot = fma, lanes = 16, group = 1, rows = 5, blocks = 5>
func.func @same_set(%x: tensor<120x1024xf32>, %w: tensor<480x1024xf32>, %f: tensor<120x480xf32>) -> tensor<120x480xf32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<120x1024xf32>, tensor<480x1024xf32>) outs(%f : tensor<120x480xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<120x480xf32>
  return %0 : tensor<120x480xf32>
}

// Rows of 2 kB begin in two sets.
// CHECK-LABEL: @two_sets
// CHECK: nnq.kernel = #nnq.kernel<dot = fma, lanes = 16, group = 1, rows = 14, blocks = 2>
func.func @two_sets(%x: tensor<120x512xf32>, %w: tensor<480x512xf32>, %f: tensor<120x480xf32>) -> tensor<120x480xf32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<120x512xf32>, tensor<480x512xf32>) outs(%f : tensor<120x480xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<120x480xf32>
  return %0 : tensor<120x480xf32>
}

// Four rows by six blocks leave three rows, but 1.7 MB of weights for each
// do not stay in the second-level cache.
// CHECK-LABEL: @far
// CHECK: nnq.kernel = #nnq.kernel<dot = fma, lanes = 16, group = 1, rows = 7, blocks = 3>
func.func @far(%x: tensor<7x4608xf32>, %w: tensor<960x4608xf32>, %f: tensor<7x960xf32>) -> tensor<7x960xf32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<7x4608xf32>, tensor<960x4608xf32>) outs(%f : tensor<7x960xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<7x960xf32>
  return %0 : tensor<7x960xf32>
}

// Blocks of 64 kB begin in one set, too, and a single row hides no misses.
// CHECK-LABEL: @stream
// CHECK: nnq.kernel = #nnq.kernel<dot = fma, lanes = 16, group = 1, rows = 1, blocks = 4>
func.func @stream(%x: tensor<1x1024xf32>, %w: tensor<480x1024xf32>, %f: tensor<1x480xf32>) -> tensor<1x480xf32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x1024xf32>, tensor<480x1024xf32>) outs(%f : tensor<1x480xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x480xf32>
  return %0 : tensor<1x480xf32>
}

// Blocks that begin in four sets.
// CHECK-LABEL: @stream_spread
// CHECK: nnq.kernel = #nnq.kernel<dot = fma, lanes = 16, group = 1, rows = 1, blocks = 11>
func.func @stream_spread(%x: tensor<1x1040xf32>, %w: tensor<480x1040xf32>, %f: tensor<1x480xf32>) -> tensor<1x480xf32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x1040xf32>, tensor<480x1040xf32>) outs(%f : tensor<1x480xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x480xf32>
  return %0 : tensor<1x480xf32>
}
