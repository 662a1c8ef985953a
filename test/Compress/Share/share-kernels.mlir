// RUN: nnq-opt %s --split-input-file --nnq-share-kernels --remarks-filter=nnq 2>%t.txt | FileCheck %s
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// RUN: nnq-opt %s --split-input-file --nnq-share-kernels -o %t.once.mlir
// RUN: nnq-opt %t.once.mlir --split-input-file --nnq-share-kernels | diff %t.once.mlir -

// Multiples of two kernels, one of them negative, come out as they are: the
// scales have their signs, and all else of them is zero.
// CHECK-LABEL: @multiples
// CHECK: %[[SHARED:.*]] = arith.constant dense_resource<[[G:.*]]> : tensor<2x1x2x2xf32>
// CHECK: %[[Z:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %[[SHARED]] : tensor<1x1x4x4xf32>, tensor<2x1x2x2xf32>) outs(%{{.*}} : tensor<1x2x3x3xf32>)
// CHECK-SAME: nnq.layer = "c.0", nnq.provenance = #nnq.provenance<layer = "c", technique = "share-kernels", bits_before = 640, bits_after = 256>
// CHECK: %[[SCALES:.*]] = arith.constant dense_resource<[[S:.*]]> : tensor<5x2x1x1xf32>
// CHECK: linalg.conv_2d_nchw_fchw {{.*}}nnq.layer = "c.1", nnq.provenance = #nnq.provenance<layer = "c", technique = "share-kernels", bits_before = 0, bits_after = 320>{{.*}} ins(%[[Z]], %[[SCALES]] :
// CHECK-NOT: nnq.kernel_groups
// REMARK: [Passed] nnq-share-kernels | Category:nnq | Layer=c, Remark="5 kernels are multiples of 2, error 0.00 %"
func.func @multiples(%x: tensor<1x1x4x4xf32>) -> tensor<1x5x3x3xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[[1.0, 0.0], [0.0, 2.0]]], [[[-2.0, 0.0], [0.0, -4.0]]], [[[0.0, 1.0], [1.0, 0.0]]], [[[0.5, 0.0], [0.0, 1.0]]], [[[0.0, 3.0], [3.0, 0.0]]]]> : tensor<5x1x2x2xf32>
  %e = tensor.empty() : tensor<1x5x3x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x5x3x3xf32>) -> tensor<1x5x3x3xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "c", nnq.kernel_groups = 2 : i64, strides = dense<1> : vector<2xi64>, dilations = dense<1> : vector<2xi64>} ins(%x, %w : tensor<1x1x4x4xf32>, tensor<5x1x2x2xf32>) outs(%f : tensor<1x5x3x3xf32>) -> tensor<1x5x3x3xf32>
  return %0 : tensor<1x5x3x3xf32>
}
