// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 | FileCheck %s

// A dequantization with a reader in f32 beside the contraction is written; the
// contraction still reads the integers.

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8<-127:127>:f32:1, {0.25, 0.5}>

// CHECK-LABEL: @f
// CHECK: %[[Q:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x2xi8>)
// CHECK-DAG: %[[ACC:.+]] = linalg.generic {{.*}} ins(%[[Q]], %{{.+}} : tensor<1x2xi8>, tensor<2x2xi8>)
// CHECK-DAG: %[[D:.+]] = linalg.generic {{.*}} ins(%[[Q]] : tensor<1x2xi8>) outs(%{{.+}} : tensor<1x2xf32>)
// CHECK: math.tanh %[[D]]
// CHECK-NOT: quant.
func.func @f(%x: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [-3, 4]]> : tensor<2x2xi8>
  %qw = quant.scast %w : tensor<2x2xi8> to tensor<2x2x!qw>
  %dw = quant.dcast %qw : tensor<2x2x!qw> to tensor<2x2xf32>
  %qx = quant.qcast %x : tensor<1x2xf32> to tensor<1x2x!qx>
  %dx = quant.dcast %qx : tensor<1x2x!qx> to tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul ins(%dx, %dw : tensor<1x2xf32>, tensor<2x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = math.tanh %dx : tensor<1x2xf32>
  return %0, %1 : tensor<1x2xf32>, tensor<1x2xf32>
}
