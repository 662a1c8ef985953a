// RUN: nnq-opt %s --nnq-pack-contractions --split-input-file --remarks-filter-missed=nnq --verify-diagnostics | FileCheck %s

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// Channels have 1 and 2 in places 0 and 2, or 1 and 3, of fours in turn. Of the
// two parts of a group, whose lanes have two fours each, places are together.
// CHECK-LABEL: @two_of_four
// CHECK-DAG: %[[W:.+]] = arith.constant dense_resource<fc_weights> : tensor<1x1x2x8x4xi8>
// CHECK-DAG: %[[P:.+]] = arith.constant dense_resource<fc_weights_places> : tensor<1x1x16xi8>
// CHECK: %[[ALL:.+]] = linalg.generic {{.*}}ins(%[[W]], %[[P]], %[[W]], %[[P]]
// CHECK: -> tensor<1x1x2x8x8xi8>
// CHECK: linalg.generic {{.*}}ins(%{{.+}}, %[[ALL]] : tensor<4x16xi8>, tensor<1x1x2x8x8xi8>)
// CHECK: fc_weights: "0x400000000102010201020102
// CHECK: fc_weights_places: "0x4000000055FF00AA00AA55FF55FF00AA00AA55FF"
func.func @two_of_four(%x: tensor<4x16xi8>, %f: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %w = arith.constant dense<"0x0001000201000200000100020100020001000200000100020100020000010002000100020100020000010002010002000100020000010002010002000001000200010002010002000001000201000200010002000001000201000200000100020001000201000200000100020100020001000200000100020100020000010002"> : tensor<8x16xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x16xi8>, tensor<8x16xi8>) outs(%f : tensor<4x8xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 16, rows = 4, blocks = 1, sparse = two_of_four>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x8xi32>
  return %0 : tensor<4x8xi32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// Three of four.
// CHECK-LABEL: @three
func.func @three(%x: tensor<4x16xi8>, %f: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %w = arith.constant dense<"0x0101010001000200000100020100020001000200000100020100020000010002000100020100020000010002010002000100020000010002010002000001000200010002010002000001000201000200010002000001000201000200000100020001000201000200000100020100020001000200000100020100020000010002"> : tensor<8x16xi8>
  // expected-remark @below {{more than two of four neighbouring weights are not zero}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x16xi8>, tensor<8x16xi8>) outs(%f : tensor<4x8xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 16, rows = 4, blocks = 1, sparse = two_of_four>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x8xi32>
  return %0 : tensor<4x8xi32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// Two lists, the second of which is empty: five weights of the first channel are
// in two windows, that of the others in the first. None reads behind the run.
// CHECK-LABEL: @windows
// CHECK-DAG: %[[B:.+]] = arith.constant dense_resource<fc_weights_bounds> : tensor<2x2xi32>
// CHECK-DAG: %[[S:.+]] = arith.constant dense_resource<fc_weights_steps> : tensor<2xi8>
// CHECK-DAG: %[[W:.+]] = arith.constant dense_resource<fc_weights> : tensor<2x1x8x4xi8>
// CHECK-DAG: %[[P:.+]] = arith.constant dense_resource<fc_weights_places> : tensor<2x16xi8>
// CHECK: linalg.generic {{.*}}"reduction", "reduction"]} ins(%[[B]], %[[B]], %[[S]], %[[W]], %[[P]]
// CHECK: -> tensor<2x6x8x4xi8>
// CHECK-DAG: fc_weights_bounds: "0x4000000000000000020000000200000002000000"
// CHECK-DAG: fc_weights_steps: "0x400000000308"
// CHECK-DAG: fc_weights: "0x40000000010203040600000006000000060000000600000006000000060000000600000005000000{{0+}}"
// CHECK-DAG: fc_weights_places: "0x40000000100102031100000011000000110000000E{{0+}}"
func.func @windows(%x: tensor<4x24xi8>, %f: tensor<4x16xi32>) -> tensor<4x16xi32> {
  %w = arith.constant dense<"0x000000010203040000000000000000000000000000000500000000000600000000000000000000000000000000000000000000000600000000000000000000000000000000000000000000000600000000000000000000000000000000000000000000000600000000000000000000000000000000000000000000000600000000000000000000000000000000000000000000000600000000000000000000000000000000000000000000000600000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"> : tensor<16x24xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x24xi8>, tensor<16x24xi8>) outs(%f : tensor<4x16xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 4, rows = 4, blocks = 1, sparse = window>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x16xi32>
  return %0 : tensor<4x16xi32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// CHECK-LABEL: @short
func.func @short(%x: tensor<4x12xi8>, %f: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %w = arith.constant dense<"0x010000000100000001000000010000000100000001000000010000000100000001000000010000000100000001000000010000000100000001000000010000000100000001000000010000000100000001000000010000000100000001000000"> : tensor<8x12xi8>
  // expected-remark @below {{it multiplies fewer neighbours than a register holds}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x12xi8>, tensor<8x12xi8>) outs(%f : tensor<4x8xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 4, rows = 4, blocks = 1, sparse = window>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x8xi32>
  return %0 : tensor<4x8xi32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// Two numbers next to each other are more than vpmaddubsw adds up.
// CHECK-LABEL: @large
func.func @large(%x: tensor<4x16xi8>, %f: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %w = arith.constant dense<"0x7F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F00007F7F0000"> : tensor<8x16xi8>
  // expected-remark @below {{16 bits do not hold the sums of its pairs}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x16xi8>, tensor<8x16xi8>) outs(%f : tensor<4x8xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 16, rows = 4, blocks = 1, sparse = two_of_four>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x8xi32>
  return %0 : tensor<4x8xi32>
}
