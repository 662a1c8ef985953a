// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v4 --nnq-select-channels="macs=0.8" --remarks-filter=nnq 2>&1 >/dev/null | FileCheck %s

// Both layers are rounded to 8 of 16 channels as soon as a quarter goes, and
// half of the multiply-adds would stay. Those of less importance go alone.
// CHECK-NOT: Layer=a1, Remark="loses
// CHECK: Layer=b1, Remark="loses 8 of 16 channels"

func.func @net(%x: tensor<1x16xf32>) -> (tensor<1x16xf32>, tensor<1x16xf32>) {
  %zero = arith.constant 0.0 : f32
  %a1 = arith.constant dense<[[9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0]]> : tensor<1x16xf32>
  %b1 = arith.constant dense<[[9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]> : tensor<1x16xf32>
  %w = arith.constant dense<1.0> : tensor<16x16xf32>
  %e = tensor.empty() : tensor<1x16xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1x16xf32>) -> tensor<1x16xf32>
  %y = tensor.extract_slice %x[0, 0] [1, 1] [1, 1] : tensor<1x16xf32> to tensor<1x1xf32>
  %0 = linalg.matmul {nnq.layer = "a1"} ins(%y, %a1 : tensor<1x1xf32>, tensor<1x16xf32>) outs(%z : tensor<1x16xf32>) -> tensor<1x16xf32>
  %1 = linalg.matmul {nnq.layer = "a2"} ins(%0, %w : tensor<1x16xf32>, tensor<16x16xf32>) outs(%z : tensor<1x16xf32>) -> tensor<1x16xf32>
  %2 = linalg.matmul {nnq.layer = "b1"} ins(%y, %b1 : tensor<1x1xf32>, tensor<1x16xf32>) outs(%z : tensor<1x16xf32>) -> tensor<1x16xf32>
  %3 = linalg.matmul {nnq.layer = "b2"} ins(%2, %w : tensor<1x16xf32>, tensor<16x16xf32>) outs(%z : tensor<1x16xf32>) -> tensor<1x16xf32>
  return %1, %3 : tensor<1x16xf32>, tensor<1x16xf32>
}
