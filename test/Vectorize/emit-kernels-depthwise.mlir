// RUN: nnq-opt %s --nnq-emit-kernels --canonicalize --cse | FileCheck %s
// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-emit-kernels --canonicalize --cse --nnq-lower-contract-to-dot \
// RUN:   | FileCheck %s --check-prefix=DOT

// CHECK-DAG: #[[FIRST_ROW:.+]] = affine_map<(d0) -> (-d0 + 2)>
// CHECK-DAG: #[[END_ROW:.+]] = affine_map<(d0) -> (-d0 + 4)>

#x = affine_map<(n, h, w, c, kh, kw) -> (n, h + kh, w + kw, c)>
#w = affine_map<(n, h, w, c, kh, kw) -> (kh, kw, c)>
#y = affine_map<(n, h, w, c, kh, kw) -> (n, h, w, c)>

// Nine taps are five pairs, the last one with weights of zero; each pair is two
// products of eight lanes. Of 20 channels the second block has four.
// CHECK-LABEL: @depthwise
// CHECK: scf.for
// CHECK: vector.shuffle %{{.+}}, %{{.+}} [0, 16, 1, 17, 2, 18, 3, 19, 8, 24, 9, 25, 10, 26, 11, 27] : vector<16xi16>, vector<16xi16>
// CHECK: vector.shuffle %{{.+}}, %{{.+}} [4, 20, 5, 21, 6, 22, 7, 23, 12, 28, 13, 29, 14, 30, 15, 31] : vector<16xi16>, vector<16xi16>
// CHECK-COUNT-10: vector.contract {{.*}} vector<8x2xi32>, vector<8x2xi32> into vector<8xi32>
// CHECK: vector.shuffle %{{.+}}, %{{.+}} [0, 1, 2, 3, 8, 9, 10, 11] : vector<8xi32>, vector<8xi32>
// CHECK: vector.shuffle %{{.+}}, %{{.+}} [4, 5, 6, 7, 12, 13, 14, 15] : vector<8xi32>, vector<8xi32>
// CHECK: vector.store {{.*}} vector<8xi32>
// CHECK: vector.store {{.*}} vector<8xi32>
// CHECK-COUNT-10: vector.contract
// CHECK: vector.store {{.*}} vector<4xi32>
// CHECK-NOT: vector.store
// CHECK-NOT: linalg.
// DOT-LABEL: @depthwise
// DOT-COUNT-20: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"
// DOT-NOT: vector.contract
func.func @depthwise(%x: memref<1x6x3x20xi16>, %w: memref<3x3x20xi8>, %y: memref<1x4x1x20xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<1x4x1x20xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<1x6x3x20xi16>, memref<3x3x20xi8>) outs(%y : memref<1x4x1x20xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 1, blocks = 1>} {
  ^bb0(%a: i16, %f: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %f : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}

#packed_x = affine_map<(w, c, kh, p, v) -> (kh, w + p + v, c)>
#packed_w = affine_map<(w, c, kh, p, v) -> (c floordiv 16, kh, p, (c floordiv 4) mod 2, (c floordiv 8) mod 2, c mod 4, v)>
#packed_y = affine_map<(w, c, kh, p, v) -> (w, c)>
#row = affine_map<(w, c) -> (w, c)>
#channel = affine_map<(w, c) -> (c)>

// Packed weights are multiplied as they are, row of taps by row of taps, and
// added to the bias, which comes in the order of the halves. 16 channels at a time
// are brought into order where they become narrow.
// CHECK-LABEL: @packed_taps
// CHECK-SAME: %{{.+}}: memref<3x4x16xi16>, %[[W:[^:]+]]: memref<1x3x2x2x2x4x2xi16>
// CHECK: %[[FLAT:.+]] = memref.collapse_shape %[[W]] {{\[}}[0], [1], [2], [3, 4, 5, 6]]
// CHECK: %[[BIAS:.+]] = vector.load {{.*}} vector<16xi32>
// CHECK: %[[LOW:.+]] = vector.shuffle %[[BIAS]], %[[BIAS]] [0, 1, 2, 3, 8, 9, 10, 11]
// CHECK: %[[HIGH:.+]] = vector.shuffle %[[BIAS]], %[[BIAS]] [4, 5, 6, 7, 12, 13, 14, 15]
// CHECK: %[[SUMS:.+]]:4 = scf.for %[[KH:.+]] = {{.*}} iter_args(%{{.+}} = %[[LOW]], %{{.+}} = %[[HIGH]], %{{.+}} = %[[LOW]], %{{.+}} = %[[HIGH]])
// CHECK: vector.load %[[FLAT]][%c0, %[[KH]], %c0, %c0] {{.*}} vector<16xi16>
// CHECK: vector.load %[[FLAT]][%c0, %[[KH]], %c0, %c16] {{.*}} vector<16xi16>
// CHECK-COUNT-8: vector.contract {{.*}} vector<8x2xi32>, vector<8x2xi32> into vector<8xi32>
// CHECK: scf.yield
// CHECK-NOT: arith.addi
// CHECK: %[[WIDE:.+]] = vector.shuffle %[[SUMS]]#0, %[[SUMS]]#1 [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15] : vector<8xi32>, vector<8xi32>
// CHECK: %[[RESULT:.+]] = arith.trunci %[[WIDE]] : vector<16xi32> to vector<16xi16>
// CHECK: %[[BOUNDED:.+]] = arith.maxsi %[[RESULT]], %{{.+}} : vector<16xi16>
// CHECK: vector.store %[[BOUNDED]]
// CHECK-NOT: linalg.
func.func @packed_taps(%x: memref<3x4x16xi16>, %w: memref<1x3x2x2x2x4x2xi16>, %bias: memref<16xi32>, %y: memref<2x16xi16>) {
  %zero = arith.constant 0 : i32
  %least = arith.constant 3 : i16
  %acc = memref.alloc() : memref<2x16xi32>
  linalg.fill ins(%zero : i32) outs(%acc : memref<2x16xi32>)
  linalg.generic {indexing_maps = [#packed_x, #packed_w, #packed_y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<3x4x16xi16>, memref<1x3x2x2x2x4x2xi16>) outs(%acc : memref<2x16xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 2, blocks = 1>} {
  ^bb0(%a: i16, %f: i16, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %f : i16 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  linalg.generic {indexing_maps = [#row, #channel, #row], iterator_types = ["parallel", "parallel"]}
      ins(%acc, %bias : memref<2x16xi32>, memref<16xi32>) outs(%y : memref<2x16xi16>) {
  ^bb0(%a: i32, %b: i32, %o: i16):
    %s = arith.addi %a, %b : i32
    %t = arith.trunci %s : i32 to i16
    %u = arith.maxsi %t, %least : i16
    linalg.yield %u : i16
  }
  return
}

#rows_x = affine_map<(h, w, c, kh, p, v) -> (h + kh, w + p + v, c)>
#rows_w = affine_map<(h, w, c, kh, p, v) -> (c floordiv 16, kh, p, (c floordiv 4) mod 2, (c floordiv 8) mod 2, c mod 4, v)>
#rows_y = affine_map<(h, w, c, kh, p, v) -> (h, w, c)>

// Of the rows of the activation only the third and the fourth are no padding.
// What taps in the others add is the sum of one column, from which all tiles of
// columns start, which have taps [2 - h, 4 - h) left.
// CHECK-LABEL: @border
// CHECK: scf.for %[[H:.+]] = %c0 to %c2
// CHECK: affine.apply #[[FIRST_ROW]](%[[H]])
// CHECK: %[[FROM:.+]] = arith.minsi
// CHECK: affine.apply #[[END_ROW]](%[[H]])
// CHECK: %[[TO:.+]] = arith.minsi
// CHECK: %[[ABOVE:.+]]:2 = scf.for {{.+}} = %c0 to %[[FROM]]
// CHECK-COUNT-4: vector.contract
// CHECK: %[[START:.+]]:2 = scf.for {{.+}} = %[[TO]] to %c5 step %c1 iter_args(%{{.+}} = %[[ABOVE]]#0, %{{.+}} = %[[ABOVE]]#1)
// CHECK-COUNT-4: vector.contract
// CHECK: scf.for {{.+}} = %c0 to %c6 step %c2 {
// CHECK: scf.for {{.+}} = %[[FROM]] to %[[TO]] step %c1 iter_args(%{{.+}} = %[[START]]#0, %{{.+}} = %[[START]]#1, %{{.+}} = %[[START]]#0, %{{.+}} = %[[START]]#1)
// CHECK-COUNT-8: vector.contract
// CHECK-NOT: vector.contract
// CHECK: return
func.func @border(%x: memref<6x8x16xi16>, %w: memref<1x5x2x2x2x4x2xi16>, %y: memref<2x6x16xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<2x6x16xi32>)
  linalg.generic {indexing_maps = [#rows_x, #rows_w, #rows_y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<6x8x16xi16>, memref<1x5x2x2x2x4x2xi16>) outs(%y : memref<2x6x16xi32>)
      attrs = {nnq.border = array<i64: 2, 4>,
               nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 2, blocks = 1>} {
  ^bb0(%a: i16, %f: i16, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %f : i16 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}

// Without a loop over rows around the tiles there is nothing to add up once.
// CHECK-LABEL: @border_of_columns
// CHECK-COUNT-2: vector.contract
// CHECK-NOT: arith.minsi
// CHECK: return
func.func @border_of_columns(%x: memref<6x8x16xi16>, %w: memref<1x5x2x2x2x4x2xi16>, %y: memref<2x1x16xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<2x1x16xi32>)
  linalg.generic {indexing_maps = [#rows_x, #rows_w, #rows_y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<6x8x16xi16>, memref<1x5x2x2x2x4x2xi16>) outs(%y : memref<2x1x16xi32>)
      attrs = {nnq.border = array<i64: 2, 4>,
               nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 2, blocks = 1>} {
  ^bb0(%a: i16, %f: i16, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %f : i16 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}
