// RUN: nnq-opt %s --nnq-select-precision="layers=kind:linear=per-tensor,fc1=asymmetric,conv.*=f32" --remarks-filter=nnq 2>%t | FileCheck %s
// RUN: FileCheck %s --input-file=%t --check-prefix=REMARK
// RUN: nnq-opt %s --nnq-select-precision="layers=kind:depthwise=reduced+per-axis weight-granularity=per-tensor" | FileCheck %s --check-prefix=DEPTHWISE
// RUN: nnq-opt %s --nnq-select-precision --mlir-print-local-scope | FileCheck %s --check-prefix=NONE
// RUN: nnq-opt %s --nnq-select-precision="layers=fc1=per-tensor,fc2=f32" --nnq-quantize | FileCheck %s --check-prefix=QUANTIZED

// RUN: nnq-opt %s --nnq-select-precision="layers=fc1=int4+group64,fc2=int8 weight-bits=4 group-size=32" | FileCheck %s --check-prefix=BITS
// RUN: nnq-opt %s --nnq-select-precision="layers=fc1=asymmetric,fc2=int4 weight-range=reduced" | FileCheck %s --check-prefix=RANGE

// What is about symmetric weights of 8 bits is not taken over by others.
// RANGE: nnq.layer = "fc1", nnq.weights = #nnq.weight_format<scheme = asymmetric, granularity = per_axis, range = full>
// RANGE: nnq.layer = "fc2", nnq.weights = #nnq.weight_format<scheme = symmetric, granularity = per_axis, range = full, bits = 4>

// NONE-NOT: nnq.weights
// BITS: nnq.layer = "fc1", nnq.weights = #nnq.weight_format<scheme = symmetric, granularity = per_axis, range = full, bits = 4, group = 64>
// BITS: nnq.layer = "fc2", nnq.weights = #nnq.weight_format<scheme = symmetric, granularity = per_axis, range = full, group = 32>

#x = affine_map<(n, c, h, w, kh, kw) -> (n, c, h + kh, w + kw)>
#w = affine_map<(n, c, h, w, kh, kw) -> (c, kh, kw)>
#y = affine_map<(n, c, h, w, kh, kw) -> (n, c, h, w)>

func.func @layers(%x: tensor<1x2x4x4xf32>, %r: tensor<1x4xf32>) -> (tensor<1x2x3x3xf32>, tensor<1x2x1x1xf32>, tensor<1x3xf32>, tensor<1x3xf32>) {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[[1.0, 2.0], [3.0, 4.0]], [[1.0, -2.0], [3.0, -4.0]]]> : tensor<2x2x2xf32>
  %e1 = tensor.empty() : tensor<1x2x3x3xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>

  // CHECK:      linalg.generic
  // CHECK-SAME:   attrs = {nnq.layer = "dw"}
  // What is left out is as the options say.
  // DEPTHWISE:  attrs = {nnq.layer = "dw", nnq.weights = #nnq.weight_format<scheme = symmetric, granularity = per_axis, range = reduced>}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w1 : tensor<1x2x4x4xf32>, tensor<2x2x2xf32>) outs(%f1 : tensor<1x2x3x3xf32>) attrs = {nnq.layer = "dw"} {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x2x3x3xf32>

  %w2 = arith.constant dense<0.5> : tensor<2x2x4x4xf32>
  %e2 = tensor.empty() : tensor<1x2x1x1xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  // CHECK:      linalg.conv_2d_nchw_fchw {nnq.keep_f32 = "layers=conv.*=f32", nnq.layer = "conv10"}
  // REMARK:     [Missed] nnq-select-precision
  // REMARK-SAME:  Layer=conv10, Reason="stays in f32 as asked for: layers=conv.*=f32"
  // DEPTHWISE:  linalg.conv_2d_nchw_fchw {nnq.layer = "conv10"}
  %1 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv10"} ins(%x, %w2 : tensor<1x2x4x4xf32>, tensor<2x2x4x4xf32>)
      outs(%f2 : tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>

  %w3 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0], [-10.0, 11.0, 12.7]]> : tensor<4x3xf32>
  %e3 = tensor.empty() : tensor<1x3xf32>
  %f3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<1x3xf32>) -> tensor<1x3xf32>
  // A later request adds to an earlier one.
  // CHECK:      linalg.matmul {nnq.layer = "fc1", nnq.weights = #nnq.weight_format<scheme = asymmetric, granularity = per_tensor, range = full>}
  // QUANTIZED:      quant.scast {{.*}} to tensor<4x3x!quant.uniform<i8<-127:127>:f32, 0.1{{0*}}
  // QUANTIZED:      linalg.matmul {{.*}}nnq.layer = "fc1"
  %2 = linalg.matmul {nnq.layer = "fc1"} ins(%r, %w3 : tensor<1x4xf32>, tensor<4x3xf32>) outs(%f3 : tensor<1x3xf32>) -> tensor<1x3xf32>

  // CHECK:      linalg.matmul {nnq.layer = "fc2", nnq.weights = #nnq.weight_format<scheme = symmetric, granularity = per_tensor, range = full>}
  // QUANTIZED:      linalg.matmul {nnq.keep_f32 = "layers=fc2=f32", nnq.layer = "fc2"}
  %3 = linalg.matmul {nnq.layer = "fc2"} ins(%r, %w3 : tensor<1x4xf32>, tensor<4x3xf32>) outs(%f3 : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %0, %1, %2, %3 : tensor<1x2x3x3xf32>, tensor<1x2x1x1xf32>, tensor<1x3xf32>, tensor<1x3xf32>
}

// What was written by hand stays.
// CHECK-LABEL: func.func @own
// CHECK:         linalg.matmul {nnq.keep_f32 = "mine", nnq.layer = "fc1"}
func.func @own(%r: tensor<1x4xf32>) -> tensor<1x3xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<0.5> : tensor<4x3xf32>
  %e = tensor.empty() : tensor<1x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  %0 = linalg.matmul {nnq.keep_f32 = "mine", nnq.layer = "fc1"} ins(%r, %w : tensor<1x4xf32>, tensor<4x3xf32>) outs(%f : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}
