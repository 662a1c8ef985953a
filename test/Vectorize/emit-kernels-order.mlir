// RUN: nnq-opt %s --nnq-emit-kernels --canonicalize --cse | FileCheck %s

#x = affine_map<(n, h, w, c, kh, kw) -> (n, h + kh, w + kw, c)>
#w = affine_map<(n, h, w, c, kh, kw) -> (kh, kw, c)>
#y = affine_map<(n, h, w, c, kh, kw) -> (n, h, w, c)>

// Rows of the activation that a cache does not hold are read once: all channels
// of a pixel one after the other, as they lie in memory, and the few weights
// again for each tile of 4 columns.
// CHECK-LABEL: @window
// CHECK-DAG: %[[ROW:.+]] = arith.constant 1 : index
// CHECK-DAG: %[[COLUMNS:.+]] = arith.constant 4 : index
// CHECK-DAG: %[[LANES:.+]] = arith.constant 8 : index
// CHECK: scf.for {{.+}} step %[[ROW]]
// CHECK-NEXT: scf.for {{.+}} step %[[COLUMNS]]
// CHECK-NEXT: scf.for {{.+}} step %[[LANES]]
// CHECK-COUNT-36: vector.fma
func.func @window(%x: memref<1x6x66x24xf32>, %w: memref<3x3x24xf32>, %y: memref<1x4x64x24xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<1x4x64x24xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<1x6x66x24xf32>, memref<3x3x24xf32>) outs(%y : memref<1x4x64x24xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = none, lanes = 8, group = 1, rows = 4, blocks = 1>} {
  ^bb0(%a: f32, %f: f32, %o: f32):
    %m = arith.mulf %a, %f : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  return
}

// Those that it holds are read again for each block of channels, and weights
// once.
// CHECK-LABEL: @small_window
// CHECK-DAG: %[[ROW:.+]] = arith.constant 1 : index
// CHECK-DAG: %[[COLUMNS:.+]] = arith.constant 4 : index
// CHECK-DAG: %[[LANES:.+]] = arith.constant 8 : index
// CHECK: scf.for {{.+}} step %[[ROW]]
// CHECK-NEXT: scf.for {{.+}} step %[[LANES]]
// CHECK-NEXT: scf.for {{.+}} step %[[COLUMNS]]
// CHECK-COUNT-36: vector.fma
func.func @small_window(%x: memref<1x6x10x24xf32>, %w: memref<3x3x24xf32>, %y: memref<1x4x8x24xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<1x4x8x24xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<1x6x10x24xf32>, memref<3x3x24xf32>) outs(%y : memref<1x4x8x24xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = none, lanes = 8, group = 1, rows = 4, blocks = 1>} {
  ^bb0(%a: f32, %f: f32, %o: f32):
    %m = arith.mulf %a, %f : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  return
}

#a = affine_map<(n, m, k) -> (n, k)>
#b = affine_map<(n, m, k) -> (k, m)>
#c = affine_map<(n, m, k) -> (n, m)>

// A product reads one factor for all lanes at once: a panel of the other stays
// over all rows, however short the sum is.
// CHECK-LABEL: @product
// CHECK-DAG: %[[ROWS:.+]] = arith.constant 4 : index
// CHECK-DAG: %[[LANES:.+]] = arith.constant 8 : index
// CHECK: scf.for {{.+}} step %[[LANES]]
// CHECK-NEXT: scf.for {{.+}} step %[[ROWS]]
func.func @product(%x: memref<16x4xf32>, %w: memref<4x24xf32>, %y: memref<16x24xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<16x24xf32>)
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : memref<16x4xf32>, memref<4x24xf32>) outs(%y : memref<16x24xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 8, group = 1, rows = 4, blocks = 1>} {
  ^bb0(%a: f32, %f: f32, %o: f32):
    %m = arith.mulf %a, %f : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  return
}
