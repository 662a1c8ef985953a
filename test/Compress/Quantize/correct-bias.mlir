// RUN: nnq-opt %s --nnq-correct-bias --remarks-filter=nnq 2>%t.txt | FileCheck %s
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// RUN: sed 's/, nnq.input_stats = .*/}/' %s > %t.none.mlir
// RUN: not nnq-opt %t.none.mlir --nnq-correct-bias -o /dev/null 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: corrects biases by the mean of what layers multiply, which no layer has; pass data=FILE, or statistics=FILE of a calibration with input-statistics

// Integers 2, 4 and 3, 1 of scale 0.5 and inputs of means 1 and 2 give 5 and 2.5
// in place of 5.5 and 2.
// CHECK-LABEL: @net
// CHECK:     %[[Y:.*]] = linalg.matmul {{.*}}nnq.layer = "fc1"
// CHECK:     %[[C:.*]] = arith.constant dense_resource<correction> : tensor<2xf32>
// CHECK:     %[[Z:.*]] = linalg.generic {{.*}} ins(%[[Y]], %[[C]] : tensor<1x2xf32>, tensor<2xf32>) {{.*}} attrs = {nnq.layer = "fc1.bias"}
// CHECK:       arith.addf
// CHECK:     linalg.matmul {nnq.layer = "fc2"} ins(%[[Z]], %
// CHECK:     correction: "0x400000000000003F000000BF"
// REMARK:    [Missed] nnq-correct-bias | Category:nnq | Layer=fc2, Reason="there are no statistics of what it multiplies"
!q = !quant.uniform<i8<-127:127>:f32, 0.5>
func.func @net(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[2, 3], [4, 1]]> : tensor<2x2xi8>
  %s = quant.scast %w : tensor<2x2xi8> to tensor<2x2x!q>
  %d = quant.dcast %s : tensor<2x2x!q> to tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc1", nnq.input_stats = #nnq.input_stats<min = dense<0.0> : tensor<1x2xf32>, max = dense<4.0> : tensor<1x2xf32>, mean = dense<[[1.0, 2.0]]> : tensor<1x2xf32>, second_moment = dense<4.0> : tensor<1x2xf32>, count = 8, output_mean = dense<[5.5, 2.0]> : tensor<2xf32>>}
    ins(%x, %d : tensor<1x2xf32>, tensor<2x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.matmul {nnq.layer = "fc2"} ins(%0, %d : tensor<1x2xf32>, tensor<2x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
