// RUN: nnq-opt %s --nnq-set-target=target=aarch64 --nnq-select-strategy | FileCheck %s

// smull adds up products in lanes of 16 bits, which hold those of s8 with
// weights whose absolute values add up to 255.
#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// CHECK-LABEL: @eight
// CHECK: nnq.kernel = #nnq.kernel<dot = smull, lanes = 4, group = 8, rows = 2, blocks = 4>
func.func @eight(%x: tensor<4x32xi8>, %f: tensor<4x16xi32>) -> tensor<4x16xi32> {
  %w = arith.constant dense<-63> : tensor<16x32xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x32xi8>, tensor<16x32xi8>) outs(%f : tensor<4x16xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x16xi32>
  return %0 : tensor<4x16xi32>
}

// Four of 64 are 256, two are 128.
// CHECK-LABEL: @four
// CHECK: nnq.kernel = #nnq.kernel<dot = smull, lanes = 4, group = 4,
func.func @four(%x: tensor<4x32xi8>, %f: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %w = arith.constant dense<64> : tensor<8x32xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x32xi8>, tensor<8x32xi8>) outs(%f : tensor<4x8xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x8xi32>
  return %0 : tensor<4x8xi32>
}

// Lanes have every other weight: no two that meet are -128 and -128.
// CHECK-LABEL: @lanes
// CHECK: nnq.kernel = #nnq.kernel<dot = smull, lanes = 4, group = 4,
func.func @lanes(%x: tensor<4x4xi8>, %f: tensor<4x1xi32>) -> tensor<4x1xi32> {
  %w = arith.constant dense<[[-128, -128, 127, -127]]> : tensor<1x4xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x4xi8>, tensor<1x4xi8>) outs(%f : tensor<4x1xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x1xi32>
  return %0 : tensor<4x1xi32>
}

// 128 * 128 twice is 2^15, which 16 bits do not hold.
// CHECK-LABEL: @two
// CHECK: nnq.kernel = #nnq.kernel<dot = smull, lanes = 4, group = 2,
func.func @two(%x: tensor<4x32xi8>, %f: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %w = arith.constant dense<-128> : tensor<8x32xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x32xi8>, tensor<8x32xi8>) outs(%f : tensor<4x8xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x8xi32>
  return %0 : tensor<4x8xi32>
}
