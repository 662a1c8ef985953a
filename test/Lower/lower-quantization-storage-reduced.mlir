// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-lower-quantization | FileCheck %s

// Pairs of weights of a reduced range do not make vpmaddubsw saturate: u8.

!x = !quant.uniform<u8:f32, 0.5:10>
!w = !quant.uniform<i8<-63:63>:f32, 0.25>
!full = !quant.uniform<i8<-127:127>:f32, 0.25>

// CHECK-LABEL: @reduced
// CHECK: linalg.generic {{.*}} tensor<2x4xi8>, tensor<4x8xi8>) outs({{.*}} : tensor<2x8xi32>)
// CHECK: arith.extui {{.*}} : i8 to i32
func.func @reduced(%x: tensor<2x4xf32>) -> tensor<2x8xf32> {
  %c = arith.constant dense<63> : tensor<4x8xi8>
  %s = quant.scast %c : tensor<4x8xi8> to tensor<4x8x!w>
  %w = quant.dcast %s : tensor<4x8x!w> to tensor<4x8xf32>
  %q = quant.qcast %x : tensor<2x4xf32> to tensor<2x4x!x>
  %d = quant.dcast %q : tensor<2x4x!x> to tensor<2x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x8xf32>) -> tensor<2x8xf32>
  %0 = linalg.matmul ins(%d, %w : tensor<2x4xf32>, tensor<4x8xf32>) outs(%f : tensor<2x8xf32>) -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// Activations travel in one type, so all weights must allow it.
// CHECK-LABEL: @one_of_two
// CHECK: linalg.generic {{.*}} tensor<2x4xi16>, tensor<4x8xi8>) outs({{.*}} : tensor<2x8xi32>)
// CHECK: linalg.generic {{.*}} tensor<2x4xi16>, tensor<4x8xi8>) outs({{.*}} : tensor<2x8xi32>)
func.func @one_of_two(%x: tensor<2x4xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>) {
  %c = arith.constant dense<63> : tensor<4x8xi8>
  %s = quant.scast %c : tensor<4x8xi8> to tensor<4x8x!w>
  %w = quant.dcast %s : tensor<4x8x!w> to tensor<4x8xf32>
  %c1 = arith.constant dense<100> : tensor<4x8xi8>
  %s1 = quant.scast %c1 : tensor<4x8xi8> to tensor<4x8x!full>
  %w1 = quant.dcast %s1 : tensor<4x8x!full> to tensor<4x8xf32>
  %q = quant.qcast %x : tensor<2x4xf32> to tensor<2x4x!x>
  %d = quant.dcast %q : tensor<2x4x!x> to tensor<2x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x8xf32>) -> tensor<2x8xf32>
  %0 = linalg.matmul ins(%d, %w : tensor<2x4xf32>, tensor<4x8xf32>) outs(%f : tensor<2x8xf32>) -> tensor<2x8xf32>
  %1 = linalg.matmul ins(%d, %w1 : tensor<2x4xf32>, tensor<4x8xf32>) outs(%f : tensor<2x8xf32>) -> tensor<2x8xf32>
  return %0, %1 : tensor<2x8xf32>, tensor<2x8xf32>
}
