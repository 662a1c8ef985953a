// RUN: nnq-opt %s --split-input-file --nnq-select-codebooks="bits=2 channels=64 exclude=head" --remarks-filter=nnq 2>%t.txt | FileCheck %s
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK

// Few weights keep to themselves; where there are fewer channels than were asked
// for, all of them share.
// CHECK-LABEL: @layers
// CHECK: linalg.matmul {nnq.codebook = #nnq.codebook<bits = 2, channels = 64>, nnq.layer = "fc"}
// CHECK: linalg.matmul {nnq.layer = "head"}
// CHECK: linalg.matmul {nnq.layer = "few"}
// REMARK: [Missed] nnq-select-codebooks | Category:nnq | Layer=head, Reason="keeps its weights as asked for"
// REMARK: [Missed] nnq-select-codebooks | Category:nnq | Layer=few, Reason="a codebook of 4 numbers is for more than its 4 weights"
func.func @layers(%x: tensor<1x8xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w0 = arith.constant dense<1.0> : tensor<8x4xf32>
  %w1 = arith.constant dense<1.0> : tensor<4x2xf32>
  %w2 = arith.constant dense<1.0> : tensor<2x2xf32>
  %e0 = tensor.empty() : tensor<1x4xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w0 : tensor<1x8xf32>, tensor<8x4xf32>) outs(%f0 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %e1 = tensor.empty() : tensor<1x2xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.matmul {nnq.layer = "head"} ins(%0, %w1 : tensor<1x4xf32>, tensor<4x2xf32>) outs(%f1 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = linalg.matmul {nnq.layer = "few"} ins(%1, %w2 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%f1 : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}
