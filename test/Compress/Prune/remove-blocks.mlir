// RUN: nnq-opt %s --nnq-remove-blocks --remarks-filter=nnq 2>%t.txt | FileCheck %s
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// RUN: nnq-opt %s --nnq-remove-blocks --nnq-remove-blocks | FileCheck %s
// RUN: sed 's/{nnq.layer = "conv3"}/{nnq.layer = "conv3", nnq.remove_block = {}}/' %s > %t.none.mlir
// RUN: not nnq-opt %t.none.mlir --nnq-remove-blocks 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: sed 's/tensor<2x2xf32>}/tensor<2x3xf32>}/; s/\[\[2.0, 3.0\], \[4.0, 5.0\]\]/1.0/' %s > %t.shape.mlir
// RUN: not nnq-opt %t.shape.mlir --nnq-remove-blocks 2>&1 | FileCheck %s --check-prefix=SHAPE

// Both blocks go, one behind the other; the second is a projection of what the
// first has read.

// CHECK: #[[CHANNEL:.+]] = affine_map<(d0, d1, d2, d3) -> (d1)>
// CHECK-LABEL: func.func @net
// CHECK-SAME: %[[X:[^:]+]]: tensor<1x2x3x3xf32>
// CHECK-SAME: nnq.removed_blocks = [{importance = 1.250000e-01 : f64, macs = 72 : i64, name = "conv1 to conv2", weights = 8 : i64}, {macs = 36 : i64, name = "conv2b", weights = 4 : i64}]
// CHECK-NOT: conv1
// CHECK: %[[P:.+]] = linalg.conv_2d_nchw_fchw {{.*}}nnq.layer = "add2.projection"
// CHECK-SAME: ins(%[[X]], %{{.+}} : tensor<1x2x3x3xf32>, tensor<2x2x1x1xf32>)
// CHECK: %[[B:.+]] = linalg.generic {{.*}}ins(%[[P]], %{{.+}} : tensor<1x2x3x3xf32>, tensor<2xf32>){{.*}}nnq.layer = "add2.projection.bias"
// CHECK: linalg.conv_2d_nchw_fchw {nnq.layer = "conv3"} ins(%[[B]],
// REMARK: block conv2b is removed
// REMARK: block conv1 to conv2 is removed, of importance 0.1250
// NONE: error: 'linalg.conv_2d_nchw_fchw' op of layer 'conv3' has nnq.remove_block, but no block that can go ends here
// NONE: note: makes tensor<1x3x3x3xf32> of tensor<1x2x3x3xf32>
// SHAPE: error: {{.*}}of layer 'add2' nnq.remove_block has weights and bias that are not those of the 2 channels of its result

func.func @net(%x: tensor<1x2x3x3xf32>) -> tensor<1x3x3x3xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.5> : tensor<2x2x1x1xf32>
  %w3 = arith.constant dense<2.5> : tensor<3x2x1x1xf32>
  %e = tensor.empty() : tensor<1x2x3x3xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %e3 = tensor.empty() : tensor<1x3x3x3xf32>
  %z3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<1x3x3x3xf32>) -> tensor<1x3x3x3xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv1"} ins(%x, %w : tensor<1x2x3x3xf32>, tensor<2x2x1x1xf32>) outs(%z : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %1 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv2"} ins(%0, %w : tensor<1x2x3x3xf32>, tensor<2x2x1x1xf32>) outs(%z : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %2 = linalg.add {nnq.layer = "add1", nnq.remove_block = {importance = 0.125 : f64}} ins(%1, %x : tensor<1x2x3x3xf32>, tensor<1x2x3x3xf32>) outs(%e : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %3 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv2b"} ins(%2, %w : tensor<1x2x3x3xf32>, tensor<2x2x1x1xf32>) outs(%z : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %4 = linalg.add {nnq.layer = "add2", nnq.remove_block = {bias = dense<[1.0, 2.0]> : tensor<2xf32>, weights = dense<[[2.0, 3.0], [4.0, 5.0]]> : tensor<2x2xf32>}} ins(%2, %3 : tensor<1x2x3x3xf32>, tensor<1x2x3x3xf32>) outs(%e : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %5 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv3"} ins(%4, %w3 : tensor<1x2x3x3xf32>, tensor<3x2x1x1xf32>) outs(%z3 : tensor<1x3x3x3xf32>) -> tensor<1x3x3x3xf32>
  return %5 : tensor<1x3x3x3xf32>
}
