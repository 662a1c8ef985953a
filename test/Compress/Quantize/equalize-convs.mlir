// Pads, pools, depthwise convolutions and the flattening in front of a linear
// layer keep channels apart; the network computes the same.
// RUN: nnq-opt %s --nnq-equalize-layers --remarks-filter=nnq -o %t.mlir 2>%t.txt
// RUN: FileCheck %s --input-file=%t.txt
// RUN: not diff %s %t.mlir > /dev/null
// RUN: %python %inputs/make_arrays.py %t.npz x=f4:20x2x6x6:iota
// RUN: nnq-run %s --data %t.npz --repeat=0 --compare %t.mlir | FileCheck %s --check-prefix=SAME
// SAME: SQNR {{ *}}1{{[0-9][0-9]}}

// CHECK-DAG: [Passed] nnq-equalize-layers | Category:nnq | Layer=conv,
// CHECK-DAG: [Passed] nnq-equalize-layers | Category:nnq | Layer=depthwise,
// CHECK-DAG: [Missed] nnq-equalize-layers | Category:nnq | Layer=fc, Reason="it is a result of the function"

// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest equalize weight-granularity=per-tensor" -o %t.int8.mlir
// RUN: nnq-run %s --data %t.npz --repeat=0 --compare %t.int8.mlir | FileCheck %s --check-prefix=GOOD
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest weight-granularity=per-tensor" -o %t.int8.mlir
// RUN: nnq-run %s --data %t.npz --repeat=0 --compare %t.int8.mlir | FileCheck %s --check-prefix=POOR
// GOOD: SQNR {{ *}}{{[3-9][0-9]}}
// POOR: SQNR {{ *}}{{[0-1]?[0-9]}}.{{[0-9]}} dB

// Statistics are of the equalized network.
// RUN: nnq-opt %s --calibrate="data=%t.npz equalize save=%t.json" -o /dev/null
// RUN: nnq-opt %s --quantize-int8="statistics=%t.json equalize" -o %t.a.mlir
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest equalize" -o %t.b.mlir
// RUN: diff %t.a.mlir %t.b.mlir
// RUN: not nnq-opt %s --quantize-int8="statistics=%t.json" -o /dev/null 2>&1 | FileCheck %s --check-prefix=OTHER
// OTHER: is of a network of other layers or weights

#id = affine_map<(n, c, h, w) -> (n, c, h, w)>
#bias = affine_map<(n, c, h, w) -> (c)>
func.func @net(%x: tensor<1x2x6x6xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %w1 = arith.constant dense<[[[[100.0]], [[-50.0]]], [[[0.01]], [[0.02]]], [[[1.0]], [[3.0]]]]> : tensor<3x2x1x1xf32>
  %b1 = arith.constant dense<[10.0, 0.005, -1.0]> : tensor<3xf32>
  %w2 = arith.constant dense<[[[0.01, -0.02], [0.01, 0.03]], [[3.0, 1.0], [2.0, 1.0]], [[1.0, 0.5], [-0.5, 1.0]]]> : tensor<3x2x2xf32>
  %w3 = arith.constant dense<0.1> : tensor<27x2xf32>
  %e1 = tensor.empty() : tensor<1x3x6x6xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x3x6x6xf32>) -> tensor<1x3x6x6xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv", dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>}
    ins(%x, %w1 : tensor<1x2x6x6xf32>, tensor<3x2x1x1xf32>) outs(%f1 : tensor<1x3x6x6xf32>) -> tensor<1x3x6x6xf32>
  %1 = linalg.generic {indexing_maps = [#id, #bias, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %b1 : tensor<1x3x6x6xf32>, tensor<3xf32>) outs(%e1 : tensor<1x3x6x6xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    %m = arith.maximumf %s, %zero : f32
    linalg.yield %m : f32
  } -> tensor<1x3x6x6xf32>
  %p = tensor.pad %1 low[0, 0, 1, 0] high[0, 0, 0, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x3x6x6xf32> to tensor<1x3x7x7xf32>
  %2 = linalg.depthwise_conv_2d_nchw_chw {nnq.layer = "depthwise", dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>}
    ins(%p, %w2 : tensor<1x3x7x7xf32>, tensor<3x2x2xf32>) outs(%f1 : tensor<1x3x6x6xf32>) -> tensor<1x3x6x6xf32>
  %e2 = tensor.empty() : tensor<1x3x3x3xf32>
  %f2 = linalg.fill ins(%lowest : f32) outs(%e2 : tensor<1x3x3x3xf32>) -> tensor<1x3x3x3xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %3 = linalg.pooling_nchw_max {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>}
    ins(%2, %window : tensor<1x3x6x6xf32>, tensor<2x2xf32>) outs(%f2 : tensor<1x3x3x3xf32>) -> tensor<1x3x3x3xf32>
  %4 = tensor.collapse_shape %3 [[0], [1, 2, 3]] : tensor<1x3x3x3xf32> into tensor<1x27xf32>
  %e3 = tensor.empty() : tensor<1x2xf32>
  %f3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %5 = linalg.matmul {nnq.layer = "fc"} ins(%4, %w3 : tensor<1x27xf32>, tensor<27x2xf32>) outs(%f3 : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %5 : tensor<1x2xf32>
}
