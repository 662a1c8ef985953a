// RUN: nnq-opt %s --nnq-quantize="weight-bits=4 group-size=32 compute=f32" --nnq-verify-quantized --nnq-quantize | FileCheck %s

// The activation stays as it is, and a second run changes nothing.
// CHECK-LABEL: @weights
// CHECK-SAME: %[[X:.+]]: tensor<1x64xf32>
// CHECK: %[[W:.+]] = quant.dcast {{.*}}i4
// CHECK: linalg.matmul {{.*}}nnq.keep_f32 = "compute=f32: weights alone are quantized"
// CHECK-SAME: ins(%[[X]], %[[W]] :
func.func @weights(%x: tensor<1x64xf32> {nnq.stats = #nnq.tensor_stats<min = -1.0, max = 1.0, mean = 0.0, second_moment = 1.0, count = 9, histogram = []>},
    %f: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<7.0> : tensor<64x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<1x64xf32>, tensor<64x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
