// Integers that come into a network and leave it as such.
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 --cse | FileCheck %s --check-prefix=U8
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=s8 --cse | FileCheck %s --check-prefix=S8

!x = !quant.uniform<i8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32, 0.25>
!y = !quant.uniform<i8:f32, 2.0:-1>

// U8-LABEL: func.func @layer
// U8-SAME:      %[[X:.*]]: tensor<1x8xi8>
// U8:         %[[IN:.*]] = linalg.generic {{.*}} ins(%[[X]] : tensor<1x8xi8>)
// U8:           arith.addi %{{.*}}, %c128
// U8:           arith.trunci %{{.*}} : i32 to i8
// U8:         %[[ACC:.*]] = linalg.generic {{.*}} ins(%[[IN]], %{{.*}} : tensor<1x8xi8>, tensor<8x4xi8>)
// U8:           arith.extui
// U8:         %[[Y:.*]] = linalg.generic {{.*}} ins(%[[ACC]]
// U8:         %[[OUT:.*]] = linalg.generic {{.*}} ins(%[[Y]] : tensor<1x4xi8>)
// U8:           arith.addi %{{.*}}, %c-128
// U8:         return %[[OUT]]

// Nothing has to be moved.
// S8-LABEL: func.func @layer
// S8-SAME:      %[[X:.*]]: tensor<1x8xi8>
// S8:         %[[ACC:.*]] = linalg.generic {{.*}} ins(%[[X]], %{{.*}} : tensor<1x8xi8>, tensor<8x4xi8>)
// S8:         %[[Y:.*]] = linalg.generic {{.*}} ins(%[[ACC]]
// S8:         return %[[Y]]
func.func @layer(%x: tensor<1x8xi8>) -> tensor<1x4xi8> {
  %w = arith.constant dense<5> : tensor<8x4xi8>
  %zero = arith.constant 0.0 : f32
  %xq = quant.scast %x : tensor<1x8xi8> to tensor<1x8x!x>
  %xd = quant.dcast %xq : tensor<1x8x!x> to tensor<1x8xf32>
  %wq = quant.scast %w : tensor<8x4xi8> to tensor<8x4x!w>
  %wd = quant.dcast %wq : tensor<8x4x!w> to tensor<8x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul ins(%xd, %wd : tensor<1x8xf32>, tensor<8x4xf32>) outs(%f : tensor<1x4xf32>) -> tensor<1x4xf32>
  %yq = quant.qcast %0 : tensor<1x4xf32> to tensor<1x4x!y>
  %y = quant.scast %yq : tensor<1x4x!y> to tensor<1x4xi8>
  return %y : tensor<1x4xi8>
}
