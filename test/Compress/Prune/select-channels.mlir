// RUN: nnq-opt %s --nnq-select-channels="ratio=0.5 criterion=l1 round-to=1" | FileCheck %s
// RUN: nnq-opt %s --nnq-select-channels="ratio=0.5 round-to=1" --remarks-filter=nnq --split-input-file 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK
// RUN: nnq-opt %s --nnq-select-channels="ratio=0.25 round-to=2" | FileCheck %s --check-prefix=ROUND
// RUN: nnq-opt %s --nnq-select-channels="ratio=0.5 round-to=1 exclude=fc[23]" | FileCheck %s --check-prefix=EXCLUDE
// RUN: nnq-opt %s --nnq-select-channels="macs=0.6 round-to=1" | FileCheck %s --check-prefix=MACS
// RUN: nnq-opt %s --nnq-select-channels="ratio=0.99 round-to=1" | FileCheck %s --check-prefix=MOST
// RUN: nnq-opt %s --nnq-select-channels="ratio=0.5 ranking=global round-to=1" | FileCheck %s --check-prefix=GLOBAL
// RUN: nnq-opt %s --nnq-select-channels="ratio=0.5 criterion=random seed=1" -o %t.1
// RUN: nnq-opt %s --nnq-select-channels="ratio=0.5 criterion=random seed=1" | diff %t.1 -
// RUN: nnq-opt %s --nnq-select-channels=print-groups 2>&1 >/dev/null | FileCheck %s --check-prefix=PRINT

// Channels 1 and 3 of fc1 and the rows of fc2 that read them are the smallest;
// fc3 is a result of the network.

// CHECK-LABEL: @net
// CHECK: linalg.matmul {nnq.layer = "fc1", nnq.remove_channels = array<i64: 1, 3>}
// CHECK: linalg.matmul {nnq.layer = "fc2", nnq.remove_channels = array<i64: 0>}
// CHECK: linalg.matmul {nnq.layer = "fc3"}

// REMARK: [Missed] nnq-select-channels
// REMARK-SAME: Layer=fc3
// REMARK-SAME: channels stay: a result of the network has it
// REMARK: [Passed] nnq-select-channels
// REMARK-SAME: Layer=fc1
// REMARK-SAME: loses 2 of 4 channels

// One of four would be a quarter; three are no multiple of two.
// ROUND: linalg.matmul {nnq.layer = "fc1"}
// ROUND: linalg.matmul {nnq.layer = "fc2"}

// EXCLUDE: linalg.matmul {nnq.layer = "fc1", nnq.remove_channels = array<i64: 1, 3>}
// EXCLUDE: linalg.matmul {nnq.layer = "fc2"}

// Of 3 * 4 + 4 * 2 + 2 * 2 = 24 multiply-adds 3 * 3 + 3 * 1 + 1 * 2 = 14 stay.
// MACS: linalg.matmul {nnq.layer = "fc1", nnq.remove_channels = array<i64: 1>}
// MACS: linalg.matmul {nnq.layer = "fc2", nnq.remove_channels = array<i64: 0>}

// MOST: linalg.matmul {nnq.layer = "fc1", nnq.remove_channels = array<i64: 0, 1, 3>}
// MOST: linalg.matmul {nnq.layer = "fc2", nnq.remove_channels = array<i64: 0>}

// Of six channels three go: those of fc1, whose others are much larger.
// GLOBAL: linalg.matmul {nnq.layer = "fc1", nnq.remove_channels = array<i64: 0, 1, 3>}
// GLOBAL: linalg.matmul {nnq.layer = "fc2"}

// PRINT: group 0: 4 units, made by fc1; read by fc2
// PRINT-NEXT: group 1: 2 units, made by fc2; read by fc3
// PRINT-NEXT: channels of fc3 stay: a result of the network has it

func.func @net(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[1.0, 0.1, 9.0, 0.2], [1.0, 0.1, -9.0, 0.2], [-1.0, 0.1, 9.0, -0.2]]> : tensor<3x4xf32>
  %w2 = arith.constant dense<[[1.0, 1.0], [0.1, 0.2], [9.0, 9.5], [0.2, 0.2]]> : tensor<4x2xf32>
  %w3 = arith.constant dense<[[1.0, 1.0], [1.1, 1.1]]> : tensor<2x2xf32>
  %e4 = tensor.empty() : tensor<1x4xf32>
  %e2 = tensor.empty() : tensor<1x2xf32>
  %f4 = linalg.fill ins(%zero : f32) outs(%e4 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w1 : tensor<1x3xf32>, tensor<3x4xf32>) outs(%f4 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %1 = linalg.matmul {nnq.layer = "fc2"} ins(%0, %w2 : tensor<1x4xf32>, tensor<4x2xf32>) outs(%f2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = linalg.matmul {nnq.layer = "fc3"} ins(%1, %w3 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%f2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}
