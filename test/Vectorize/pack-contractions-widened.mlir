// RUN: nnq-opt %s --nnq-pack-contractions --split-input-file | FileCheck %s

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// Weights that many rows share are kept in the 16 bits that vpmaddwd reads.
// CHECK-LABEL: @many_rows
// CHECK: %[[W:.+]] = arith.constant dense_resource<fc_weights> : tensor<1x1x4x2xi16>
// CHECK: linalg.generic {{.*}} ins(%{{.+}}, %[[W]] : tensor<8x2xi16>, tensor<1x1x4x2xi16>)
// CHECK: arith.extsi {{.*}} : i16 to i32
// CHECK: arith.extsi {{.*}} : i16 to i32
// 1, -2, 3, -4 and two channels of zeros.
// CHECK: fc_weights: "0x400000000100FEFF0300FCFF0000000000000000"
func.func @many_rows(%x: tensor<8x2xi16>, %f: tensor<8x2xi32>) -> tensor<8x2xi32> {
  %w = arith.constant dense<[[1, -2], [3, -4]]> : tensor<2x2xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<8x2xi16>, tensor<2x2xi8>) outs(%f : tensor<8x2xi32>)
      attrs = {nnq.layer = "fc",
        nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 4, group = 2, rows = 2, blocks = 1>} {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<8x2xi32>
  return %0 : tensor<8x2xi32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// A product with a vector reads each weight once: bytes are faster to fetch.
// CHECK-LABEL: @one_row
// CHECK: arith.constant dense_resource<{{.+}}> : tensor<1x1x4x2xi8>
func.func @one_row(%x: tensor<1x2xi16>, %f: tensor<1x2xi32>) -> tensor<1x2xi32> {
  %w = arith.constant dense<[[1, -2], [3, -4]]> : tensor<2x2xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x2xi16>, tensor<2x2xi8>) outs(%f : tensor<1x2xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 4, group = 2, rows = 1, blocks = 1>} {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x2xi32>
  return %0 : tensor<1x2xi32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// Twice the size would not stay in the cache.
// CHECK-LABEL: @large
// CHECK: arith.constant dense_resource<{{.+}}> : tensor<16x128x8x2xi8>
func.func @large(%x: tensor<8x256xi16>, %f: tensor<8x128xi32>) -> tensor<8x128xi32> {
  %w = arith.constant dense<1> : tensor<128x256xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<8x256xi16>, tensor<128x256xi8>) outs(%f : tensor<8x128xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 2, blocks = 1>} {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<8x128xi32>
  return %0 : tensor<8x128xi32>
}
