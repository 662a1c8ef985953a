// RUN: nnq-opt %s --nnq-emit-kernels --canonicalize --cse --split-input-file | FileCheck %s

#x = affine_map<(n, h, w, c, kh, kw) -> (n, h + kh, w + kw, c)>
#w = affine_map<(n, h, w, c, kh, kw) -> (kh, kw, c)>
#y = affine_map<(n, h, w, c, kh, kw) -> (n, h, w, c)>
#c = affine_map<(n, h, w, c) -> (c)>
#id = affine_map<(n, h, w, c) -> (n, h, w, c)>

// Depthwise: lanes are channels, the window is unrolled, rows share the reads of
// overlapping windows (3 x 4 for two rows), and the bias is added in registers.
// CHECK-LABEL: @depthwise
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<1x6x6x8xf32>, %[[W:[a-z0-9]+]]: memref<3x3x8xf32>
// CHECK-NOT: memref.alloc
// CHECK: scf.for
// CHECK: scf.for
// CHECK-NOT: scf.for
// CHECK-COUNT-18: vector.fma {{.*}} : vector<8xf32>
// CHECK: arith.addf {{.*}} : vector<8xf32>
// CHECK-COUNT-2: vector.store
// CHECK-NOT: linalg.
func.func @depthwise(%x: memref<1x6x6x8xf32>, %w: memref<3x3x8xf32>, %b: memref<8xf32>, %y: memref<1x4x4x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %acc = memref.alloc() : memref<1x4x4x8xf32>
  linalg.fill ins(%zero : f32) outs(%acc : memref<1x4x4x8xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<1x6x6x8xf32>, memref<3x3x8xf32>) outs(%acc : memref<1x4x4x8xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 8, group = 1, rows = 2, blocks = 1>} {
  ^bb0(%a: f32, %f: f32, %o: f32):
    %m = arith.mulf %a, %f : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  linalg.generic {indexing_maps = [#id, #c, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%acc, %b : memref<1x4x4x8xf32>, memref<8xf32>) outs(%y : memref<1x4x4x8xf32>) {
  ^bb0(%a: f32, %f: f32, %o: f32):
    %s = arith.addf %a, %f : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#x = affine_map<(n, c, h, w) -> (n, h, w, c)>
#y = affine_map<(n, c, h, w) -> (n, c)>

// A mean over the image sums blocks of channels in loops over the image.
// CHECK-LABEL: @global_pool
// CHECK: %[[SUMS:.+]]:2 = scf.for {{.*}} iter_args
// CHECK: vector.load {{.*}} vector<8xf32>
// CHECK: vector.store %[[SUMS]]#0
// CHECK: vector.store
// CHECK-NOT: linalg.
func.func @global_pool(%x: memref<1x28x28x16xf32>, %y: memref<1x16xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<1x16xf32>)
  linalg.generic {indexing_maps = [#x, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x : memref<1x28x28x16xf32>) outs(%y : memref<1x16xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = none, lanes = 8, group = 1, rows = 1, blocks = 2>} {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#x = affine_map<(h, k) -> (h, k)>
#y = affine_map<(h, k) -> (h)>

// Maxima of rows: four registers of lanes, then the rest of the row.
// CHECK-LABEL: @row_max
// CHECK: scf.for
// CHECK: %[[MAX:.+]] = scf.for {{.*}} iter_args
// CHECK: vector.load {{.*}} vector<32xf32>
// CHECK: arith.maximumf
// CHECK: vector.reduction <maximumf>, %[[MAX]], %{{.+}} : vector<32xf32> into f32
// CHECK: vector.load {{.*}} vector<6xf32>
// CHECK: vector.reduction <maximumf>, %{{.+}}, %{{.+}} : vector<6xf32> into f32
// CHECK: memref.store
// CHECK-NOT: linalg.
func.func @row_max(%x: memref<5x70xf32>, %y: memref<5xf32>) {
  %low = arith.constant 0xFF800000 : f32
  linalg.fill ins(%low : f32) outs(%y : memref<5xf32>)
  linalg.generic {indexing_maps = [#x, #y], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<5x70xf32>) outs(%y : memref<5xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = none, lanes = 8, group = 1, rows = 1, blocks = 1>} {
  ^bb0(%a: f32, %o: f32):
    %s = arith.maximumf %o, %a : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// All elements become one number, whose result has no loop.
// CHECK-LABEL: @number
// CHECK: vector.reduction <maximumf>
// CHECK-NOT: linalg
func.func @number(%x: memref<1x40xf32>, %y: memref<f32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<f32>)
  linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> ()>], iterator_types = ["reduction", "reduction"]}
      ins(%x : memref<1x40xf32>) outs(%y : memref<f32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = none, lanes = 8, group = 1, rows = 1, blocks = 1>} {
  ^bb0(%a: f32, %o: f32):
    %s = arith.maximumf %a, %o : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// One row of sums: the lanes are the only loop of the result.
// CHECK-LABEL: @column_sums
// CHECK-COUNT-10: vector.load {{.*}} : memref<5x16xf32>, vector<8xf32>
// CHECK: arith.addf {{.*}} : vector<8xf32>
// CHECK-NOT: linalg.generic
func.func @column_sums(%x: memref<5x16xf32>, %y: memref<16xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<16xf32>)
  linalg.generic {indexing_maps = [affine_map<(c, r) -> (r, c)>, affine_map<(c, r) -> (c)>],
      iterator_types = ["parallel", "reduction"]} ins(%x : memref<5x16xf32>) outs(%y : memref<16xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = none, lanes = 8, group = 1, rows = 1, blocks = 2>} {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// One number: all lanes are summed.
// CHECK-LABEL: @total
// CHECK: vector.reduction <add>
// CHECK-NOT: linalg.generic
func.func @total(%x: memref<40xf32>, %y: memref<f32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<f32>)
  linalg.generic {indexing_maps = [affine_map<(r) -> (r)>, affine_map<(r) -> ()>],
      iterator_types = ["reduction"]} ins(%x : memref<40xf32>) outs(%y : memref<f32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = none, lanes = 8, group = 1, rows = 1, blocks = 1>} {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  }
  return
}
