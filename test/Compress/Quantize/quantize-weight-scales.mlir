// Scales of weights: the finest, or the one that loses least.
// RUN: nnq-opt %s --nnq-quantize | FileCheck %s --check-prefixes=CHECK,MSE
// RUN: nnq-opt %s --nnq-quantize=weight-calibration=mse | FileCheck %s --check-prefixes=CHECK,MSE
// RUN: nnq-opt %s --nnq-quantize=weight-calibration=minmax | FileCheck %s --check-prefixes=CHECK,MINMAX
// RUN: nnq-opt %s --nnq-quantize=weight-granularity=per-tensor | FileCheck %s --check-prefixes=CHECK,TENSOR
// RUN: nnq-opt %s --nnq-quantize=weights=asymmetric | FileCheck %s --check-prefixes=CHECK,ASYMMETRIC
// RUN: nnq-opt %s --nnq-quantize=weight-range=reduced | FileCheck %s --check-prefixes=CHECK,REDUCED
// RUN: not nnq-opt %s --nnq-quantize=weight-calibration=best 2>&1 | FileCheck %s --check-prefix=VALUE
// VALUE: unknown value 'best', expected one of: minmax, mse

// Channels of whole steps: 100, 33, -7 of 0.5, and 90, -45, 1 of 0.125; the
// third has nothing to gain.
// CHECK-LABEL: @net
// MSE-DAG: quant.scast {{.*}} to tensor<3x3x!quant.uniform<i8<-127:127>:f32:1, {5.000000e-01,1.250000e-01,0.0078740{{[0-9]+}}}>>
// MINMAX-DAG: quant.scast {{.*}} to tensor<3x3x!quant.uniform<i8<-127:127>:f32:1, {0.39370{{[0-9]+}},0.088582{{[0-9]+}},0.0078740{{[0-9]+}}}>>
// REDUCED-DAG: quant.scast {{.*}} to tensor<3x3x!quant.uniform<i8<-63:63>:f32:1, {0.862068{{[0-9]+}},0.181451{{[0-9]+}},0.016129{{[0-9]+}}}>>
// TENSOR-DAG: quant.scast {{.*}} to tensor<3x3x!quant.uniform<i8<-127:127>:f32, 0.5154638{{[0-9]+}}>>
// ASYMMETRIC-DAG: quant.scast {{.*}} to tensor<3x3x!quant.uniform<i8:f32:1, {2.500000e-01:-111,1.250000e-01:-43,0.0078740{{[0-9]+}}}>>
func.func @net(%x: tensor<1x3xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<[[50.0, 11.25, 1.0], [16.5, -5.625, -1.0], [-3.5, 0.125, 0.0]]> : tensor<3x3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<1x3xf32>, tensor<3x3xf32>) outs(%f : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}
