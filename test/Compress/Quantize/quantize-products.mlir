// RUN: nnq-opt %s --nnq-quantize --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-quantize=attention=f32 --split-input-file | FileCheck %s --check-prefix=F32
// RUN: nnq-opt %s --nnq-quantize --split-input-file --remarks-filter=nnq-quantize \
// RUN:   2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK
// RUN: nnq-opt %s --nnq-quantize --nnq-verify-quantized --split-input-file -o /dev/null

// The range of the second is that in front of the reshape.
// REMARK: remark: [Passed] QuantizeInt8 | Category:nnq-quantize
// REMARK-SAME: both activations of layer 'scores' are quantized to int8
// CHECK-LABEL: @products
// CHECK-DAG: %[[X:.+]] = quant.dcast %{{.+}} : tensor<2x4x3x!quant.uniform<u8:f32, 1.000000e+00:1>>
// CHECK-DAG: %[[Y:.+]] = quant.dcast %{{.+}} : tensor<2x3x5x!quant.uniform<u8:f32, 2.000000e+00>>
// CHECK: linalg.batch_matmul {nnq.layer = "scores"} ins(%[[X]], %[[Y]] :
// F32-LABEL: @products
// F32-NOT: quant.
// F32: nnq.keep_f32 = "products of two activations are to stay so"
func.func @products(
    %x: tensor<2x4x3xf32> {nnq.stats = #nnq.tensor_stats<min = -1.0, max = 254.0, mean = 0.0, second_moment = 1.0, count = 24, histogram = []>},
    %y: tensor<2x15xf32> {nnq.stats = #nnq.tensor_stats<min = 0.0, max = 510.0, mean = 0.0, second_moment = 1.0, count = 30, histogram = []>})
    -> tensor<2x4x5xf32> {
  %zero = arith.constant 0.0 : f32
  %r = tensor.expand_shape %y [[0], [1, 2]] output_shape [2, 3, 5] : tensor<2x15xf32> into tensor<2x3x5xf32>
  %e = tensor.empty() : tensor<2x4x5xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %0 = linalg.batch_matmul {nnq.layer = "scores"} ins(%x, %r : tensor<2x4x3xf32>, tensor<2x3x5xf32>)
    outs(%f : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  return %0 : tensor<2x4x5xf32>
}

// -----

// The second has no zero point where that makes steps little larger.
// CHECK-LABEL: @balanced
// CHECK-DAG: quant.qcast %{{.+}} : tensor<4x3xf32> to tensor<4x3x!quant.uniform<u8:f32, 1.000000e+00:1>>
// CHECK-DAG: quant.qcast %{{.+}} : tensor<3x5xf32> to tensor<3x5x!quant.uniform<i8:f32, 1.000000e+00>>
func.func @balanced(
    %x: tensor<4x3xf32> {nnq.stats = #nnq.tensor_stats<min = -1.0, max = 254.0, mean = 0.0, second_moment = 1.0, count = 12, histogram = []>},
    %y: tensor<3x5xf32> {nnq.stats = #nnq.tensor_stats<min = -100.0, max = 127.0, mean = 0.0, second_moment = 1.0, count = 15, histogram = []>})
    -> tensor<4x5xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x5xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x5xf32>) -> tensor<4x5xf32>
  %0 = linalg.matmul ins(%x, %y : tensor<4x3xf32>, tensor<3x5xf32>)
    outs(%f : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// -----

// REMARK: Reason="there are no statistics of both activations"
// REMARK-SAME: layer 'half known' stays in f32
// CHECK-LABEL: @no_statistics
// CHECK-NOT: quant.
// CHECK: nnq.keep_f32 = "there are no statistics of both activations"
func.func @no_statistics(
    %x: tensor<4x3xf32> {nnq.stats = #nnq.tensor_stats<min = -1.0, max = 254.0, mean = 0.0, second_moment = 1.0, count = 12, histogram = []>},
    %y: tensor<3x2xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %0 = linalg.matmul {nnq.layer = "half known"} ins(%x, %y : tensor<4x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}
