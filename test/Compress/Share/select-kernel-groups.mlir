// RUN: nnq-opt %s --nnq-set-target="target=x86-64-v3" --nnq-select-kernel-groups="ratio=0.5 exclude=stem" --remarks-filter=nnq 2>%t.txt | FileCheck %s
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// RUN: nnq-opt %s --nnq-set-target="target=x86-64-v3" --nnq-select-kernel-groups="groups=6 objective=size" | FileCheck %s --check-prefix=GROUPS
// RUN: nnq-opt %s --nnq-set-target="target=x86-64-v3" --nnq-select-kernel-groups="ratio=0.5 round-to=5 objective=none" | FileCheck %s --check-prefix=ROUND

// CHECK: linalg.conv_2d_nchw_fchw {{{.*}}nnq.layer = "stem"
// CHECK-NOT: nnq.kernel_groups
// CHECK: linalg.conv_2d_nchw_fchw {{{.*}}nnq.kernel_groups = 16 : i64, nnq.layer = "wide"
// CHECK: linalg.conv_2d_nchw_fchw {{{.*}}nnq.layer = "point"
// REMARK: [Passed] nnq-select-kernel-groups | Category:nnq | Layer=wide, Remark="16 of 32 kernels: {{[0-9]+}} of 1843200 multiply-adds, 5120 of 9216 weights, an estimated {{[0-9]+}} of {{[0-9]+}} cycles"
// REMARK: [Missed] nnq-select-kernel-groups | Category:nnq | Layer=stem, Reason="keeps its kernels as asked for"
// REMARK: [Missed] nnq-select-kernel-groups | Category:nnq | Layer=point, Reason="its kernels are no windows: factorize it instead"
// GROUPS: nnq.kernel_groups = 6 : i64, nnq.layer = "stem"
// GROUPS: nnq.kernel_groups = 6 : i64, nnq.layer = "wide"
// ROUND: linalg.conv_2d_nchw_fchw {{{.*}}nnq.layer = "stem"
// ROUND: nnq.kernel_groups = 15 : i64, nnq.layer = "wide"
func.func @net(%y: tensor<1x3x24x14xf32>) -> tensor<1x8x20x10xf32> {
  %zero = arith.constant 0.0 : f32
  %w0 = arith.constant dense<0.5> : tensor<32x3x3x3xf32>
  %w1 = arith.constant dense<0.5> : tensor<32x32x3x3xf32>
  %w2 = arith.constant dense<0.5> : tensor<8x32x1x1xf32>
  %e0 = tensor.empty() : tensor<1x32x22x12xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<1x32x22x12xf32>) -> tensor<1x32x22x12xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "stem", strides = dense<1> : vector<2xi64>, dilations = dense<1> : vector<2xi64>} ins(%y, %w0 : tensor<1x3x24x14xf32>, tensor<32x3x3x3xf32>) outs(%f0 : tensor<1x32x22x12xf32>) -> tensor<1x32x22x12xf32>
  %e1 = tensor.empty() : tensor<1x32x20x10xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x32x20x10xf32>) -> tensor<1x32x20x10xf32>
  %1 = linalg.conv_2d_nchw_fchw {nnq.layer = "wide", strides = dense<1> : vector<2xi64>, dilations = dense<1> : vector<2xi64>} ins(%0, %w1 : tensor<1x32x22x12xf32>, tensor<32x32x3x3xf32>) outs(%f1 : tensor<1x32x20x10xf32>) -> tensor<1x32x20x10xf32>
  %e2 = tensor.empty() : tensor<1x8x20x10xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x8x20x10xf32>) -> tensor<1x8x20x10xf32>
  %2 = linalg.conv_2d_nchw_fchw {nnq.layer = "point", strides = dense<1> : vector<2xi64>, dilations = dense<1> : vector<2xi64>} ins(%1, %w2 : tensor<1x32x20x10xf32>, tensor<8x32x1x1xf32>) outs(%f2 : tensor<1x8x20x10xf32>) -> tensor<1x8x20x10xf32>
  return %2 : tensor<1x8x20x10xf32>
}
