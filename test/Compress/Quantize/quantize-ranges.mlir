// A range that somebody chose counts more than statistics, and serves without.
// RUN: nnq-opt %s --nnq-quantize | FileCheck %s --check-prefixes=CHECK,U8
// RUN: nnq-opt %s --nnq-quantize=activations=symmetric | FileCheck %s --check-prefixes=CHECK,I8
// RUN: nnq-opt %s --quantize-int8 | FileCheck %s --check-prefixes=CHECK,U8

#s = #nnq.tensor_stats<min = -100.0, max = 100.0, mean = 0.0, second_moment = 1.0, count = 4, histogram = []>

// CHECK-LABEL: @net
// U8: quant.qcast %arg0 : tensor<1x3xf32> to tensor<1x3x!quant.uniform<u8:f32, 1.000000e+00:55>>
// I8: quant.qcast %arg0 : tensor<1x3xf32> to tensor<1x3x!quant.uniform<i8:f32, 1.5748{{[0-9]+}}>>
// CHECK: linalg.matmul
// Extended by zero, and asked for behind the reshape.
// CHECK: {{linalg.exp|math.exp}}
// U8: quant.qcast {{.*}}!quant.uniform<u8:f32, 1.000000e+00>
// I8: quant.qcast {{.*}}!quant.uniform<i8:f32, 2.00787{{[0-9]+}}>
// CHECK: linalg.matmul
func.func @net(%x: tensor<1x3xf32> {nnq.stats = #s, nnq.quant_range = #nnq.quant_range<[-55.0, 200.0], clipped = 0.25>})
    -> tensor<2x1xf32> {
  %w = arith.constant dense<1.0> : tensor<3x2xf32>
  %v = arith.constant dense<1.0> : tensor<1x1xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<1x3xf32>, tensor<3x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.exp {nnq.quant_range = #nnq.quant_range<[3.0, 255.0]>}
    ins(%0 : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %c = tensor.collapse_shape %1 [[0, 1]] : tensor<1x2xf32> into tensor<2xf32>
  %r = tensor.expand_shape %c [[0, 1]] output_shape [2, 1] : tensor<2xf32> into tensor<2x1xf32>
  %e2 = tensor.empty() : tensor<2x1xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<2x1xf32>) -> tensor<2x1xf32>
  %2 = linalg.matmul ins(%r, %v : tensor<2x1xf32>, tensor<1x1xf32>) outs(%f2 : tensor<2x1xf32>) -> tensor<2x1xf32>
  return %2 : tensor<2x1xf32>
}
