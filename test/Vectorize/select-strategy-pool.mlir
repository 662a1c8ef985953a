// RUN: nnq-opt %s --nnq-set-target=target=aarch64+dotprod+i8mm --nnq-select-strategy | FileCheck %s

// A pool that reads the accumulators is part of the tile: its windows are the
// rows, here 2 x 2 for each of the three results, which are pairs again.

#x = affine_map<(n, h, w, c, k) -> (n, h, w, k)>
#w = affine_map<(n, h, w, c, k) -> (c, k)>
#y = affine_map<(n, h, w, c, k) -> (n, h, w, c)>
#in = affine_map<(n, h, w, c, i, j) -> (n, h * 2 + i, w * 2 + j, c)>
#window = affine_map<(n, h, w, c, i, j) -> (i, j)>
#out = affine_map<(n, h, w, c, i, j) -> (n, h, w, c)>

// CHECK: nnq.kernel = #nnq.kernel<dot = smmla, lanes = 4, group = 8, rows = {{[123]}}, blocks = 1>
func.func @pooled(%x: tensor<1x6x6x8xi8>, %w: tensor<4x8xi8>, %f: tensor<1x6x6x4xi32>,
    %init: tensor<1x3x3x4xi32>) -> tensor<1x3x3x4xi32> {
  %ew = tensor.empty() : tensor<2x2xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x6x6x8xi8>, tensor<4x8xi8>) outs(%f : tensor<1x6x6x4xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x6x6x4xi32>
  %1 = linalg.generic {indexing_maps = [#in, #window, #out],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%0, %ew : tensor<1x6x6x4xi32>, tensor<2x2xi8>) outs(%init : tensor<1x3x3x4xi32>) {
  ^bb0(%a: i32, %b: i8, %o: i32):
    %s = arith.maxsi %o, %a : i32
    linalg.yield %s : i32
  } -> tensor<1x3x3x4xi32>
  return %1 : tensor<1x3x3x4xi32>
}
