// RUN: nnq-opt %s --nnq-round-weights=weight-calibration=minmax --remarks-filter=nnq 2>%t.txt | FileCheck %s
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// RUN: nnq-opt %s --nnq-round-weights=weight-calibration=minmax --nnq-quantize=weight-calibration=minmax | FileCheck %s --check-prefix=QUANTIZED
// RUN: not nnq-opt %s --nnq-round-weights=damping=-1 -o /dev/null 2>&1 | FileCheck %s --check-prefix=DAMPING
// RUN: sed 's/correlation = [^>]*> : [^>]*>>/count_only>/; s/, count_only>/>/' %s > %t.none.mlir
// RUN: not nnq-opt %t.none.mlir --nnq-round-weights -o /dev/null 2>&1 | FileCheck %s --check-prefix=NONE
// DAMPING: error: damping=-1 is no share; pass 0 to 1
// NONE: error: rounds weights by the correlation of what they multiply, which no layer has; pass data=FILE, or statistics=FILE of a calibration with correlations=.*

// The second and the third number are equal: 0.4 and 0.4 are 0 and 1, not twice
// 0. Nothing rounds them again; the matrix has served.
// CHECK-LABEL: @net
// CHECK:     %[[Q:.*]] = arith.constant dense_resource<rounded> : tensor<3x1xi8>
// CHECK:     %[[S:.*]] = quant.scast %[[Q]] : tensor<3x1xi8> to tensor<3x1x!quant.uniform<i8<-127:127>:f32:1, {1.000000e+00}>>
// CHECK:     %[[D:.*]] = quant.dcast %[[S]]
// CHECK:     linalg.matmul {nnq.input_stats = {{.*}}, output_mean = {{[^,]*}}>, nnq.layer = "fc1"} ins(%{{.*}}, %[[D]] :
// CHECK:     linalg.matmul {nnq.keep_f32 = "sensitive", nnq.layer = "fc2"} ins(%{{.*}}, %{{cst.*}} :
// CHECK:     linalg.matmul {nnq.layer = "fc3"} ins(%{{.*}}, %{{cst.*}} :
// CHECK:     rounded: "0x400000007F0001"
// QUANTIZED: dense_resource<rounded> : tensor<3x1xi8>
// QUANTIZED: rounded: "0x400000007F0001"
// REMARK-DAG: [Passed] nnq-round-weights | Category:nnq | Layer=fc1, Remark="weights are rounded by gptq"
// REMARK-DAG: [Missed] nnq-round-weights | Category:nnq | Layer=fc3, Reason="there is no correlation of what it multiplies"
func.func @net(%x: tensor<1x3xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[127.0], [0.4], [0.4]]> : tensor<3x1xf32>
  %w2 = arith.constant dense<[[1.5]]> : tensor<1x1xf32>
  %w3 = arith.constant dense<[[2.5]]> : tensor<1x1xf32>
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.layer = "fc1", nnq.input_stats = #nnq.input_stats<min = dense<0.0> : tensor<1x3xf32>, max = dense<1.0> : tensor<1x3xf32>, mean = dense<0.5> : tensor<1x3xf32>, second_moment = dense<1.0> : tensor<1x3xf32>, count = 8, output_mean = dense<0.0> : tensor<1xf32>, correlation = dense<[[1.0, 0.0, 1.0, 0.0, 1.0, 1.0]]> : tensor<1x6xf32>>}
    ins(%x, %w1 : tensor<1x3xf32>, tensor<3x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  %1 = linalg.matmul {nnq.layer = "fc2", nnq.keep_f32 = "sensitive"} ins(%0, %w2 : tensor<1x1xf32>, tensor<1x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  %2 = linalg.matmul {nnq.layer = "fc3"} ins(%1, %w3 : tensor<1x1xf32>, tensor<1x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %2 : tensor<1x1xf32>
}
