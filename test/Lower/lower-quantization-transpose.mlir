// RUN: nnq-opt %s --nnq-lower-quantization | FileCheck %s

!q = !quant.uniform<u8:f32, 0.5:10>
!r = !quant.uniform<u8:f32, 0.25:10>

// Between equal parameters integers move.
// CHECK-LABEL: @moves
// CHECK: %[[Q:.+]] = linalg.generic {{.*}} ins(%{{.+}} : tensor<2x3xf32>)
// CHECK: %[[T:.+]] = linalg.transpose ins(%[[Q]] : tensor<2x3xi8>) outs({{.*}} : tensor<3x2xi8>) permutation = [1, 0]
// CHECK-NOT: divf
// CHECK: linalg.generic {{.*}} ins(%[[T]] : tensor<3x2xi8>)
func.func @moves(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %q = quant.qcast %x : tensor<2x3xf32> to tensor<2x3x!q>
  %d = quant.dcast %q : tensor<2x3x!q> to tensor<2x3xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  %t = linalg.transpose ins(%d : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>) permutation = [1, 0]
  %p = quant.qcast %t : tensor<3x2xf32> to tensor<3x2x!q>
  %r = quant.dcast %p : tensor<3x2x!q> to tensor<3x2xf32>
  return %r : tensor<3x2xf32>
}

// As a generic op.
// CHECK-LABEL: @generic
// CHECK: linalg.transpose ins({{.*}} : tensor<2x3x4xi8>) outs({{.*}} : tensor<3x4x2xi8>) permutation = [1, 2, 0]
func.func @generic(%x: tensor<2x3x4xf32>) -> tensor<3x4x2xf32> {
  %q = quant.qcast %x : tensor<2x3x4xf32> to tensor<2x3x4x!q>
  %d = quant.dcast %q : tensor<2x3x4x!q> to tensor<2x3x4xf32>
  %e = tensor.empty() : tensor<3x4x2xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (c, a, b)>, affine_map<(a, b, c) -> (a, b, c)>],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%d : tensor<2x3x4xf32>) outs(%e : tensor<3x4x2xf32>) {
  ^bb0(%i: f32, %o: f32):
    linalg.yield %i : f32
  } -> tensor<3x4x2xf32>
  %p = quant.qcast %t : tensor<3x4x2xf32> to tensor<3x4x2x!q>
  %r = quant.dcast %p : tensor<3x4x2x!q> to tensor<3x4x2xf32>
  return %r : tensor<3x4x2xf32>
}

// Other parameters round again.
// CHECK-LABEL: @other_scale
// CHECK: linalg.transpose ins({{.*}} : tensor<2x3xf32>)
// CHECK: arith.divf
func.func @other_scale(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %q = quant.qcast %x : tensor<2x3xf32> to tensor<2x3x!q>
  %d = quant.dcast %q : tensor<2x3x!q> to tensor<2x3xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  %t = linalg.transpose ins(%d : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>) permutation = [1, 0]
  %p = quant.qcast %t : tensor<3x2xf32> to tensor<3x2x!r>
  %r = quant.dcast %p : tensor<3x2x!r> to tensor<3x2xf32>
  return %r : tensor<3x2xf32>
}
