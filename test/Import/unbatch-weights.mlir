// RUN: nnq-opt %s --nnq-unbatch-weights --split-input-file | FileCheck %s

// CHECK-DAG: #[[MX:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-DAG: #[[MW:.+]] = affine_map<(d0, d1, d2, d3) -> (d3, d2)>
// CHECK-DAG: #[[MY:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>

// CHECK-LABEL: @one_matrix
// CHECK-SAME: %[[X:.+]]: tensor<?x5x8xf32>, %[[E:.+]]: tensor<?x5x3xf32>
// CHECK: %[[W:.+]] = arith.constant dense<2.0{{.*}}> : tensor<8x3xf32>
// CHECK-NOT: broadcast
// CHECK: linalg.generic {indexing_maps = [#[[MX]], #[[MW]], #[[MY]]]
// CHECK-SAME: ["parallel", "parallel", "parallel", "reduction"]
// CHECK-SAME: ins(%[[X]], %[[W]] : {{.*}} outs(%[[E]] : tensor<?x5x3xf32>) attrs = {nnq.layer = "fc"}
// CHECK: %[[P:.+]] = arith.mulf
// CHECK: arith.addf %{{.+}}, %[[P]]
func.func @one_matrix(%x: tensor<?x5x8xf32>, %e: tensor<?x5x3xf32>, %n: index) -> tensor<?x5x3xf32> {
  %w = arith.constant dense<2.0> : tensor<8x3xf32>
  %we = tensor.empty(%n) : tensor<?x8x3xf32>
  %b = linalg.broadcast ins(%w : tensor<8x3xf32>) outs(%we : tensor<?x8x3xf32>) dimensions = [0]
  %0 = linalg.batch_matmul {nnq.layer = "fc"} ins(%x, %b : tensor<?x5x8xf32>, tensor<?x8x3xf32>)
    outs(%e : tensor<?x5x3xf32>) -> tensor<?x5x3xf32>
  return %0 : tensor<?x5x3xf32>
}

// -----

// Each sample has a row that it multiplies all of its rows by.
// CHECK-LABEL: @other_broadcast
// CHECK: linalg.batch_matmul
// A matrix of its own.
// CHECK: linalg.batch_matmul
func.func @other_broadcast(%x: tensor<2x5x8xf32>, %v: tensor<2x3xf32>, %w: tensor<2x8x3xf32>,
    %e: tensor<2x5x3xf32>) -> (tensor<2x5x3xf32>, tensor<2x5x3xf32>) {
  %we = tensor.empty() : tensor<2x8x3xf32>
  %b = linalg.broadcast ins(%v : tensor<2x3xf32>) outs(%we : tensor<2x8x3xf32>) dimensions = [1]
  %0 = linalg.batch_matmul ins(%x, %b : tensor<2x5x8xf32>, tensor<2x8x3xf32>)
    outs(%e : tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
  %1 = linalg.batch_matmul ins(%x, %w : tensor<2x5x8xf32>, tensor<2x8x3xf32>)
    outs(%e : tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
  return %0, %1 : tensor<2x5x3xf32>, tensor<2x5x3xf32>
}

// -----

// CHECK-LABEL: @two_batches
// CHECK-SAME: %{{.+}}: tensor<6x5x8xf32>, %[[W:.+]]: tensor<8x3xf32>,
// CHECK: linalg.generic {{.*}} ins(%{{.+}}, %[[W]] :
// Samples of the first batch have their own factors.
// CHECK: linalg.batch_matmul
func.func @two_batches(%x: tensor<6x5x8xf32>, %w: tensor<8x3xf32>, %v: tensor<2x8x3xf32>,
    %e: tensor<6x5x3xf32>) -> (tensor<6x5x3xf32>, tensor<6x5x3xf32>) {
  %we = tensor.empty() : tensor<2x3x8x3xf32>
  %b = linalg.broadcast ins(%w : tensor<8x3xf32>) outs(%we : tensor<2x3x8x3xf32>) dimensions = [0, 1]
  %c = tensor.collapse_shape %b [[0, 1], [2], [3]] : tensor<2x3x8x3xf32> into tensor<6x8x3xf32>
  %0 = linalg.batch_matmul ins(%x, %c : tensor<6x5x8xf32>, tensor<6x8x3xf32>)
    outs(%e : tensor<6x5x3xf32>) -> tensor<6x5x3xf32>
  %d = linalg.broadcast ins(%v : tensor<2x8x3xf32>) outs(%we : tensor<2x3x8x3xf32>) dimensions = [1]
  %f = tensor.collapse_shape %d [[0, 1], [2], [3]] : tensor<2x3x8x3xf32> into tensor<6x8x3xf32>
  %1 = linalg.batch_matmul ins(%x, %f : tensor<6x5x8xf32>, tensor<6x8x3xf32>)
    outs(%e : tensor<6x5x3xf32>) -> tensor<6x5x3xf32>
  return %0, %1 : tensor<6x5x3xf32>, tensor<6x5x3xf32>
}

// -----

// CHECK: #[[MX:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>

// The reshapes go where they give back what they took.
// CHECK-LABEL: @reshaped
// CHECK-SAME: %[[X:.+]]: tensor<2x?x5x8xf32>, %[[W:.+]]: tensor<8x3xf32>, %[[N:[^:]+]]: index
// CHECK: %[[E:.+]] = tensor.empty(%[[N]]) : tensor<2x?x5x3xf32>
// CHECK: %[[F:.+]] = linalg.fill {{.*}} outs(%[[E]] :
// CHECK: %[[Y:.+]] = linalg.generic {indexing_maps = [#[[MX]], {{.*}} ins(%[[X]], %[[W]] : {{.*}} outs(%[[F]] :
// CHECK: return %[[Y]] : tensor<2x?x5x3xf32>
func.func @reshaped(%x: tensor<2x?x5x8xf32>, %w: tensor<8x3xf32>, %n: index, %m: index) -> tensor<2x?x5x3xf32> {
  %zero = arith.constant 0.0 : f32
  %we = tensor.empty(%n) : tensor<2x?x8x3xf32>
  %b = linalg.broadcast ins(%w : tensor<8x3xf32>) outs(%we : tensor<2x?x8x3xf32>) dimensions = [0, 1]
  %c = tensor.collapse_shape %b [[0, 1], [2], [3]] : tensor<2x?x8x3xf32> into tensor<?x8x3xf32>
  %r = tensor.collapse_shape %x [[0, 1], [2], [3]] : tensor<2x?x5x8xf32> into tensor<?x5x8xf32>
  %e = tensor.empty(%m) : tensor<?x5x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x5x3xf32>) -> tensor<?x5x3xf32>
  %0 = linalg.batch_matmul ins(%r, %c : tensor<?x5x8xf32>, tensor<?x8x3xf32>)
    outs(%f : tensor<?x5x3xf32>) -> tensor<?x5x3xf32>
  %y = tensor.expand_shape %0 [[0, 1], [2], [3]] output_shape [2, %n, 5, 3] : tensor<?x5x3xf32> into tensor<2x?x5x3xf32>
  return %y : tensor<2x?x5x3xf32>
}
