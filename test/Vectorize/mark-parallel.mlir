// RUN: nnq-opt %s --nnq-set-target="target=x86-64-v3 threads=2" --nnq-emit-kernels \
// RUN:   --nnq-vectorize-elementwise | FileCheck %s
// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-emit-kernels \
// RUN:   --nnq-vectorize-elementwise | FileCheck %s --check-prefix=ONE

// Loops over the result are marked for threads, those of a reduction are not.
// ONE-NOT: nnq.parallel

// CHECK-LABEL: @elementwise
// CHECK: scf.for
// CHECK:   scf.for
// CHECK:   } {nnq.parallel}
// CHECK: } {nnq.parallel}
func.func @elementwise(%x: memref<4x64xf32>, %y: memref<4x64xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                  iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<4x64xf32>) outs(%y : memref<4x64xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  }
  return
}

// A scalar loop adds up in memory.
// CHECK-LABEL: @scalar
// CHECK: scf.for
// CHECK-NOT: nnq.parallel
func.func @scalar(%x: memref<4x64xf32>, %y: memref<4xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                  iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<4x64xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  }
  return
}
