// RUN: nnq-opt %s --nnq-set-target=target=aarch64 --nnq-select-strategy \
// RUN:   --remarks-filter-missed=nnq --verify-diagnostics | FileCheck %s

// Plain NEON multiplies lane by lane.
#x = affine_map<(n, h, w, c, i, j, k) -> (n, h + i, w + j, k)>
#w = affine_map<(n, h, w, c, i, j, k) -> (c, i, j, k)>
#y = affine_map<(n, h, w, c, i, j, k) -> (n, h, w, c)>
#a = affine_map<(n, c, k) -> (n, k)>
#b = affine_map<(n, c, k) -> (c, k)>
#o = affine_map<(n, c, k) -> (n, c)>

// CHECK-LABEL: @conv
// CHECK: nnq.kernel = #nnq.kernel<dot = none, lanes = 4, group = 1, rows = {{[0-9]+}}, blocks = {{[0-9]+}}>
func.func @conv(%x: tensor<1x14x14x8xi8>, %w: tensor<32x3x3x8xi8>,
    %f: tensor<1x12x12x32xi32>) -> tensor<1x12x12x32xi32> {
  // expected-remark @below {{no dot instruction of the target multiplies these types}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x14x14x8xi8>, tensor<32x3x3x8xi8>)
      outs(%f : tensor<1x12x12x32xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x12x12x32xi32>
  return %0 : tensor<1x12x12x32xi32>
}

// CHECK-LABEL: @f32
// CHECK: nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = {{[0-9]+}}, blocks = {{[0-9]+}}>
func.func @f32(%x: tensor<1x14x14x8xf32>, %w: tensor<32x3x3x8xf32>,
    %f: tensor<1x12x12x32xf32>) -> tensor<1x12x12x32xf32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x14x14x8xf32>, tensor<32x3x3x8xf32>)
      outs(%f : tensor<1x12x12x32xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x12x12x32xf32>
  return %0 : tensor<1x12x12x32xf32>
}
