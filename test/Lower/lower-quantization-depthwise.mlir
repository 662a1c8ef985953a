// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 --split-input-file | FileCheck %s

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8<-127:127>:f32:0, {0.25, 0.5}>
!qy = !quant.uniform<u8:f32, 2.0:4>

// Each channel has weights, a bias and a multiplier of its own; the bounds of
// ReLU6 are those of the clamp: 0 / 2 + 4 and 6 / 2 + 4.
// CHECK-LABEL: @depthwise
// CHECK: %[[ACC:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x2x2x2xi32>)
// CHECK: linalg.generic {{.*}} ins(%[[ACC]], %{{.+}}, %{{.+}} : tensor<1x2x2x2xi32>, tensor<2xi32>, tensor<2xf32>)
// CHECK: arith.maxsi %{{.+}}, %c4_i32
// CHECK: arith.minsi %{{.+}}, %c7_i32
// CHECK-NOT: quant.
// CHECK: return
func.func @depthwise(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x2x2xf32> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %w = arith.constant dense<1> : tensor<2x2x2xi8>
  %qw = quant.scast %w : tensor<2x2x2xi8> to tensor<2x2x2x!qw>
  %dw = quant.dcast %qw : tensor<2x2x2x!qw> to tensor<2x2x2xf32>
  %qx = quant.qcast %x : tensor<1x2x3x3xf32> to tensor<1x2x3x3x!qx>
  %dx = quant.dcast %qx : tensor<1x2x3x3x!qx> to tensor<1x2x3x3xf32>
  %e = tensor.empty() : tensor<1x2x2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %0 = linalg.depthwise_conv_2d_nchw_chw ins(%dx, %dw : tensor<1x2x3x3xf32>, tensor<2x2x2xf32>)
    outs(%f : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(n, c, h, w) -> (n, c, h, w)>, affine_map<(n, c, h, w) -> (n, c, h, w)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0 : tensor<1x2x2x2xf32>) outs(%e : tensor<1x2x2x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    %n = arith.minimumf %m, %six : f32
    linalg.yield %n : f32
  } -> tensor<1x2x2x2xf32>
  %q = quant.qcast %1 : tensor<1x2x2x2xf32> to tensor<1x2x2x2x!qy>
  %d = quant.dcast %q : tensor<1x2x2x2x!qy> to tensor<1x2x2x2xf32>
  return %d : tensor<1x2x2x2xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:10>

// A sum of windows is one of integers; 4 zero points are taken off.
// CHECK-LABEL: @sum_pool
// CHECK: %[[SUM:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x1x2x2xi32>)
// CHECK: arith.addi
// CHECK: linalg.generic {{.*}} ins(%[[SUM]] :
// CHECK: %[[OFFSET:.+]] = arith.constant 40 : i32
// CHECK: arith.subi %{{.+}}, %[[OFFSET]]
// CHECK: %[[SCALE:.+]] = arith.constant 5.000000e-01 : f32
// CHECK: arith.mulf %{{.+}}, %[[SCALE]]
func.func @sum_pool(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x2x2xf32> {
  %zero = arith.constant 0.0 : f32
  %qx = quant.qcast %x : tensor<1x1x4x4xf32> to tensor<1x1x4x4x!q>
  %dx = quant.dcast %qx : tensor<1x1x4x4x!q> to tensor<1x1x4x4xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x1x2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %0 = linalg.pooling_nchw_sum {strides = dense<2> : vector<2xi64>} ins(%dx, %window : tensor<1x1x4x4xf32>, tensor<2x2xf32>)
    outs(%f : tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %0 : tensor<1x1x2x2xf32>
}
