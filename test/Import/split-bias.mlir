// RUN: nnq-opt %s --nnq-split-bias --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-split-bias --nnq-split-bias --split-input-file \
// RUN:   | FileCheck %s

// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[CHANNEL:.+]] = affine_map<(d0, d1, d2, d3) -> (d1)>
// CHECK-LABEL: @broadcast
// CHECK-SAME: (%[[X:.+]]: tensor<1x1x8x8xf32>, %[[W:.+]]: tensor<2x1x3x3xf32>, %[[B:.+]]: tensor<2xf32>)
// CHECK-NOT: linalg.broadcast
// CHECK: %[[ZERO:.+]] = arith.constant 0.0
// CHECK: %[[INIT:.+]] = linalg.fill ins(%[[ZERO]]
// CHECK: %[[CONV:.+]] = linalg.conv_2d_nchw_fchw
// CHECK-SAME: outs(%[[INIT]]
// CHECK: %[[SUM:.+]] = linalg.generic {indexing_maps = [#[[ID]], #[[CHANNEL]], #[[ID]]]
// CHECK-SAME: ins(%[[CONV]], %[[B]] :
// CHECK-SAME: nnq.layer = "conv1.bias"
// CHECK: arith.addf
// CHECK: return %[[SUM]]
func.func @broadcast(%x: tensor<1x1x8x8xf32>, %w: tensor<2x1x3x3xf32>, %b: tensor<2xf32>)
    -> tensor<1x2x6x6xf32> {
  %e = tensor.empty() : tensor<1x2x6x6xf32>
  %init = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<1x2x6x6xf32>)
    dimensions = [0, 2, 3]
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv1"}
    ins(%x, %w : tensor<1x1x8x8xf32>, tensor<2x1x3x3xf32>)
    outs(%init : tensor<1x2x6x6xf32>) -> tensor<1x2x6x6xf32>
  return %0 : tensor<1x2x6x6xf32>
}

// -----

// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[COLUMN:.+]] = affine_map<(d0, d1) -> (d1)>
#id = affine_map<(d0, d1) -> (d0, d1)>
#column = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: @generic_broadcast_of_integers
// CHECK: %[[MM:.+]] = linalg.matmul
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[COLUMN]], #[[ID]]]
// CHECK-SAME: ins(%[[MM]], %{{.+}} : tensor<4x2xi32>, tensor<2xi32>)
// CHECK: arith.addi
func.func @generic_broadcast_of_integers(%x: tensor<4x8xi32>, %w: tensor<8x2xi32>, %b: tensor<2xi32>)
    -> tensor<4x2xi32> {
  %e = tensor.empty() : tensor<4x2xi32>
  %init = linalg.generic {indexing_maps = [#column, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%b : tensor<2xi32>) outs(%e : tensor<4x2xi32>) {
    ^bb0(%in: i32, %out: i32):
      linalg.yield %in : i32
  } -> tensor<4x2xi32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x8xi32>, tensor<8x2xi32>)
    outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  return %0 : tensor<4x2xi32>
}

// -----

// CHECK: #[[ID:.+]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: @full_init
// CHECK-SAME: %[[C:[a-z0-9]+]]: tensor<4x2xf32>)
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ID]]]
// CHECK-SAME: ins(%{{.+}}, %[[C]] :
func.func @full_init(%x: tensor<4x8xf32>, %w: tensor<8x2xf32>, %c: tensor<4x2xf32>)
    -> tensor<4x2xf32> {
  %0 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x2xf32>)
    outs(%c : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

// CHECK-LABEL: @constant_zero
// CHECK: %[[INIT:.+]] = linalg.fill
// CHECK: %[[MM:.+]] = linalg.matmul {{.*}} outs(%[[INIT]]
// CHECK: return %[[MM]]
func.func @constant_zero(%x: tensor<4x8xf32>, %w: tensor<8x2xf32>) -> tensor<4x2xf32> {
  %c = arith.constant dense<0.0> : tensor<4x2xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x2xf32>)
    outs(%c : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

// Pooling keeps its init: a maximum does not start from zero.
// CHECK-LABEL: @pooling
// CHECK-SAME: %[[C:[a-z0-9]+]]: tensor<1x2x3x3xf32>)
// CHECK: linalg.pooling_nchw_max {{.*}} outs(%[[C]]
func.func @pooling(%x: tensor<1x2x6x6xf32>, %c: tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32> {
  %window = tensor.empty() : tensor<2x2xf32>
  %0 = linalg.pooling_nchw_max {strides = dense<2> : vector<2xi64>}
    ins(%x, %window : tensor<1x2x6x6xf32>, tensor<2x2xf32>)
    outs(%c : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  return %0 : tensor<1x2x3x3xf32>
}

// -----

// CHECK-LABEL: @dynamic
// CHECK: linalg.matmul
// CHECK: linalg.generic
// CHECK: arith.addf
func.func @dynamic(%x: tensor<?x8xf32>, %w: tensor<8x2xf32>, %c: tensor<?x2xf32>)
    -> tensor<?x2xf32> {
  %0 = linalg.matmul ins(%x, %w : tensor<?x8xf32>, tensor<8x2xf32>)
    outs(%c : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
