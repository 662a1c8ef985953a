// Activations are stored in 16 bits where weights of 8 bits multiply them.
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=by-weights --split-input-file --cse | FileCheck %s

!x = !quant.uniform<i8:f32, 0.5:3>
!full = !quant.uniform<i8<-127:127>:f32, 0.25>
!reduced = !quant.uniform<i8<-63:63>:f32, 0.25>

// Weights of both ranges read %x; the result of the first, which is reshaped in
// between, is read by reduced ones alone.
// CHECK-LABEL: func.func @both
// CHECK:         linalg.generic {{.*}} ins(%{{.*}} : tensor<1x8xf32>) outs(%{{.*}} : tensor<1x8xi16>)
// CHECK:         %[[A:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<1x8xi16>, tensor<8x4xi8>)
// CHECK:         %[[Y:.*]] = linalg.generic {{.*}} ins(%[[A]]{{.*}} outs(%{{.*}} : tensor<1x4xi8>)
// CHECK:         %[[E:.*]] = tensor.expand_shape %[[Y]] {{.*}} : tensor<1x4xi8> into tensor<1x1x4xi8>
// CHECK:         %[[C:.*]] = tensor.collapse_shape %[[E]] {{.*}} : tensor<1x1x4xi8> into tensor<1x4xi8>
// CHECK:         linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<1x8xi16>, tensor<8x4xi8>)
// CHECK:         linalg.generic {{.*}} ins(%[[C]], %{{.*}} : tensor<1x4xi8>, tensor<4x4xi8>)
func.func @both(%x: tensor<1x8xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
  %w = arith.constant dense<5> : tensor<8x4xi8>
  %u = arith.constant dense<6> : tensor<8x4xi8>
  %v = arith.constant dense<7> : tensor<4x4xi8>
  %zero = arith.constant 0.0 : f32
  %xq = quant.qcast %x : tensor<1x8xf32> to tensor<1x8x!x>
  %xd = quant.dcast %xq : tensor<1x8x!x> to tensor<1x8xf32>
  %wq = quant.scast %w : tensor<8x4xi8> to tensor<8x4x!full>
  %wd = quant.dcast %wq : tensor<8x4x!full> to tensor<8x4xf32>
  %rq = quant.scast %u : tensor<8x4xi8> to tensor<8x4x!reduced>
  %rd = quant.dcast %rq : tensor<8x4x!reduced> to tensor<8x4xf32>
  %vq = quant.scast %v : tensor<4x4xi8> to tensor<4x4x!reduced>
  %vd = quant.dcast %vq : tensor<4x4x!reduced> to tensor<4x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul ins(%xd, %wd : tensor<1x8xf32>, tensor<8x4xf32>) outs(%f : tensor<1x4xf32>) -> tensor<1x4xf32>
  %yq = quant.qcast %0 : tensor<1x4xf32> to tensor<1x4x!x>
  %ye = tensor.expand_shape %yq [[0, 1], [2]] output_shape [1, 1, 4] : tensor<1x4x!x> into tensor<1x1x4x!x>
  %yc = tensor.collapse_shape %ye [[0, 1], [2]] : tensor<1x1x4x!x> into tensor<1x4x!x>
  %yd = quant.dcast %yc : tensor<1x4x!x> to tensor<1x4xf32>
  %1 = linalg.matmul ins(%xd, %rd : tensor<1x8xf32>, tensor<8x4xf32>) outs(%f : tensor<1x4xf32>) -> tensor<1x4xf32>
  %2 = linalg.matmul ins(%yd, %vd : tensor<1x4xf32>, tensor<4x4xf32>) outs(%f : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %1, %2 : tensor<1x4xf32>, tensor<1x4xf32>
}

// -----

!x = !quant.uniform<i8:f32, 0.5:3>
!full = !quant.uniform<i8<-127:127>:f32, 0.25>

// What is padded or joined is stored as what reads the whole.
// CHECK-LABEL: func.func @moved
// CHECK:         linalg.generic {{.*}} outs(%{{.*}} : tensor<1x4xi16>)
// CHECK:         %[[P:.*]] = tensor.pad
// CHECK:           : tensor<1x4xi16> to tensor<1x8xi16>
// CHECK:         %[[J:.*]] = tensor.concat dim(0) %[[P]], %[[P]] : (tensor<1x8xi16>, tensor<1x8xi16>) -> tensor<2x8xi16>
// CHECK:         linalg.generic {{.*}} ins(%[[J]], %{{.*}} : tensor<2x8xi16>, tensor<8x4xi8>)
func.func @moved(%x: tensor<1x4xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense<5> : tensor<8x4xi8>
  %zero = arith.constant 0.0 : f32
  %three = arith.constant 3 : i8
  %xq = quant.qcast %x : tensor<1x4xf32> to tensor<1x4x!x>
  %xs = quant.scast %xq : tensor<1x4x!x> to tensor<1x4xi8>
  %p = tensor.pad %xs low[0, 2] high[0, 2] {
  ^bb0(%i: index, %j: index):
    tensor.yield %three : i8
  } : tensor<1x4xi8> to tensor<1x8xi8>
  %pq = quant.scast %p : tensor<1x8xi8> to tensor<1x8x!x>
  %pd = quant.dcast %pq : tensor<1x8x!x> to tensor<1x8xf32>
  %j = tensor.concat dim(0) %pd, %pd : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<2x8xf32>
  %jq = quant.qcast %j : tensor<2x8xf32> to tensor<2x8x!x>
  %jd = quant.dcast %jq : tensor<2x8x!x> to tensor<2x8xf32>
  %wq = quant.scast %w : tensor<8x4xi8> to tensor<8x4x!full>
  %wd = quant.dcast %wq : tensor<8x4x!full> to tensor<8x4xf32>
  %e = tensor.empty() : tensor<2x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %0 = linalg.matmul ins(%jd, %wd : tensor<2x8xf32>, tensor<8x4xf32>) outs(%f : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
