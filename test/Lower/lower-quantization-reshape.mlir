// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 | FileCheck %s
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=s16 | FileCheck %s --check-prefix=S16

// A reshape moves the stored integers.

!q = !quant.uniform<u8:f32, 0.5:10>

// CHECK-LABEL: @reshape
// CHECK: %[[Q:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<2x6xi8>)
// CHECK: %[[C:.+]] = tensor.collapse_shape %[[Q]] {{.*}} : tensor<2x6xi8> into tensor<12xi8>
// CHECK: %[[E:.+]] = tensor.expand_shape %[[C]] {{.*}} : tensor<12xi8> into tensor<3x4xi8>
// CHECK: linalg.generic {{.*}} ins(%[[E]] : tensor<3x4xi8>)
// CHECK-NOT: quant.
// S16: tensor.collapse_shape {{.*}} : tensor<2x6xi16> into tensor<12xi16>
// S16: tensor.expand_shape {{.*}} : tensor<12xi16> into tensor<3x4xi16>
func.func @reshape(%x: tensor<2x6xf32>) -> tensor<3x4xf32> {
  %q = quant.qcast %x : tensor<2x6xf32> to tensor<2x6x!q>
  %c = tensor.collapse_shape %q [[0, 1]] : tensor<2x6x!q> into tensor<12x!q>
  %e = tensor.expand_shape %c [[0, 1]] output_shape [3, 4] : tensor<12x!q> into tensor<3x4x!q>
  %d = quant.dcast %e : tensor<3x4x!q> to tensor<3x4xf32>
  return %d : tensor<3x4xf32>
}
