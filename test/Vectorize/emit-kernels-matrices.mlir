// RUN: nnq-opt %s --nnq-emit-kernels --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-emit-kernels --split-input-file | nnq-opt --split-input-file | FileCheck %s

#x = affine_map<(n, c, k, p, v) -> (n, k * 64 + p * 4 + v)>
#w = affine_map<(n, c, k, p, v) -> (c floordiv 16, k, p, c mod 16, v)>
#y = affine_map<(n, c, k, p, v) -> (n, c)>
#id = affine_map<(n, c) -> (n, c)>

// 45 rows: a tile of 32 in two matrices, and one of 13, which is less than a
// matrix of the first has. Sums are taken from the stack a few rows at a time.
// CHECK-LABEL: @rows
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<45x128xi8>, %[[W:[a-z0-9]+]]: memref<2x2x16x16x4xi8>
// CHECK: %[[P:.+]] = memref.collapse_shape %[[W]] {{.*}} into memref<2x2x1024xi8>
// CHECK: %[[S:.+]] = memref.alloca() {alignment = 64 : i64} : memref<32x32xi32>
// CHECK: nnq.matrix_configure rows = [16, 16, 16, 16, 16, 16, 16, 16] bytes = [64, 64, 64, 64, 64, 64, 64, 64]
// CHECK: nnq.matrix_zero 0
// CHECK: nnq.matrix_zero 3
// CHECK: scf.for {{.*}} to %c2
// Rows stay over a step; columns take turns.
// CHECK: nnq.matrix_load 4, %[[X]][{{.*}}] by 128 : memref<45x128xi8>
// CHECK: nnq.matrix_load 5, %[[X]][{{.*}}] by 128 : memref<45x128xi8>
// CHECK: nnq.matrix_load 6, %[[P]][{{.*}}] by 64 : memref<2x2x1024xi8>
// CHECK: nnq.matrix_dot 0, 4, 6
// CHECK: nnq.matrix_dot 2, 5, 6
// CHECK: nnq.matrix_load 7, %[[P]][{{.*}}] by 64 : memref<2x2x1024xi8>
// CHECK: nnq.matrix_dot 1, 4, 7
// CHECK: nnq.matrix_dot 3, 5, 7
// CHECK: nnq.matrix_store 0, %[[S]][%c0{{.*}}, %c0{{.*}}] by 128 : memref<32x32xi32>
// CHECK: nnq.matrix_store 3, %[[S]][%c16{{.*}}, %c16{{.*}}] by 128 : memref<32x32xi32>
// CHECK: scf.for {{.*}} to %c32{{.*}} step %c4
// CHECK: vector.load %[[S]]
// CHECK: nnq.matrix_configure rows = [13, 13, 13, 16, 16, 16, 16, 16]
// CHECK-NOT: bytes = [16
// CHECK-NOT: linalg.generic
func.func @rows(%x: memref<45x128xi8>, %w: memref<2x2x16x16x4xi8>, %y: memref<45x32xi32>) {
  %c0_i32 = arith.constant 0 : i32
  linalg.fill ins(%c0_i32 : i32) outs(%y : memref<45x32xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<45x128xi8>, memref<2x2x16x16x4xi8>)
      outs(%y : memref<45x32xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = tdpbusd, lanes = 16, group = 64, rows = 32, blocks = 2>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}

// -----

#x = affine_map<(h, w, c, i, k, p, v) -> (h + i, w * 16 + k * 48 + p * 4 + v)>
#w = affine_map<(h, w, c, i, k, p, v) -> (c floordiv 16, i, k, p, c mod 16, v)>
#y = affine_map<(h, w, c, i, k, p, v) -> (h, w, c)>

// All five lines of six pixels at once; lines of the activation are eight pixels
// apart: 38 rows in three matrices of 13, the last of which begins with row 25
// and ends with the tile. A step has 48 inputs.
// CHECK-LABEL: @lines
// CHECK: %[[S:.+]] = memref.alloca() {alignment = 64 : i64} : memref<38x16xi32>
// CHECK: nnq.matrix_configure rows = [13, 13, 13, 12, 13, 13, 13, 13] bytes = [64, 64, 64, 64, 48, 48, 48, 48]
// CHECK: nnq.matrix_load 3, {{.*}} by 64
// CHECK: nnq.matrix_load 4, {{.*}} by 16
// CHECK: nnq.matrix_dot 0, 4, 3
// CHECK: nnq.matrix_load 5, {{.*}} by 16
// CHECK: nnq.matrix_dot 1, 5, 3
// CHECK: nnq.matrix_load 6, {{.*}} by 16
// CHECK: nnq.matrix_dot 2, 6, 3
// CHECK: nnq.matrix_store 1, %[[S]][%c12
// CHECK: nnq.matrix_store 2, %[[S]][%c25
// CHECK: scf.for {{.*}} to %c5
// CHECK-NOT: linalg.generic
func.func @lines(%x: memref<7x128xi8>, %w: memref<1x3x1x12x16x4xi8>, %y: memref<5x6x16xi32>) {
  %c0_i32 = arith.constant 0 : i32
  linalg.fill ins(%c0_i32 : i32) outs(%y : memref<5x6x16xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<7x128xi8>, memref<1x3x1x12x16x4xi8>)
      outs(%y : memref<5x6x16xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = tdpbusd, lanes = 16, group = 48, rows = 30, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}

// -----

#x = affine_map<(n, c, k, p, v) -> (n, k * 64 + p * 4 + v)>
#w = affine_map<(n, c, k, p, v) -> (c floordiv 16, k, p, c mod 16, v)>
#y = affine_map<(n, c, k, p, v) -> (n, c)>

// Weights that the first-level cache does not hold are asked for early.
// CHECK-LABEL: @many_weights
// CHECK: nnq.matrix_load 2
// CHECK-COUNT-16: memref.prefetch %{{.*}}, read, locality<3>, data : memref<4x16x1024xi8>
// CHECK: nnq.matrix_dot 0, 1, 2
func.func @many_weights(%x: memref<16x1024xi8>, %w: memref<4x16x16x16x4xi8>, %y: memref<16x64xi32>) {
  %c0_i32 = arith.constant 0 : i32
  linalg.fill ins(%c0_i32 : i32) outs(%y : memref<16x64xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<16x1024xi8>, memref<4x16x16x16x4xi8>)
      outs(%y : memref<16x64xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = tdpbusd, lanes = 16, group = 64, rows = 16, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}
