// RUN: nnq-opt %s --mlir-disable-threading --nnq-pack-contractions --remarks-filter-missed=nnq --verify-diagnostics | FileCheck %s

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// A group of eight is two parts, each with four elements of all lanes.
// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d2 * 8 + d4 + d3 * 4)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d1 floordiv 4, d2, d3, d1 mod 4, d4)>
// CHECK-LABEL: @parts
// CHECK: %[[W8:.+]] = arith.constant dense_resource<fc_weights> : tensor<1x1x2x4x4xi8>
// CHECK: linalg.generic {indexing_maps = [#[[X]], #[[W]], #{{.+}}], iterator_types = ["parallel", "parallel", "reduction", "reduction", "reduction"]}
func.func @parts(%x: tensor<4x8xi8>, %f: tensor<4x2xi32>) -> tensor<4x2xi32> {
  %w = arith.constant dense<[[0, 1, 2, 3, 4, 5, 6, 7], [16, 17, 18, 19, 20, 21, 22, 23]]> : tensor<2x8xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x8xi8>, tensor<2x8xi8>) outs(%f : tensor<4x2xi32>) attrs = {nnq.layer = "fc",
        nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 4, group = 8, rows = 2, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x2xi32>
  return %0 : tensor<4x2xi32>
}

// CHECK-LABEL: @one_part
// CHECK: arith.constant dense_resource<fc_weights_1> : tensor<1x2x4x4xi8>
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
func.func @one_part(%x: tensor<4x8xi8>, %f: tensor<4x2xi32>) -> tensor<4x2xi32> {
  %w = arith.constant dense<64> : tensor<2x8xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x8xi8>, tensor<2x8xi8>) outs(%f : tensor<4x2xi32>) attrs = {nnq.layer = "fc",
        nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 4, group = 4, rows = 2, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x2xi32>
  return %0 : tensor<4x2xi32>
}

// A strategy written by hand must be right, too.
// CHECK-LABEL: @saturates
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]}
func.func @saturates(%x: tensor<4x8xi8>, %f: tensor<4x2xi32>) -> tensor<4x2xi32> {
  %w = arith.constant dense<33> : tensor<2x8xi8>
  // expected-remark @below {{Layer=fc, Reason="16 bits do not hold the sums of its groups"}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x8xi8>, tensor<2x8xi8>) outs(%f : tensor<4x2xi32>) attrs = {nnq.layer = "fc",
        nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 4, group = 8, rows = 2, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x2xi32>
  return %0 : tensor<4x2xi32>
}

// CHECK: fc_weights: "0x400000000001020310111213000000000000000004050607141516170000000000000000"
