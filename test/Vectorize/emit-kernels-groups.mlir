// RUN: nnq-opt %s --nnq-emit-kernels | FileCheck %s

// Twelve channels in two groups of six: in each, a block of four lanes and one
// of two. Rows run along the loop outside of the channels.
#x = affine_map<(h, c, r, v) -> (h, (c floordiv 6) * 8 + r * 4 + v)>
#w = affine_map<(h, c, r, v) -> ((c floordiv 6) * 2 + (c mod 6) floordiv 4, r, (c mod 6) mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>

// CHECK-DAG: #[[SIX:.+]] = affine_map<(d0) -> (d0 * 6)>
// CHECK-DAG: #[[EIGHT:.+]] = affine_map<(d0) -> (d0 * 8)>
// CHECK-DAG: #[[TWO:.+]] = affine_map<(d0) -> (d0 * 2)>
// CHECK-DAG: #[[NEXT:.+]] = affine_map<(d0) -> (d0 * 2 + 1)>
// CHECK-LABEL: @groups
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<2x16xi8>, %[[W:[a-z0-9]+]]: memref<4x2x4x4xi8>, %[[Y:[a-z0-9]+]]: memref<2x12xi32>
// CHECK-NOT: linalg
// CHECK: %[[FLAT:.+]] = memref.collapse_shape %[[W]]
// CHECK: scf.for %[[G:.+]] = %c0{{.*}} to %c2{{.*}} step %c1
// CHECK: %[[BLOCK:.+]] = affine.apply #[[TWO]](%[[G]])
// CHECK: vector.load %[[FLAT]][%[[BLOCK]],
// CHECK: %[[START:.+]] = affine.apply #[[EIGHT]](%[[G]])
// CHECK: vector.load %[[X]][%c0{{.*}}, %[[START]]]
// CHECK: %[[CHANNEL:.+]] = affine.apply #[[SIX]](%[[G]])
// CHECK: vector.store %{{.+}}, %[[Y]][%c0{{.*}}, %[[CHANNEL]]] {{.*}} vector<4xi32>
// CHECK: vector.store %{{.+}}, %[[Y]][%c1{{.*}}] {{.*}} vector<4xi32>
// CHECK: affine.apply #[[NEXT]](%[[G]])
// CHECK: vector.store %{{.+}}, %[[Y]]{{.*}} vector<2xi32>
// CHECK: vector.store %{{.+}}, %[[Y]]{{.*}} vector<2xi32>
// CHECK-NOT: vector.store
func.func @groups(%x: memref<2x16xi8>, %w: memref<4x2x4x4xi8>, %y: memref<2x12xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<2x12xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<2x16xi8>, memref<4x2x4x4xi8>) outs(%y : memref<2x12xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 4, group = 4, rows = 2, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}
