// RUN: nnq-opt %s --nnq-emit-kernels | FileCheck %s

#x = affine_map<(h, c, r, p, v) -> (h, r * 8 + p * 4 + v)>
#w = affine_map<(h, c, r, p, v) -> (c floordiv 4, r, p, c mod 4, v)>
#y = affine_map<(h, c, r, p, v) -> (h, c)>

// A group of two parts: each is loaded by itself, and the contraction says that
// packing has made sure of its sums.
// CHECK-LABEL: @parts
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<2x424xi8>, %[[W:[a-z0-9]+]]: memref<1x53x2x4x4xi8>
// CHECK: %[[FLAT:.+]] = memref.collapse_shape %[[W]] {{\[}}[0], [1], [2, 3, 4]]
// CHECK: scf.for
// CHECK: vector.load %[[FLAT]]{{.*}} vector<16xi8>
// CHECK: vector.load %[[FLAT]]{{.*}}%c16{{.*}} vector<16xi8>
// CHECK: vector.load %[[X]]{{.*}} vector<4xi8>
// CHECK: vector.load %[[X]]{{.*}} vector<4xi8>
// CHECK: arith.extui {{.*}} : vector<2x4xi8> to vector<2x4xi32>
// CHECK: arith.extsi {{.*}} : vector<2x4x4xi8> to vector<2x4x4xi32>
// CHECK: vector.contract {{.*}}nnq.fits_i16{{.*}} : vector<2x4xi32>, vector<2x4x4xi32> into vector<4xi32>
func.func @parts(%x: memref<2x424xi8>, %w: memref<1x53x2x4x4xi8>, %y: memref<2x4xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<2x4xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<2x424xi8>, memref<1x53x2x4x4xi8>) outs(%y : memref<2x4xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 4, group = 8, rows = 2, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}
