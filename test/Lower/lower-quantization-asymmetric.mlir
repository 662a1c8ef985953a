// Zero points of weights multiply sums of the activation, which are computed once
// for all output channels.
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 --split-input-file --cse | FileCheck %s

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8:f32:1, {0.25:3, 0.5:-1}>

// CHECK-LABEL: @linear
// CHECK:         %[[Q:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<1x2xi8>)
// CHECK:         %[[S:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]} ins(%[[Q]] : tensor<1x2xi8>) outs(%{{.*}} : tensor<1xi32>) attrs = {nnq.layer = "fc"}
// CHECK-NEXT:    ^bb0(%[[A:.*]]: i8, %[[O:.*]]: i32):
// CHECK-NEXT:      arith.extui %[[A]]
// CHECK-NEXT:      arith.addi %[[O]]
// CHECK:         %[[ACC:.*]] = linalg.generic {{.*}} ins(%[[Q]], %{{.*}} : tensor<1x2xi8>, tensor<2x2xi8>)
// CHECK:         %[[ZP:.*]] = arith.constant dense_resource<fc_weight_zero_point> : tensor<2xi32>
// CHECK:         linalg.generic {{.*}} ins(%[[ACC]], %{{.*}}, %{{.*}}, %[[ZP]], %[[S]] :
// CHECK:         ^bb0(%[[AC:.*]]: i32, %[[B:.*]]: i32, %{{.*}}: f32, %[[Z:.*]]: i32, %[[SUM:.*]]: i32,
// CHECK:           %[[M:.*]] = arith.muli %[[Z]], %[[SUM]]
// CHECK:           %[[D:.*]] = arith.subi %[[AC]], %[[M]]
// CHECK:           arith.addi %[[D]], %[[B]]
// CHECK-NOT:     quant.
// -10 * ((1 - 3) + (-3 - 3)) = 80, -10 * ((2 + 1) + (4 + 1)) = -80
// CHECK:         fc_bias: "0x4000000050000000B0FFFFFF"
// CHECK:         fc_weight_zero_point: "0x4000000003000000FFFFFFFF"
func.func @linear(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [-3, 4]]> : tensor<2x2xi8>
  %qw = quant.scast %w : tensor<2x2xi8> to tensor<2x2x!qw>
  %dw = quant.dcast %qw : tensor<2x2x!qw> to tensor<2x2xf32>
  %qx = quant.qcast %x : tensor<1x2xf32> to tensor<1x2x!qx>
  %dx = quant.dcast %qx : tensor<1x2x!qx> to tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%dx, %dw : tensor<1x2xf32>, tensor<2x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8:f32, 0.25:3>

// Channels are summed up before the window.
// CHECK-LABEL: @convolution
// CHECK:         %[[C:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "reduction", "parallel", "parallel"]} ins(%{{.*}} : tensor<1x3x6x6xi8>) outs(%{{.*}} : tensor<1x6x6xi32>)
// CHECK:         %[[W:.*]] = tensor.empty() : tensor<3x3xi32>
// CHECK:         %[[S:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%[[C]], %[[W]] : tensor<1x6x6xi32>, tensor<3x3xi32>) outs(%{{.*}} : tensor<1x4x4xi32>)
// CHECK:         linalg.generic {{.*}} ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[S]] : tensor<1x2x4x4xi32>,
// CHECK-NOT:     quant.
func.func @convolution(%x: tensor<1x3x6x6xf32>) -> tensor<1x2x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<7> : tensor<2x3x3x3xi8>
  %qw = quant.scast %w : tensor<2x3x3x3xi8> to tensor<2x3x3x3x!qw>
  %dw = quant.dcast %qw : tensor<2x3x3x3x!qw> to tensor<2x3x3x3xf32>
  %qx = quant.qcast %x : tensor<1x3x6x6xf32> to tensor<1x3x6x6x!qx>
  %dx = quant.dcast %qx : tensor<1x3x6x6x!qx> to tensor<1x3x6x6xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %0 = linalg.conv_2d_nchw_fchw ins(%dx, %dw : tensor<1x3x6x6xf32>, tensor<2x3x3x3xf32>)
    outs(%f : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return %0 : tensor<1x2x4x4xf32>
}

// -----

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8:f32:0, {0.25:3, 0.5:-1}>

// Each channel has a sum of its own.
// CHECK-LABEL: @depthwise
// CHECK:         %[[S:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<1x2x6x6xi8>, tensor<3x3xi32>) outs(%{{.*}} : tensor<1x2x4x4xi32>)
// CHECK:         linalg.generic {{.*}} ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[S]] : tensor<1x2x4x4xi32>,
// CHECK-NOT:     quant.
func.func @depthwise(%x: tensor<1x2x6x6xf32>) -> tensor<1x2x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<7> : tensor<2x3x3xi8>
  %qw = quant.scast %w : tensor<2x3x3xi8> to tensor<2x3x3x!qw>
  %dw = quant.dcast %qw : tensor<2x3x3x!qw> to tensor<2x3x3xf32>
  %qx = quant.qcast %x : tensor<1x2x6x6xf32> to tensor<1x2x6x6x!qx>
  %dx = quant.dcast %qx : tensor<1x2x6x6x!qx> to tensor<1x2x6x6xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %0 = linalg.depthwise_conv_2d_nchw_chw ins(%dx, %dw : tensor<1x2x6x6xf32>, tensor<2x3x3xf32>)
    outs(%f : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return %0 : tensor<1x2x4x4xf32>
}

// -----

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8:f32:0, {0.25:3, 0.5:-1, 0.25:2, 0.5:-3}>

// The channels of a group have a sum in common.
// CHECK-LABEL: @groups
// CHECK:         %[[C:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction", "parallel", "parallel"]} ins(%{{.*}}, %{{.*}} : tensor<1x4x6x6xi8>, tensor<2xi32>) outs(%{{.*}} : tensor<1x2x6x6xi32>)
// CHECK:         %[[S:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%[[C]], %{{.*}} : tensor<1x2x6x6xi32>, tensor<3x3xi32>) outs(%{{.*}} : tensor<1x2x4x4xi32>)
// CHECK:         %[[R:.*]] = linalg.generic {{.*}} ins(%[[S]] : tensor<1x2x4x4xi32>) outs(%{{.*}} : tensor<1x4x4x4xi32>)
// CHECK:         linalg.generic {{.*}} ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[R]] : tensor<1x4x4x4xi32>,
// CHECK-NOT:     quant.
func.func @groups(%x: tensor<1x4x6x6xf32>) -> tensor<1x4x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<7> : tensor<4x2x3x3xi8>
  %qw = quant.scast %w : tensor<4x2x3x3xi8> to tensor<4x2x3x3x!qw>
  %dw = quant.dcast %qw : tensor<4x2x3x3x!qw> to tensor<4x2x3x3xf32>
  %qx = quant.qcast %x : tensor<1x4x6x6xf32> to tensor<1x4x6x6x!qx>
  %dx = quant.dcast %qx : tensor<1x4x6x6x!qx> to tensor<1x4x6x6xf32>
  %e = tensor.empty() : tensor<1x4x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %0 = linalg.generic {
      indexing_maps = [affine_map<(n, c, h, w, k, i, j) -> (n, (c floordiv 2) * 2 + k, h + i, w + j)>,
                       affine_map<(n, c, h, w, k, i, j) -> (c, k, i, j)>,
                       affine_map<(n, c, h, w, k, i, j) -> (n, c, h, w)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%dx, %dw : tensor<1x4x6x6xf32>, tensor<4x2x3x3xf32>) outs(%f : tensor<1x4x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x4x4x4xf32>
  return %0 : tensor<1x4x4x4xf32>
}
