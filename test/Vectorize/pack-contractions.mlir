// RUN: nnq-opt %s --nnq-pack-contractions --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-pack-contractions --nnq-pack-contractions --split-input-file | FileCheck %s

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (k, c)>
#y = affine_map<(n, c, k) -> (n, c)>

// Nothing to pad: 8 channels are two blocks of 4 lanes, 4 products one group.
// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d2 * 4 + d3)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3) -> (d1 floordiv 4, d2, d1 mod 4, d3)>
// CHECK-DAG: #[[Y:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1)>
// CHECK-LABEL: @exact
// CHECK-SAME: %[[ARG:[a-z0-9]+]]: tensor<2x4xi8>
// CHECK: %[[WEIGHTS:.+]] = arith.constant dense_resource<fc_weights> : tensor<2x1x4x4xi8>
// CHECK-NOT: tensor.insert_slice
// CHECK: linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[Y]]], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
// CHECK-SAME: ins(%[[ARG]], %[[WEIGHTS]] :
// CHECK-SAME: nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 4, group = 4, rows = 2, blocks = 1>
// CHECK-SAME: nnq.layer = "fc"
// CHECK: arith.extui
// The weight of channel c and element k is 10 * k + c: channels 0 to 3, then 4
// to 7, each with its four elements in a row.
// CHECK: fc_weights: "0x40000000000A141E010B151F020C1620030D1721040E1822050F192306101A2407111B25"
func.func @exact(%x: tensor<2x4xi8>, %f: tensor<2x8xi32>) -> tensor<2x8xi32> {
  %w = arith.constant dense<[[0, 1, 2, 3, 4, 5, 6, 7], [10, 11, 12, 13, 14, 15, 16, 17],
    [20, 21, 22, 23, 24, 25, 26, 27], [30, 31, 32, 33, 34, 35, 36, 37]]> : tensor<4x8xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x4xi8>, tensor<4x8xi8>) outs(%f : tensor<2x8xi32>)
      attrs = {nnq.layer = "fc",
        nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 4, group = 4, rows = 2, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<2x8xi32>
  return %0 : tensor<2x8xi32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// Lanes and groups are filled up with zero weights. The group that reads past
// the end of a row needs rows with slack.
// CHECK-LABEL: @padded
// CHECK-SAME: %[[ARG:[a-z0-9]+]]: tensor<2x5xi8>
// CHECK: %[[WEIGHTS:.+]] = arith.constant dense_resource<fc_weights> : tensor<1x2x4x4xi8>
// CHECK: %[[E:.+]] = tensor.empty() : tensor<2x8xi8>
// CHECK: %[[SLACK:.+]] = tensor.insert_slice %[[ARG]] into %[[E]][0, 0] [2, 5] [1, 1]
// CHECK: linalg.generic {{.*}} ins(%[[SLACK]], %[[WEIGHTS]] : tensor<2x8xi8>, tensor<1x2x4x4xi8>)
// CHECK-SAME: outs(%{{.+}} : tensor<2x3xi32>)
// Channels 0 to 2 and one of zeros; elements 0 to 3, then 4 and zeros.
// CHECK: fc_weights: "0x40000000010203040B0C0D0E1516171800000000050000000F0000001900000000000000"
func.func @padded(%x: tensor<2x5xi8>, %f: tensor<2x3xi32>) -> tensor<2x3xi32> {
  %w = arith.constant dense<[[1, 2, 3, 4, 5], [11, 12, 13, 14, 15], [21, 22, 23, 24, 25]]> : tensor<3x5xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x5xi8>, tensor<3x5xi8>) outs(%f : tensor<2x3xi32>)
      attrs = {nnq.layer = "fc",
        nnq.kernel = #nnq.kernel<dot = sdot, lanes = 4, group = 4, rows = 2, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<2x3xi32>
  return %0 : tensor<2x3xi32>
}

// -----

#x = affine_map<(n, h, w, c, i, j, k) -> (n, h + i, w * 2 + j, k)>
#w = affine_map<(n, h, w, c, i, j, k) -> (c, k, i, j)>
#y = affine_map<(n, h, w, c, i, j, k) -> (n, h, w, c)>

// Few channels: the three columns of the window times three channels are one
// run of 9, cut in three groups of 4. The window moves by two columns of three
// channels. The last group ends one element behind the last column of 9, which
// is within the tenth.
// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d4, d2 * 6 + d5 * 4 + d6)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3 floordiv 8, d4, d5, d3 mod 8, d6)>
// CHECK-LABEL: @few_channels
// CHECK-SAME: %[[ARG:[a-z0-9]+]]: tensor<1x9x9x3xi8>
// CHECK: %[[WEIGHTS:.+]] = arith.constant dense_resource<{{.+}}> : tensor<1x3x3x8x4xi8>
// CHECK: %[[E:.+]] = tensor.empty() : tensor<1x9x10x3xi8>
// CHECK: %[[SLACK:.+]] = tensor.insert_slice %[[ARG]] into %[[E]][0, 0, 0, 0] [1, 9, 9, 3] [1, 1, 1, 1]
// CHECK: %[[FLAT:.+]] = tensor.collapse_shape %[[SLACK]] {{\[}}[0], [1], [2, 3]] : tensor<1x9x10x3xi8> into tensor<1x9x30xi8>
// CHECK: linalg.generic {indexing_maps = [#[[X]], #[[W]], {{.*}} iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
// CHECK-SAME: ins(%[[FLAT]], %[[WEIGHTS]] :
func.func @few_channels(%x: tensor<1x9x9x3xi8>, %f: tensor<1x7x4x6xi32>) -> tensor<1x7x4x6xi32> {
  %w = arith.constant dense<1> : tensor<6x3x3x3xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x9x9x3xi8>, tensor<6x3x3x3xi8>) outs(%f : tensor<1x7x4x6xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 4, rows = 2, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x7x4x6xi32>
  return %0 : tensor<1x7x4x6xi32>
}

// -----

#x = affine_map<(n, h, w, c, i, j, k) -> (n, h + i, w + j * 2, k)>
#w = affine_map<(n, h, w, c, i, j, k) -> (c, k, i, j)>
#y = affine_map<(n, h, w, c, i, j, k) -> (n, h, w, c)>

// The columns of a dilated window are not neighbours: the run is the channels.
// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1 + d4, d2 + d5 * 2, d6 * 4 + d7)>
// CHECK-LABEL: @dilated
// CHECK: arith.constant dense_resource<{{.+}}> : tensor<1x3x3x1x8x4xi8>
// CHECK-NOT: tensor.collapse_shape
// CHECK: linalg.generic {indexing_maps = [#[[X]],
func.func @dilated(%x: tensor<1x9x9x4xi8>, %f: tensor<1x7x5x6xi32>) -> tensor<1x7x5x6xi32> {
  %w = arith.constant dense<1> : tensor<6x4x3x3xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x9x9x4xi8>, tensor<6x4x3x3xi8>) outs(%f : tensor<1x7x5x6xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 4, rows = 2, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x7x5x6xi32>
  return %0 : tensor<1x7x5x6xi32>
}
