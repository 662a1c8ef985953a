// RUN: nnq-opt %s --nnq-set-target=target=znver4 --nnq-select-strategy \
// RUN:   --remarks-filter-missed=nnq --verify-diagnostics | FileCheck %s

// AVX-512 VNNI: u8 by s8 in groups of four, 16 lanes.
#x = affine_map<(n, h, w, c, i, j, k) -> (n, h + i, w + j, k)>
#w = affine_map<(n, h, w, c, i, j, k) -> (c, i, j, k)>
#y = affine_map<(n, h, w, c, i, j, k) -> (n, h, w, c)>
#a = affine_map<(n, c, k) -> (n, k)>
#b = affine_map<(n, c, k) -> (c, k)>
#o = affine_map<(n, c, k) -> (n, c)>

// CHECK-LABEL: @conv
// CHECK: nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 16, group = 4, rows = {{[0-9]+}}, blocks = {{[0-9]+}}>
func.func @conv(%x: tensor<1x14x14x8xi8>, %w: tensor<64x3x3x8xi8>,
    %f: tensor<1x12x12x64xi32>) -> tensor<1x12x12x64xi32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x14x14x8xi8>, tensor<64x3x3x8xi8>)
      outs(%f : tensor<1x12x12x64xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x12x12x64xi32>
  return %0 : tensor<1x12x12x64xi32>
}

// Of 32 rows, two tiles of 16 take as long as one of 27 and one of 5, and less
// code.
// CHECK-LABEL: @even_tiles
// CHECK: nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 16, group = 4, rows = 16, blocks = 1>
func.func @even_tiles(%x: tensor<1x34x34x3xi8>, %w: tensor<16x3x3x3xi8>,
    %f: tensor<1x32x32x16xi32>) -> tensor<1x32x32x16xi32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x34x34x3xi8>, tensor<16x3x3x3xi8>)
      outs(%f : tensor<1x32x32x16xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x32x32x16xi32>
  return %0 : tensor<1x32x32x16xi32>
}

// CHECK-LABEL: @linear
// CHECK: nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 16, group = 4, rows = 1, blocks = {{[0-9]+}}>
func.func @linear(%x: tensor<1x256xi8>, %w: tensor<120x256xi8>, %f: tensor<1x120xi32>)
    -> tensor<1x120xi32> {
  %0 = linalg.generic {indexing_maps = [#a, #b, #o], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x256xi8>, tensor<120x256xi8>) outs(%f : tensor<1x120xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x120xi32>
  return %0 : tensor<1x120xi32>
}

// Storage of 16 bits is possible as well.
// CHECK-LABEL: @pairs
// CHECK: nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = {{[0-9]+}}, blocks = {{[0-9]+}}>
func.func @pairs(%x: tensor<1x14x14x8xi16>, %w: tensor<64x3x3x8xi8>,
    %f: tensor<1x12x12x64xi32>) -> tensor<1x12x12x64xi32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x14x14x8xi16>, tensor<64x3x3x8xi8>)
      outs(%f : tensor<1x12x12x64xi32>) {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x12x12x64xi32>
  return %0 : tensor<1x12x12x64xi32>
}

// CHECK-LABEL: @f32
// CHECK: nnq.kernel = #nnq.kernel<dot = fma, lanes = 16, group = 1, rows = {{[0-9]+}}, blocks = {{[0-9]+}}>
func.func @f32(%x: tensor<1x14x14x8xf32>, %w: tensor<64x3x3x8xf32>,
    %f: tensor<1x12x12x64xf32>) -> tensor<1x12x12x64xf32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x14x14x8xf32>, tensor<64x3x3x8xf32>)
      outs(%f : tensor<1x12x12x64xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x12x12x64xf32>
  return %0 : tensor<1x12x12x64xf32>
}

// CHECK-LABEL: @six_channels
// CHECK: nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 4, rows = {{[0-9]+}}, blocks = {{[0-9]+}}>
func.func @six_channels(%x: tensor<1x14x14x8xi8>, %w: tensor<6x3x3x8xi8>,
    %f: tensor<1x12x12x6xi32>) -> tensor<1x12x12x6xi32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x14x14x8xi8>, tensor<6x3x3x8xi8>)
      outs(%f : tensor<1x12x12x6xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x12x12x6xi32>
  return %0 : tensor<1x12x12x6xi32>
}

// vpdpbusd wants an unsigned activation.
// CHECK-LABEL: @signed
// CHECK: nnq.kernel = #nnq.kernel<dot = none, lanes = 16, group = 1, rows = {{[0-9]+}}, blocks = {{[0-9]+}}>
func.func @signed(%x: tensor<1x14x14x8xi8>, %w: tensor<64x3x3x8xi8>,
    %f: tensor<1x12x12x64xi32>) -> tensor<1x12x12x64xi32> {
  // expected-remark @below {{no dot instruction of the target multiplies these types}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x14x14x8xi8>, tensor<64x3x3x8xi8>)
      outs(%f : tensor<1x12x12x64xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x12x12x64xi32>
  return %0 : tensor<1x12x12x64xi32>
}
