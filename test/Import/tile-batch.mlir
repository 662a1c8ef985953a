// RUN: nnq-opt %s --nnq-tile-batch="tile=4" --split-input-file --remarks-filter-passed=nnq 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t
// RUN: nnq-opt %s --nnq-tile-batch="tile=1" --split-input-file | FileCheck %s --check-prefix=ONE
// RUN: not nnq-opt %s --nnq-tile-batch="tile=0" --split-input-file 2>&1 | FileCheck %s --check-prefix=BAD

// BAD: tile=0 is no number of samples

// Each weight is read once for a sample: a tile reads it four times.
// CHECK-LABEL: func.func @fc_batch4(
// CHECK-SAME: %[[X:.*]]: tensor<4x8xf32>, %{{.*}}: tensor<8x2xf32>) -> tensor<4x2xf32>
// CHECK-SAME: nnq.batch = #nnq.batch<entry = "fc", tile = 4, inputs = [true, false], outputs = [true]>
// CHECK-NOT: tensor.dim
// CHECK: tensor.empty() : tensor<4x2xf32>
// CHECK: linalg.matmul ins(%[[X]], %{{.*}} : tensor<4x8xf32>, tensor<8x2xf32>)
// CHECK-LABEL: func.func @fc_batch1(
// CHECK-SAME: tensor<1x8xf32>
// CHECK-SAME: tile = 1
// ONE-NOT: _batch4
// REMARK: computes tiles of 4 samples
func.func @fc(%x: tensor<?x8xf32>, %w: tensor<8x2xf32>) -> tensor<?x2xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?x8xf32>
  %e = tensor.empty(%n) : tensor<?x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x2xf32>) -> tensor<?x2xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<?x8xf32>, tensor<8x2xf32>) outs(%f : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

// Nine pixels read each weight: no tile. Sizes become part of all kinds of ops.
// CHECK-NOT: _batch4
// CHECK-LABEL: func.func @conv_batch1(
// CHECK-SAME: tensor<1x4x5x5xf32>) -> tensor<1x2x9xf32>
// CHECK: tensor.extract_slice %{{.*}}[0, 0, 0, 0] [1, 3, 5, 5] [1, 1, 1, 1] : tensor<1x4x5x5xf32> to tensor<1x3x5x5xf32>
// CHECK: linalg.conv_2d_nchw_fchw {{.*}} -> tensor<1x2x3x3xf32>
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[0, 0, 0, 0] [1, 2, 3, 3] [1, 1, 1, 1]
// CHECK: tensor.collapse_shape %{{.*}} : tensor<1x2x3x3xf32> into tensor<18xf32>
// CHECK: tensor.expand_shape %{{.*}} output_shape [1, 2, 9] : tensor<18xf32> into tensor<1x2x9xf32>
// REMARK: computes single samples
func.func @conv(%x: tensor<?x4x5x5xf32>) -> tensor<?x2x9xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<2x3x3x3xf32>
  %n = tensor.dim %x, %c0 : tensor<?x4x5x5xf32>
  %s = tensor.extract_slice %x[0, 0, 0, 0] [%n, 3, 5, 5] [1, 1, 1, 1] : tensor<?x4x5x5xf32> to tensor<?x3x5x5xf32>
  %e = tensor.empty(%n) : tensor<?x2x3x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x2x3x3xf32>) -> tensor<?x2x3x3xf32>
  %0 = linalg.conv_2d_nchw_fchw ins(%s, %w : tensor<?x3x5x5xf32>, tensor<2x3x3x3xf32>)
    outs(%f : tensor<?x2x3x3xf32>) -> tensor<?x2x3x3xf32>
  %1 = tensor.insert_slice %0 into %f[0, 0, 0, 0] [%n, 2, 3, 3] [1, 1, 1, 1] : tensor<?x2x3x3xf32> into tensor<?x2x3x3xf32>
  %2 = tensor.collapse_shape %1 [[0, 1, 2, 3]] : tensor<?x2x3x3xf32> into tensor<?xf32>
  %3 = tensor.expand_shape %2 [[0, 1, 2]] output_shape [%n, 2, 9] : tensor<?xf32> into tensor<?x2x9xf32>
  return %3 : tensor<?x2x9xf32>
}

// -----

// Samples that are inside of a dimension, and rows of a uniform tensor.
// CHECK-LABEL: func.func @inside_batch4(
// CHECK: linalg.transpose ins(%{{.*}} : tensor<4x3x8xf32>) outs(%{{.*}} : tensor<3x4x8xf32>)
// CHECK: linalg.matmul ins(%{{.*}} : tensor<12x8xf32>, tensor<8x2xf32>) outs(%{{.*}} : tensor<12x2xf32>)
// CHECK: tensor.expand_shape %{{.*}} output_shape [3, 4, 2]
// CHECK-LABEL: func.func @inside_batch1(
// CHECK: tensor.expand_shape %{{.*}} output_shape [3, 1, 2]
func.func @inside(%x: tensor<?x3x8xf32>, %w: tensor<8x2xf32>) -> tensor<?x3x2xf32> {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?x3x8xf32>
  %te = tensor.empty(%n) : tensor<3x?x8xf32>
  %t = linalg.transpose ins(%x : tensor<?x3x8xf32>) outs(%te : tensor<3x?x8xf32>) permutation = [1, 0, 2]
  %rows = tensor.collapse_shape %t [[0, 1], [2]] : tensor<3x?x8xf32> into tensor<?x8xf32>
  %m = arith.muli %n, %c3 : index
  %e = tensor.empty(%m) : tensor<?x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x2xf32>) -> tensor<?x2xf32>
  %0 = linalg.matmul ins(%rows, %w : tensor<?x8xf32>, tensor<8x2xf32>) outs(%f : tensor<?x2xf32>) -> tensor<?x2xf32>
  %1 = tensor.expand_shape %0 [[0, 1], [2]] output_shape [3, %n, 2] : tensor<?x2xf32> into tensor<3x?x2xf32>
  %ye = tensor.empty(%n) : tensor<?x3x2xf32>
  %y = linalg.transpose ins(%1 : tensor<3x?x2xf32>) outs(%ye : tensor<?x3x2xf32>) permutation = [1, 0, 2]
  return %y : tensor<?x3x2xf32>
}

// -----

// CHECK-LABEL: func.func @static(
// CHECK-NOT: nnq.batch
// CHECK: return
func.func @static(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
