// RUN: nnq-opt %s --nnq-emit-kernels | FileCheck %s

#x = affine_map<(b, m, n, r, v) -> (m, b, r * 2 + v)>
#y = affine_map<(b, m, n, r, v) -> (b, n floordiv 8, r, n mod 8, v)>
#o = affine_map<(b, m, n, r, v) -> (b, m, n)>
#id = affine_map<(b, m, n) -> (b, m, n)>
#t = affine_map<(b, m, n) -> (m, b, n)>

// Each step of the batch has packed values of its own, which are not asked for
// ahead, and the epilogue stores to transposed rows.
// CHECK-LABEL: @batch
// CHECK-SAME: %{{.+}}: memref<6x40x32xi16>, %[[Y:.+]]: memref<40x4x16x8x2xi16>, %[[O:.+]]: memref<6x40x32xf32>
// CHECK: %[[FLAT:.+]] = memref.collapse_shape %[[Y]] {{\[\[}}0], [1], [2], [3, 4]]
// CHECK-NOT: memref.prefetch
// CHECK: scf.for %[[B:.+]] =
// CHECK: vector.load %[[FLAT]][%[[B]], %{{.+}}, %{{.+}}, %{{.+}}] : memref<40x4x16x16xi16>, vector<16xi16>
// CHECK-NOT: memref.prefetch
// CHECK: arith.sitofp
// CHECK: vector.store %{{.+}}, %[[O]][%{{.+}}, %[[B]], %{{.+}}]
func.func @batch(%x: memref<6x40x32xi16>, %y: memref<40x4x16x8x2xi16>, %o: memref<6x40x32xf32>) {
  %c0 = arith.constant 0 : i32
  %acc = memref.alloc() : memref<40x6x32xi32>
  linalg.fill ins(%c0 : i32) outs(%acc : memref<40x6x32xi32>)
  linalg.generic {indexing_maps = [#x, #y, #o],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %y : memref<6x40x32xi16>, memref<40x4x16x8x2xi16>) outs(%acc : memref<40x6x32xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 3, blocks = 2>} {
  ^bb0(%a: i16, %b: i16, %c: i32):
    %ea = arith.extsi %a : i16 to i32
    %eb = arith.extsi %b : i16 to i32
    %p = arith.muli %ea, %eb : i32
    %s = arith.addi %c, %p : i32
    linalg.yield %s : i32
  }
  linalg.generic {indexing_maps = [#id, #t], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%acc : memref<40x6x32xi32>) outs(%o : memref<6x40x32xf32>) {
  ^bb0(%a: i32, %b: f32):
    %s = arith.sitofp %a : i32 to f32
    linalg.yield %s : f32
  }
  return
}

// Rows along the batch are taken one at a time.
#x1 = affine_map<(b, n, r, v) -> (b, r * 2 + v)>
#y1 = affine_map<(b, n, r, v) -> (b, n floordiv 8, r, n mod 8, v)>
#o1 = affine_map<(b, n, r, v) -> (b, n)>
// CHECK-LABEL: @single_rows
// CHECK: %[[ONE:.+]] = arith.constant 1 : index
// CHECK: scf.for %[[B:.+]] = %{{.+}} to %{{.+}} step %[[ONE]]
// CHECK: vector.load %{{.+}}[%[[B]],
// CHECK-COUNT-1: vector.store
// CHECK-NOT: vector.store
// CHECK: return
func.func @single_rows(%x: memref<6x8xi16>, %y: memref<6x1x4x8x2xi16>, %o: memref<6x8xi32>) {
  %c0 = arith.constant 0 : i32
  linalg.fill ins(%c0 : i32) outs(%o : memref<6x8xi32>)
  linalg.generic {indexing_maps = [#x1, #y1, #o1],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %y : memref<6x8xi16>, memref<6x1x4x8x2xi16>) outs(%o : memref<6x8xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 3, blocks = 1>} {
  ^bb0(%a: i16, %b: i16, %c: i32):
    %ea = arith.extsi %a : i16 to i32
    %eb = arith.extsi %b : i16 to i32
    %p = arith.muli %ea, %eb : i32
    %s = arith.addi %c, %p : i32
    linalg.yield %s : i32
  }
  return
}
