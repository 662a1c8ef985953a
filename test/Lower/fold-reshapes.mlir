// RUN: nnq-opt %s --nnq-fold-reshapes | FileCheck %s
// RUN: nnq-opt %s --nnq-fold-reshapes --nnq-fold-reshapes | FileCheck %s

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(d0, d1) -> (d0, d1)>

// A contraction over a flattened dimension runs over the dimensions before the
// flattening; the weights are reshaped instead.
// CHECK: #[[XMAP:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d3, d4)>
// CHECK: #[[WMAP:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d2, d3, d4, d1)>
// CHECK: #[[YMAP:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1)>
// CHECK-LABEL: @flatten
// CHECK-SAME: %[[X:.+]]: tensor<2x3x4x5xf32>
// CHECK-NOT: collapse_shape
// CHECK: %[[W:.+]] = tensor.expand_shape %{{.+}} {{\[}}[0, 1, 2], [3]]
// CHECK-SAME: tensor<60x7xf32> into tensor<3x4x5x7xf32>
// CHECK: linalg.generic
// CHECK-SAME: indexing_maps = [#[[XMAP]], #[[WMAP]], #[[YMAP]]]
// CHECK-SAME: ins(%[[X]], %[[W]] :
// CHECK-SAME: nnq.layer = "fc"
func.func @flatten(%x: tensor<2x3x4x5xf32>, %f: tensor<2x7xf32>) -> tensor<2x7xf32> {
  %w = arith.constant dense_resource<w> : tensor<60x7xf32>
  %c = tensor.collapse_shape %x [[0], [1, 2, 3]] : tensor<2x3x4x5xf32> into tensor<2x60xf32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%c, %w : tensor<2x60xf32>, tensor<60x7xf32>) outs(%f : tensor<2x7xf32>) attrs = {nnq.layer = "fc"} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  return %0 : tensor<2x7xf32>
}

// CHECK-LABEL: @second_reader
// CHECK: tensor.collapse_shape
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
func.func @second_reader(%x: tensor<2x3x4xf32>, %w: tensor<12x7xf32>, %f: tensor<2x7xf32>)
    -> (tensor<2x7xf32>, tensor<2x12xf32>) {
  %c = tensor.collapse_shape %x [[0], [1, 2]] : tensor<2x3x4xf32> into tensor<2x12xf32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%c, %w : tensor<2x12xf32>, tensor<12x7xf32>) outs(%f : tensor<2x7xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  return %0, %c : tensor<2x7xf32>, tensor<2x12xf32>
}

// CHECK-LABEL: @elementwise
// CHECK: tensor.collapse_shape
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
func.func @elementwise(%x: tensor<2x3x4xf32>, %e: tensor<2x12xf32>) -> tensor<2x12xf32> {
  %c = tensor.collapse_shape %x [[0], [1, 2]] : tensor<2x3x4xf32> into tensor<2x12xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%c : tensor<2x12xf32>) outs(%e : tensor<2x12xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<2x12xf32>
  return %0 : tensor<2x12xf32>
}

// A reshape of the weights alone is no flattening of the activation.
// CHECK-LABEL: @reshaped_weights
// CHECK: tensor.collapse_shape
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
func.func @reshaped_weights(%x: tensor<2x12xf32>, %w: tensor<3x4x7xf32>, %f: tensor<2x7xf32>) -> tensor<2x7xf32> {
  %c = tensor.collapse_shape %w [[0, 1], [2]] : tensor<3x4x7xf32> into tensor<12x7xf32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %c : tensor<2x12xf32>, tensor<12x7xf32>) outs(%f : tensor<2x7xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  return %0 : tensor<2x7xf32>
}

// Rows that were joined stay one loop: only what is summed up is flattened.
// CHECK-LABEL: @rows
// CHECK: %[[C:.+]] = tensor.collapse_shape
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[C]],
func.func @rows(%x: tensor<1x3x4x12xf32>, %w: tensor<12x7xf32>, %f: tensor<12x7xf32>) -> tensor<12x7xf32> {
  %c = tensor.collapse_shape %x [[0, 1, 2], [3]] : tensor<1x3x4x12xf32> into tensor<12x12xf32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%c, %w : tensor<12x12xf32>, tensor<12x7xf32>) outs(%f : tensor<12x7xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<12x7xf32>
  return %0 : tensor<12x7xf32>
}

// The accumulator of rows that have unit dimensions is filled as it is read.
// CHECK-LABEL: @unit_rows
// CHECK: %[[E:.+]] = tensor.empty() : tensor<1x3x7xf32>
// CHECK: %[[F:.+]] = linalg.fill {{.*}} outs(%[[E]] :
// CHECK: linalg.generic {{.*}} outs(%[[F]] : tensor<1x3x7xf32>)
func.func @unit_rows(%x: tensor<1x3x4x5xf32>, %w: tensor<20x7xf32>) -> tensor<3x7xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x7xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x7xf32>) -> tensor<3x7xf32>
  %c = tensor.collapse_shape %x [[0, 1], [2, 3]] : tensor<1x3x4x5xf32> into tensor<3x20xf32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%c, %w : tensor<3x20xf32>, tensor<20x7xf32>) outs(%f : tensor<3x7xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<3x7xf32>
  return %0 : tensor<3x7xf32>
}
