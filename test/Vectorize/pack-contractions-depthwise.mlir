// RUN: nnq-opt %s --split-input-file --nnq-pack-contractions | FileCheck %s
// RUN: nnq-opt %s --split-input-file --nnq-pack-contractions --nnq-pack-contractions | FileCheck %s

#x = affine_map<(h, w, c, kh, kw) -> (h + kh, w * 2 + kw, c)>
#w = affine_map<(h, w, c, kh, kw) -> (c, kh, kw)>
#y = affine_map<(h, w, c, kh, kw) -> (h, w, c)>

// Three taps of a row are two pairs: the second one starts at the second tap
// and has a weight of zero there.
// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0 + d3, d1 * 2 + d4 + d5, d2)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d2 floordiv 16, d3, d4, (d2 floordiv 4) mod 2, (d2 floordiv 8) mod 2, d2 mod 4, d5)>
// CHECK-LABEL: @odd
// CHECK: arith.constant dense_resource<{{.+}}> : tensor<2x1x2x2x2x4x2xi16>
// CHECK: linalg.generic {indexing_maps = [#[[X]], #[[W]], #{{.+}}], iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
// CHECK-SAME: ins(%{{.+}}, %{{.+}} : tensor<4x9x20xi16>, tensor<2x1x2x2x2x4x2xi16>)
func.func @odd(%x: tensor<4x9x20xi16>, %f: tensor<4x4x20xi32>) -> tensor<4x4x20xi32> {
  %w = arith.constant dense<3> : tensor<20x1x3xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<4x9x20xi16>, tensor<20x1x3xi8>) outs(%f : tensor<4x4x20xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 4, blocks = 1>} {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x4x20xi32>
  return %0 : tensor<4x4x20xi32>
}

// -----

#x = affine_map<(w, c, kw) -> (w + kw, c)>
#w = affine_map<(w, c, kw) -> (c, kw)>
#y = affine_map<(w, c, kw) -> (w, c)>

// The weights, two bytes each, of channels 0 to 3 and then 4 to 7, by pairs:
// taps 1 and 2, then nothing and 3.
// CHECK-LABEL: @values
// CHECK: tensor<1x2x2x1x4x2xi16>
// CHECK: "0x{{........}}0100020004000500070008000A000B00
// CHECK-SAME: 0D000E001000110013001400160017000000030000000600000009000000
// CHECK-SAME: 0C0000000F00000012000000150000001800"
func.func @values(%x: tensor<4x8xi16>, %f: tensor<2x8xi32>) -> tensor<2x8xi32> {
  %w = arith.constant dense<[[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12], [13, 14, 15], [16, 17, 18],
                             [19, 20, 21], [22, 23, 24]]> : tensor<8x3xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x8xi16>, tensor<8x3xi8>) outs(%f : tensor<2x8xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 2, blocks = 1>} {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<2x8xi32>
  return %0 : tensor<2x8xi32>
}

// -----

#x = affine_map<(w, c, kw) -> (w + kw, c)>
#w = affine_map<(w, c, kw) -> (c, kw)>
#y = affine_map<(w, c, kw) -> (w, c)>

// One tap has no neighbour; the weights are only transposed.
// CHECK-LABEL: @single
// CHECK: tensor<1x8xi8>
// CHECK-NOT: xi16>)
func.func @single(%x: tensor<2x8xi8>, %f: tensor<2x8xi32>) -> tensor<2x8xi32> {
  %w = arith.constant dense<3> : tensor<8x1xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x8xi8>, tensor<8x1xi8>) outs(%f : tensor<2x8xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 2, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<2x8xi32>
  return %0 : tensor<2x8xi32>
}
