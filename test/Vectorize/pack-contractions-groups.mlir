// RUN: nnq-opt %s --nnq-pack-contractions --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-pack-contractions --nnq-pack-contractions --split-input-file | FileCheck %s

// Two groups of six channels: blocks of four lanes begin anew in the second.
#x = affine_map<(n, c, k) -> (n, (c floordiv 6) * 2 + k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>
// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, (d1 floordiv 6) * 2 + d2 * 2 + d3)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3) -> ((d1 floordiv 6) * 2 + (d1 mod 6) floordiv 4, d2, (d1 mod 6) mod 4, d3)>
// CHECK-LABEL: @split
// CHECK: arith.constant dense_resource<fc_weights> : tensor<4x1x4x2xi8>
// CHECK: linalg.generic {indexing_maps = [#[[X]], #[[W]], #{{[a-z0-9]+}}]
// CHECK: fc_weights: "0x400000000102030405060708090A0B0C000000000D0E0F101112131415161718{{0+}}"
func.func @split(%x: tensor<3x4xi16>, %f: tensor<3x12xi32>) -> tensor<3x12xi32> {
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6], [7, 8], [9, 10], [11, 12],
    [13, 14], [15, 16], [17, 18], [19, 20], [21, 22], [23, 24]]> : tensor<12x2xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<3x4xi16>, tensor<12x2xi8>) outs(%f : tensor<3x12xi32>)
      attrs = {nnq.layer = "fc",
        nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 4, group = 2, rows = 1, blocks = 1>} {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<3x12xi32>
  return %0 : tensor<3x12xi32>
}

// -----

// Three groups of two channels, which read one element each: lanes of 4 hold
// two groups, whose weights for each other's element are zero. The last pair
// lacks a group, and reads past the end of the row.
#xk = affine_map<(n, c, k) -> (n, (c floordiv 2) + k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>
// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, (d1 floordiv 4) * 2 + d2 * 2 + d3)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3) -> (d1 floordiv 4, d2, d1 mod 4, d3)>
// CHECK-LABEL: @merged
// CHECK: arith.constant dense_resource<fc_weights> : tensor<2x1x4x2xi8>
// CHECK: tensor.insert_slice %{{.+}} into %{{.+}}[0, 0] [3, 3] [1, 1] : tensor<3x3xi16> into tensor<3x4xi16>
// CHECK: linalg.generic {indexing_maps = [#[[X]], #[[W]], #{{[a-z0-9]+}}]
// CHECK: fc_weights: "0x40000000010002000003000405000600{{0+}}"
func.func @merged(%x: tensor<3x3xi16>, %f: tensor<3x6xi32>) -> tensor<3x6xi32> {
  %w = arith.constant dense<[[1], [2], [3], [4], [5], [6]]> : tensor<6x1xi8>
  %0 = linalg.generic {indexing_maps = [#xk, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<3x3xi16>, tensor<6x1xi8>) outs(%f : tensor<3x6xi32>)
      attrs = {nnq.layer = "fc",
        nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 4, group = 2, rows = 1, blocks = 1>} {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<3x6xi32>
  return %0 : tensor<3x6xi32>
}

// -----

// A dilated window over one channel: a group of elements of which one counts.
#x = affine_map<(n, c, i) -> (n + i * 2)>
#w = affine_map<(n, c, i) -> (c, i)>
#y = affine_map<(n, c, i) -> (n, c)>
// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0 + d2 * 2 + d3 * 2 + d4)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d1 floordiv 4, d2, d3, d1 mod 4, d4)>
// CHECK-LABEL: @dilated
// CHECK: tensor.insert_slice %{{.+}} into %{{.+}}[0] [5] [1] : tensor<5xi16> into tensor<6xi16>
// CHECK: linalg.generic {indexing_maps = [#[[X]], #[[W]], #{{[a-z0-9]+}}]
// CHECK-SAME: {{\["parallel", "parallel", "reduction", "reduction", "reduction"\]}}
// CHECK: fc_weights: "0x4000000001000300000000000200040000000000"
func.func @dilated(%x: tensor<5xi16>, %f: tensor<3x2xi32>) -> tensor<3x2xi32> {
  %w = arith.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<5xi16>, tensor<2x2xi8>) outs(%f : tensor<3x2xi32>)
      attrs = {nnq.layer = "fc",
        nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 4, group = 2, rows = 1, blocks = 1>} {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<3x2xi32>
  return %0 : tensor<3x2xi32>
}
