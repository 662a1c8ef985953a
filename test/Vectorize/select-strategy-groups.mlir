// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-select-strategy \
// RUN:   --remarks-filter-missed=nnq --verify-diagnostics | FileCheck %s

// Lanes hold the channels of one group, or of several groups if these are small.

#x12 = affine_map<(h, c, i, k) -> (h + i, (c floordiv 12) * 8 + k)>
#x2 = affine_map<(h, c, i, k) -> (h + i, (c floordiv 2) * 3 + k)>
#w = affine_map<(h, c, i, k) -> (c, i, k)>
#y = affine_map<(h, c, i, k) -> (h, c)>

// CHECK-LABEL: @large
// CHECK: nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = {{[0-9]+}}, blocks = 2>
func.func @large(%x: tensor<12x16xi16>, %w: tensor<24x3x8xi8>, %f: tensor<10x24xi32>) -> tensor<10x24xi32> {
  %0 = linalg.generic {indexing_maps = [#x12, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<12x16xi16>, tensor<24x3x8xi8>) outs(%f : tensor<10x24xi32>) {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<10x24xi32>
  return %0 : tensor<10x24xi32>
}

// CHECK-LABEL: @small
// CHECK: nnq.kernel = #nnq.kernel<dot = fma, lanes = 8, group = 1,
func.func @small(%x: tensor<12x24xf32>, %w: tensor<16x3x3xf32>, %f: tensor<10x16xf32>) -> tensor<10x16xf32> {
  %0 = linalg.generic {indexing_maps = [#x2, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<12x24xf32>, tensor<16x3x3xf32>) outs(%f : tensor<10x16xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<10x16xf32>
  return %0 : tensor<10x16xf32>
}

// A dilated window over one channel is walked element by element.
#dilated = affine_map<(h, c, i, k) -> (h + i * 2, k)>
// CHECK-LABEL: @dilated
// CHECK: nnq.kernel = #nnq.kernel<dot = fma, lanes = 8, group = 1,
func.func @dilated(%x: tensor<14x1xf32>, %w: tensor<16x3x1xf32>, %f: tensor<10x16xf32>) -> tensor<10x16xf32> {
  %0 = linalg.generic {indexing_maps = [#dilated, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<14x1xf32>, tensor<16x3x1xf32>) outs(%f : tensor<10x16xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<10x16xf32>
  return %0 : tensor<10x16xf32>
}
