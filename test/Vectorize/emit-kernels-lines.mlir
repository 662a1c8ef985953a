// RUN: nnq-opt %s --nnq-emit-kernels | FileCheck %s

#x = affine_map<(h, w, c, k, v) -> (h, w, k + v)>
#w = affine_map<(h, w, c, k, v) -> (c floordiv 4, k, c mod 4, v)>
#y = affine_map<(h, w, c, k, v) -> (h, w, c)>

// Tiles of six rows are two lines of three: all of them multiply the weights of
// a step, which are read once. The last of five lines is a tile of its own.
// CHECK-DAG: #[[NEXT:.+]] = affine_map<(d0) -> (d0 + 1)>
// CHECK-LABEL: @lines
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<5x3x53xf32>, %{{[a-z0-9]+}}: memref<1x53x4x1xf32>, %[[Y:[a-z0-9]+]]: memref<5x3x4xf32>
// CHECK: scf.for %[[LINE:.+]] = %c0{{.*}} to %c4{{.*}} step %c2
// CHECK: %[[ACC:.+]]:6 = scf.for %[[K:[a-z0-9]+]] =
// CHECK: vector.load %{{.+}} : memref<1x53x4xf32>, vector<4xf32>
// CHECK-NOT: vector.load
// CHECK: memref.load %[[X]][%[[LINE]], %c0{{.*}}, %[[K]]]
// CHECK: memref.load %[[X]][%[[LINE]], %c1{{.*}}, %[[K]]]
// CHECK: memref.load %[[X]][%[[LINE]], %c2{{.*}}, %[[K]]]
// CHECK: affine.apply
// CHECK-NEXT: %[[SECOND:.+]] = affine.apply #[[NEXT]](%[[LINE]])
// CHECK-NEXT: %[[C0:.+]] = arith.constant 0 : index
// CHECK-NEXT: memref.load %[[X]][%[[SECOND]], %[[C0]], %[[K]]]
// CHECK: memref.load %[[X]][%{{.+}}, %c1{{.*}}, %[[K]]]
// CHECK: memref.load %[[X]][%{{.+}}, %c2{{.*}}, %[[K]]]
// CHECK-NOT: vector.load
// CHECK: scf.yield
// CHECK: vector.store %[[ACC]]#2, %[[Y]][%[[LINE]], %c2{{.*}}, %c0{{.*}}]
// CHECK: vector.store %[[ACC]]#3, %[[Y]][%{{[^c].*}}, %c0{{.*}}, %c0{{.*}}]
// CHECK: vector.store %[[ACC]]#5, %[[Y]][%{{[^c].*}}, %c2{{.*}}, %c0{{.*}}]
// CHECK: %[[LAST:.+]]:3 = scf.for
// CHECK: vector.store %[[LAST]]#2, %[[Y]][%c4{{.*}}, %c2{{.*}}, %c0{{.*}}]
// CHECK-NOT: vector.store
func.func @lines(%x: memref<5x3x53xf32>, %w: memref<1x53x4x1xf32>, %y: memref<5x3x4xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<5x3x4xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<5x3x53xf32>, memref<1x53x4x1xf32>) outs(%y : memref<5x3x4xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 6, blocks = 1>} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  return
}
