// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-select-strategy \
// RUN:   --remarks-filter-missed=nnq --verify-diagnostics | FileCheck %s

// vpmaddubsw where the weights prove that 16 bits hold all sums: those of one
// sign that one lane adds up are 128 at most.
#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// CHECK-LABEL: @eight
// CHECK: nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 8, rows = 4, blocks = 2>
func.func @eight(%x: tensor<4x32xi8>, %f: tensor<4x16xi32>) -> tensor<4x16xi32> {
  %w = arith.constant dense<32> : tensor<16x32xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x32xi8>, tensor<16x32xi8>) outs(%f : tensor<4x16xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x16xi32>
  return %0 : tensor<4x16xi32>
}

// Four weights of 33 are 132, two are 66.
// CHECK-LABEL: @four
// CHECK: nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 4,
func.func @four(%x: tensor<4x32xi8>, %f: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %w = arith.constant dense<33> : tensor<8x32xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x32xi8>, tensor<8x32xi8>) outs(%f : tensor<4x8xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x8xi32>
  return %0 : tensor<4x8xi32>
}

// Other signs and other lanes of the sum do not count.
// CHECK-LABEL: @signs
// CHECK: nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 8,
func.func @signs(%x: tensor<4x8xi8>, %f: tensor<4x1xi32>) -> tensor<4x1xi32> {
  %w = arith.constant dense<[[64, 64, -64, -64, -64, -64, 64, 64]]> : tensor<1x8xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x8xi8>, tensor<1x8xi8>) outs(%f : tensor<4x1xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x1xi32>
  return %0 : tensor<4x1xi32>
}

// Groups of eight would waste more than a ninth.
// CHECK-LABEL: @padding
// CHECK: nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 4,
func.func @padding(%x: tensor<4x12xi8>, %f: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %w = arith.constant dense<1> : tensor<8x12xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x12xi8>, tensor<8x12xi8>) outs(%f : tensor<4x8xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x8xi32>
  return %0 : tensor<4x8xi32>
}

// CHECK-LABEL: @saturates
// CHECK: nnq.kernel = #nnq.kernel<dot = none,
func.func @saturates(%x: tensor<4x32xi8>, %f: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %w = arith.constant dense<65> : tensor<8x32xi8>
  // expected-remark @below {{no dot instruction of the target multiplies these types}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x32xi8>, tensor<8x32xi8>) outs(%f : tensor<4x8xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x8xi32>
  return %0 : tensor<4x8xi32>
}
