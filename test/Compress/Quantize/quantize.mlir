// RUN: nnq-opt %s --nnq-quantize=weight-calibration=minmax --split-input-file 2>/dev/null \
// RUN:   | FileCheck %s --check-prefixes=CHECK,SYM,UASYM
// RUN: nnq-opt %s --nnq-quantize=weight-calibration=minmax --nnq-quantize=weight-calibration=minmax --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,SYM,UASYM
// RUN: nnq-opt %s --nnq-quantize="weights=asymmetric weight-calibration=minmax" --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,ASYM,UASYM
// RUN: nnq-opt %s --nnq-quantize="weight-granularity=per-tensor weight-calibration=minmax" --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,TENSOR,UASYM
// RUN: nnq-opt %s --nnq-quantize="activations=symmetric weight-calibration=minmax" --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,SYM,USYM

#stats = #nnq.tensor_stats<min = -0.5, max = 2.05, mean = 0.0,
  second_moment = 1.0, count = 2, histogram = []>
// The weight is [[-63.5, 0], [0.25, 0], [0.75, 0]]; a channel of zeros has
// scale 1.
// CHECK-LABEL: @matmul
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<1x3xf32>
// UASYM: %[[Q:.+]] = quant.qcast %[[X]] : {{.*}}!quant.uniform<u8:f32, {{0.00999.*|0.01.*}}:50>>
// USYM: %[[Q:.+]] = quant.qcast %[[X]] : {{.*}}!quant.uniform<i8:f32, 0.01614{{[0-9]*}}>>
// CHECK: %[[D:.+]] = quant.dcast %[[Q]]
// CHECK: %[[WI:.+]] = arith.constant dense_resource<w_q> : tensor<3x2xi8>
// SYM: %[[WQ:.+]] = quant.scast %[[WI]] : tensor<3x2xi8> to tensor<3x2x!quant.uniform<i8<-127:127>:f32:1, {5.000000e-01,1.000000e+00}>>
// ASYM: %[[WQ:.+]] = quant.scast %[[WI]] : tensor<3x2xi8> to tensor<3x2x!quant.uniform<i8:f32:1, {0.25196{{[0-9]*}}:124,1.000000e+00:-128}>>
// TENSOR: %[[WQ:.+]] = quant.scast %[[WI]] : tensor<3x2xi8> to tensor<3x2x!quant.uniform<i8<-127:127>:f32, 5.000000e-01>>
// CHECK: %[[WD:.+]] = quant.dcast %[[WQ]]
// CHECK: linalg.matmul
// CHECK-SAME: nnq.provenance = #nnq.provenance<layer = "fc", technique = "quantize-int8", bits_before = 192, bits_after = 48>
// CHECK-SAME: ins(%[[D]], %[[WD]] :
func.func @matmul(%x: tensor<1x3xf32> {nnq.stats = #stats}) -> tensor<1x2xf32> {
  %w = arith.constant dense_resource<w> : tensor<3x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
// -127, then 0.5 and 1.5 rounded to even
// SYM: w_q: "0x40000000810000000200"
// -128, 125, 127
// ASYM: w_q: "0x4000000080807D807F80"
// TENSOR: w_q: "0x40000000810000000200"
{-#
  dialect_resources: {
    builtin: {
      w: "0x4000000000007EC2000000000000803E000000000000403F00000000"
    }
  }
#-}

// -----

// One weight and one activation of two ops are quantized once. The axis of a
// convolution is its output channel.
#stats = #nnq.tensor_stats<min = 1.0, max = 2.55, mean = 0.0,
  second_moment = 1.0, count = 2, histogram = []>
// CHECK-LABEL: @shared
// A range that does not hold zero is extended by it.
// UASYM: %[[Q:.+]] = quant.qcast %{{.+}} : {{.*}}!quant.uniform<u8:f32, {{0.00999.*|0.01.*}}>>
// CHECK: %[[D:.+]] = quant.dcast
// SYM: quant.scast {{.*}}!quant.uniform<i8<-127:127>:f32:0, {
// CHECK: %[[WD:.+]] = quant.dcast
// CHECK: linalg.conv_2d_nchw_fchw {{.*}} ins(%[[D]], %[[WD]] :
// CHECK: linalg.conv_2d_nchw_fchw {{.*}} ins(%[[D]], %[[WD]] :
func.func @shared(%x: tensor<1x1x8x8xf32> {nnq.stats = #stats})
    -> (tensor<1x2x6x6xf32>, tensor<1x2x6x6xf32>) {
  %w = arith.constant dense<0.5> : tensor<2x1x3x3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2x6x6xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x6x6xf32>) -> tensor<1x2x6x6xf32>
  %0 = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x1x8x8xf32>, tensor<2x1x3x3xf32>)
    outs(%f : tensor<1x2x6x6xf32>) -> tensor<1x2x6x6xf32>
  %1 = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x1x8x8xf32>, tensor<2x1x3x3xf32>)
    outs(%f : tensor<1x2x6x6xf32>) -> tensor<1x2x6x6xf32>
  return %0, %1 : tensor<1x2x6x6xf32>, tensor<1x2x6x6xf32>
}

// -----

// Statistics are found through reshapes and pads with zeros. The channel of a
// depthwise convolution is its axis.
// CHECK-LABEL: @depthwise
// SYM: quant.scast {{.*}}!quant.uniform<i8<-127:127>:f32:0, {
// CHECK: %[[PAD:.+]] = tensor.pad
// UASYM: quant.qcast %[[PAD]] : {{.*}}!quant.uniform<u8:f32, 1.000000e+00>>
#stats = #nnq.tensor_stats<min = 0.0, max = 255.0, mean = 0.0,
  second_moment = 1.0, count = 2, histogram = []>
func.func @depthwise(%x: tensor<128xf32> {nnq.stats = #stats}) -> tensor<1x2x8x8xf32> {
  %w = arith.constant dense<0.5> : tensor<2x3x3xf32>
  %zero = arith.constant 0.0 : f32
  %r = tensor.expand_shape %x [[0, 1, 2, 3]] output_shape [1, 2, 8, 8]
    : tensor<128xf32> into tensor<1x2x8x8xf32>
  %p = tensor.pad %r low[0, 0, 1, 1] high[0, 0, 1, 1] {
    ^bb0(%i: index, %j: index, %k: index, %l: index):
      tensor.yield %zero : f32
  } : tensor<1x2x8x8xf32> to tensor<1x2x10x10xf32>
  %e = tensor.empty() : tensor<1x2x8x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x8x8xf32>) -> tensor<1x2x8x8xf32>
  %0 = linalg.depthwise_conv_2d_nchw_chw ins(%p, %w : tensor<1x2x10x10xf32>, tensor<2x3x3xf32>)
    outs(%f : tensor<1x2x8x8xf32>) -> tensor<1x2x8x8xf32>
  return %0 : tensor<1x2x8x8xf32>
}

// -----

// A constant on the left is a weight too; its rows are the channels.
// CHECK-LABEL: @weight_on_the_left
// SYM: quant.scast {{.*}} to tensor<4x3x!quant.uniform<i8<-127:127>:f32:0, {
func.func @weight_on_the_left(%x: tensor<3x2xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<0.5> : tensor<4x3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %0 = linalg.matmul ins(%w, %x : tensor<4x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

// A range without extent has scale 1.
#stats = #nnq.tensor_stats<min = 0.0, max = 0.0, mean = 0.0,
  second_moment = 0.0, count = 2, histogram = []>
// CHECK-LABEL: @degenerate
// UASYM: quant.qcast {{.*}}!quant.uniform<u8:f32, 1.000000e+00>>
// USYM: quant.qcast {{.*}}!quant.uniform<i8:f32, 1.000000e+00>>
func.func @degenerate(%x: tensor<2xf32> {nnq.stats = #stats}) -> tensor<f32> {
  %w = arith.constant dense<0.5> : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<f32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<f32>) -> tensor<f32>
  %0 = linalg.dot ins(%x, %w : tensor<2xf32>, tensor<2xf32>)
    outs(%f : tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}
