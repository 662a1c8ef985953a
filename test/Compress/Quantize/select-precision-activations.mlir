// RUN: nnq-opt %s --nnq-select-precision="layers=fc1=dynamic,fc[12]=activation-symmetric,fc3=per-row,fc4=int4" | FileCheck %s
// RUN: nnq-opt %s --nnq-select-precision="layers=fc2=activation-asymmetric activations=symmetric activation-granularity=per-row" \
// RUN:   | FileCheck %s --check-prefix=OPTIONS
// RUN: nnq-opt %s --nnq-select-precision="layers=fc1=dynamic,fc[12]=activation-symmetric,fc3=per-row" --nnq-quantize \
// RUN:   --remarks-filter=nnq-quantize 2>%t.txt | FileCheck %s --check-prefix=QUANTIZED
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK --allow-empty

// What is left out is as the options say; what is about weights alone says nothing of activations.
// OPTIONS: nnq.activation = #nnq.activation_format<scheme = asymmetric, range = per_row>, nnq.layer = "fc2"

// Nobody is told to calibrate for ranges that are asked for at run time.
// REMARK-NOT: pass data=FILE

#stats = #nnq.tensor_stats<min = -1.0, max = 3.0, mean = 0.0, second_moment = 1.0, count = 9, histogram = []>

// Each layer quantizes what it reads in its own way.
// QUANTIZED-LABEL: @layers
// QUANTIZED-SAME: %[[X:[^:]+]]: tensor<2x4xf32>
// QUANTIZED-DAG: %[[D:.+]], %[[S:.+]], %[[Z:.+]] = nnq.dynamic_qcast %[[X]] {symmetric} : tensor<2x4xf32> -> tensor<2x4xi8>{{$}}
// QUANTIZED-DAG: %[[X1:.+]] = nnq.dynamic_dcast %[[D]], %[[S]], %[[Z]]
// QUANTIZED-DAG: %[[Q2:.+]] = quant.qcast %[[X]] : tensor<2x4xf32> to tensor<2x4x!quant.uniform<i8:f32, {{.+}}>>
// QUANTIZED-DAG: %[[X2:.+]] = quant.dcast %[[Q2]]
// QUANTIZED-DAG: %[[R:.+]], %[[T:.+]], %[[Y:.+]] = nnq.dynamic_qcast %[[X]] : tensor<2x4xf32> -> tensor<2x4xi8>, tensor<2xf32>, tensor<2xi32>
// QUANTIZED-DAG: %[[X3:.+]] = nnq.dynamic_dcast %[[R]], %[[T]], %[[Y]]
// QUANTIZED-DAG: %[[Q4:.+]] = quant.qcast %[[X]] : tensor<2x4xf32> to tensor<2x4x!quant.uniform<u8:f32, {{.+}}>>
// QUANTIZED-DAG: %[[X4:.+]] = quant.dcast %[[Q4]]
// QUANTIZED: linalg.matmul {{.*}}nnq.layer = "fc1"{{.*}} ins(%[[X1]],
// QUANTIZED: linalg.matmul {{.*}}nnq.layer = "fc2"{{.*}} ins(%[[X2]],
// QUANTIZED: linalg.matmul {{.*}}nnq.layer = "fc3"{{.*}} ins(%[[X3]],
// QUANTIZED: linalg.matmul {{.*}}nnq.layer = "fc4"{{.*}} ins(%[[X4]],
func.func @layers(%x: tensor<2x4xf32> {nnq.stats = #stats}, %f: tensor<2x3xf32>)
    -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0], [-10.0, 11.0, 12.7]]> : tensor<4x3xf32>
  // CHECK: linalg.matmul {nnq.activation = #nnq.activation_format<scheme = symmetric, range = dynamic>, nnq.layer = "fc1", nnq.weights =
  %1 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w : tensor<2x4xf32>, tensor<4x3xf32>) outs(%f : tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: linalg.matmul {nnq.activation = #nnq.activation_format<scheme = symmetric, range = static>, nnq.layer = "fc2", nnq.weights =
  %2 = linalg.matmul {nnq.layer = "fc2"} ins(%x, %w : tensor<2x4xf32>, tensor<4x3xf32>) outs(%f : tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: linalg.matmul {nnq.activation = #nnq.activation_format<scheme = asymmetric, range = per_row>, nnq.layer = "fc3", nnq.weights =
  %3 = linalg.matmul {nnq.layer = "fc3"} ins(%x, %w : tensor<2x4xf32>, tensor<4x3xf32>) outs(%f : tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: linalg.matmul {nnq.layer = "fc4", nnq.weights =
  %4 = linalg.matmul {nnq.layer = "fc4"} ins(%x, %w : tensor<2x4xf32>, tensor<4x3xf32>) outs(%f : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %1, %2, %3, %4 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}
