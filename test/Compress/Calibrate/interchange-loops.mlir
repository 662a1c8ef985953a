// RUN: nnq-opt %s --nnq-interchange-loops --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-interchange-loops --nnq-interchange-loops --split-input-file \
// RUN:   | FileCheck %s

// CHECK-DAG: #[[A:.+]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[B:.+]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[C:.+]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-LABEL: @matmul
// CHECK: linalg.generic {indexing_maps = [#[[A]], #[[B]], #[[C]]], iterator_types = ["parallel", "reduction", "parallel"]}
// CHECK-SAME: attrs = {nnq.layer = "fc"}
func.func @matmul(%x: tensor<4x8xf32>, %w: tensor<8x2xf32>, %c: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<4x8xf32>, tensor<8x2xf32>)
    outs(%c : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

// CHECK: #[[X:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d3, d2 + d4, d5 + d6)>
// CHECK-LABEL: @conv
// CHECK: iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction", "parallel"]
func.func @conv(%x: tensor<1x1x8x8xf32>, %w: tensor<2x1x3x3xf32>, %c: tensor<1x2x6x6xf32>) -> tensor<1x2x6x6xf32> {
  %0 = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x1x8x8xf32>, tensor<2x1x3x3xf32>)
    outs(%c : tensor<1x2x6x6xf32>) -> tensor<1x2x6x6xf32>
  return %0 : tensor<1x2x6x6xf32>
}

// -----

// A sum of everything has no loop to move, an elementwise op no reduction.
// CHECK-LABEL: @others
// CHECK: linalg.dot
// CHECK: linalg.exp
func.func @others(%x: tensor<4xf32>, %c: tensor<f32>) -> (tensor<f32>, tensor<4xf32>) {
  %0 = linalg.dot ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%c : tensor<f32>) -> tensor<f32>
  %1 = linalg.exp ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  return %0, %1 : tensor<f32>, tensor<4xf32>
}
