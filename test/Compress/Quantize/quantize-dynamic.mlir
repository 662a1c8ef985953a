// RUN: nnq-opt %s --nnq-quantize --split-input-file --verify-diagnostics \
// RUN:   | FileCheck %s --check-prefixes=CHECK,ASYM
// RUN: nnq-opt %s --nnq-quantize=activations=symmetric --split-input-file \
// RUN:   --verify-diagnostics | FileCheck %s --check-prefixes=CHECK,SYM
// RUN: nnq-opt %s --nnq-quantize=activations=symmetric --split-input-file 2>/dev/null \
// RUN:   | nnq-opt --nnq-quantize --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,SYM

// CHECK-LABEL: @no_statistics
// ASYM: %[[Q:.+]], %[[S:.+]], %[[Z:.+]] = nnq.dynamic_qcast %{{.+}} : tensor<1x3xf32> -> tensor<1x3xi8>
// ASYM: %[[D:.+]] = nnq.dynamic_dcast %[[Q]], %[[S]], %[[Z]] : tensor<1x3xi8> -> tensor<1x3xf32>
// SYM: %[[Q:.+]], %[[S:.+]], %[[Z:.+]] = nnq.dynamic_qcast %{{.+}} {symmetric} :
// SYM: %[[D:.+]] = nnq.dynamic_dcast %[[Q]], %[[S]], %[[Z]] {symmetric} :
// CHECK: linalg.matmul {{.*}} ins(%[[D]],
// One remark for the module.
// expected-remark @below {{1 of 2 activations are quantized with parameters found at run time, because there are no statistics of them; pass data=FILE to calibrate}}
module {
  func.func @no_statistics(%x: tensor<1x3xf32>) -> tensor<1x3xf32> {
    %w = arith.constant dense<0.5> : tensor<3x3xf32>
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<1x3xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
    %0 = linalg.matmul {nnq.stats = #nnq.tensor_stats<min = 0.0, max = 1.0,
        mean = 0.0, second_moment = 1.0, count = 3, histogram = []>}
      ins(%x, %w : tensor<1x3xf32>, tensor<3x3xf32>)
      outs(%f : tensor<1x3xf32>) -> tensor<1x3xf32>
    %1 = linalg.matmul ins(%0, %w : tensor<1x3xf32>, tensor<3x3xf32>)
      outs(%f : tensor<1x3xf32>) -> tensor<1x3xf32>
    return %1 : tensor<1x3xf32>
  }
}
