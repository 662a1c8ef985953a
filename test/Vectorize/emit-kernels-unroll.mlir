// RUN: nnq-opt %s --nnq-emit-kernels --split-input-file | FileCheck %s

#x = affine_map<(h, c, r, v) -> (h, r * 4 + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>

// Few reduction steps need no loop; the contractions of a row are a chain.
// CHECK-LABEL: @whole
// CHECK-NOT: scf.for
// CHECK: %[[A:.+]] = vector.contract {{.*}}, %{{.+}} : vector<4xi32>, vector<4x4xi32> into vector<4xi32>
// CHECK: %[[B:.+]] = vector.contract {{.*}}, %[[A]] : vector<4xi32>, vector<4x4xi32> into vector<4xi32>
// CHECK: vector.store %[[B]]
// CHECK-NOT: linalg
func.func @whole(%x: memref<1x8xi8>, %w: memref<1x2x4x4xi8>, %y: memref<1x4xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<1x4xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<1x8xi8>, memref<1x2x4x4xi8>) outs(%y : memref<1x4xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 4, group = 4, rows = 1, blocks = 1>} {
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

#x = affine_map<(h, c, r, v) -> (h + r + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>

// Neighbouring rows read the same elements in neighbouring steps: four rows and
// three steps take six loads.
// CHECK-LABEL: @overlapping_rows
// CHECK-NOT: scf.for
// CHECK-COUNT-6: memref.load
// CHECK-NOT: memref.load
// CHECK-COUNT-4: vector.store
func.func @overlapping_rows(%x: memref<6xf32>, %w: memref<1x3x4x1xf32>, %y: memref<4x4xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<4x4xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<6xf32>, memref<1x3x4x1xf32>) outs(%y : memref<4x4xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 4, blocks = 1>} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#x = affine_map<(h, c, r, v) -> (h, r * 4 + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>

// Two steps are no loop, however many dots they have.
// CHECK-LABEL: @two_steps
// CHECK-NOT: scf.for
// CHECK-COUNT-32: vector.contract
// CHECK-NOT: vector.contract
func.func @two_steps(%x: memref<16x8xi8>, %w: memref<1x2x4x4xi8>, %y: memref<16x4xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<16x4xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<16x8xi8>, memref<1x2x4x4xi8>) outs(%y : memref<16x4xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 4, group = 4, rows = 16, blocks = 1>} {
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

#x = affine_map<(h, c, r, v) -> (h, r * 4 + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>

// 48 steps: not 2 times 24, of which LLVM would end the first before it is due.
// CHECK-LABEL: @no_two_iterations
// CHECK-DAG: %[[END:.+]] = arith.constant 48 : index
// CHECK-DAG: %[[STEP:.+]] = arith.constant 16 : index
// CHECK: scf.for {{.*}} to %[[END]] step %[[STEP]]
func.func @no_two_iterations(%x: memref<1x192xi8>, %w: memref<1x48x4x4xi8>, %y: memref<1x4xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<1x4xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<1x192xi8>, memref<1x48x4x4xi8>) outs(%y : memref<1x4xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 4, group = 4, rows = 1, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}
