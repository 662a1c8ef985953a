// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 --split-input-file \
// RUN:   --remarks-filter-missed=nnq --verify-diagnostics | FileCheck %s

// What has no integer form stays in f32 with a remark that says why: weights
// are dequantized at compile time, activations where they are read.

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<u8:f32, 0.25:128>

// CHECK-LABEL: @unsigned_weights
// CHECK: linalg.matmul
// CHECK-NOT: quant.
// (1 - 128) * 0.25, (255 - 128) * 0.25
// CHECK: "0x400000000000FEC10000FE41"
func.func @unsigned_weights(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1], [-1]]> : tensor<2x1xi8>
  %qw = quant.scast %w : tensor<2x1xi8> to tensor<2x1x!qw>
  %dw = quant.dcast %qw : tensor<2x1x!qw> to tensor<2x1xf32>
  %qx = quant.qcast %x : tensor<1x2xf32> to tensor<1x2x!qx>
  %dx = quant.dcast %qx : tensor<1x2x!qx> to tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  // expected-remark @below {{unsigned weights have no integer kernel}}
  %0 = linalg.matmul ins(%dx, %dw : tensor<1x2xf32>, tensor<2x1xf32>)
    outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// -----

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8<-127:127>:f32:0, {0.25, 0.5}>

// A scale for each input cannot be taken out of the sum.
// CHECK-LABEL: @wrong_axis
// CHECK: linalg.matmul
// CHECK-NOT: quant.
// 1 * 0.25, 2 * 0.25, -3 * 0.5, 4 * 0.5
// CHECK: "0x400000000000803E0000003F0000C0BF00000040"
func.func @wrong_axis(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [-3, 4]]> : tensor<2x2xi8>
  %qw = quant.scast %w : tensor<2x2xi8> to tensor<2x2x!qw>
  %dw = quant.dcast %qw : tensor<2x2x!qw> to tensor<2x2xf32>
  %qx = quant.qcast %x : tensor<1x2xf32> to tensor<1x2x!qx>
  %dx = quant.dcast %qx : tensor<1x2x!qx> to tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-remark @below {{the weights are not scaled along the output channel}}
  %0 = linalg.matmul ins(%dx, %dw : tensor<1x2xf32>, tensor<2x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8<-127:127>:f32:{0:2, 1:2}, {{0.25}, {1.0}}>

// Blocks of several channels.
// CHECK-LABEL: @sub_channel
// CHECK: linalg.matmul
// CHECK-NOT: quant.
// CHECK: "0x400000000000803E0000803E0000803E0000803E0000803F0000803F0000803F0000803F"
func.func @sub_channel(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1> : tensor<4x2xi8>
  %qw = quant.scast %w : tensor<4x2xi8> to tensor<4x2x!qw>
  %dw = quant.dcast %qw : tensor<4x2x!qw> to tensor<4x2xf32>
  %qx = quant.qcast %x : tensor<1x4xf32> to tensor<1x4x!qx>
  %dx = quant.dcast %qx : tensor<1x4x!qx> to tensor<1x4xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-remark @below {{scales of blocks other than groups of the inputs of a channel have no integer kernel}}
  %0 = linalg.matmul ins(%dx, %dw : tensor<1x4xf32>, tensor<4x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

!qw = !quant.uniform<i8:f32:1, {0.25:1, 0.5:2}>

// Zero points would have to be subtracted from each weight.
// CHECK-LABEL: @activation_not_quantized
// CHECK-SAME: %[[X:.+]]: tensor<1x2xf32>
// CHECK: linalg.matmul {{.*}}ins(%[[X]],
// CHECK-NOT: quant.
func.func @activation_not_quantized(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [-3, 4]]> : tensor<2x2xi8>
  %qw = quant.scast %w : tensor<2x2xi8> to tensor<2x2x!qw>
  %dw = quant.dcast %qw : tensor<2x2x!qw> to tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-remark @below {{the activation is not quantized}}
  %0 = linalg.matmul ins(%x, %dw : tensor<1x2xf32>, tensor<2x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8<-127:127>:f32:1, {0.25, 0.5}>

// CHECK-LABEL: @accumulator_not_zero
// CHECK: linalg.matmul
// CHECK-NOT: quant.
func.func @accumulator_not_zero(%x: tensor<1x2xf32>, %y: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1, 2], [-3, 4]]> : tensor<2x2xi8>
  %qw = quant.scast %w : tensor<2x2xi8> to tensor<2x2x!qw>
  %dw = quant.dcast %qw : tensor<2x2x!qw> to tensor<2x2xf32>
  %qx = quant.qcast %x : tensor<1x2xf32> to tensor<1x2x!qx>
  %dx = quant.dcast %qx : tensor<1x2x!qx> to tensor<1x2xf32>
  // expected-remark @below {{the accumulator does not start at zero}}
  %0 = linalg.matmul ins(%dx, %dw : tensor<1x2xf32>, tensor<2x2xf32>)
    outs(%y : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

// A contraction of the network that nothing quantized gets no remark.
// CHECK-LABEL: @plain_f32
// CHECK: linalg.matmul
func.func @plain_f32(%x: tensor<1x2xf32>, %f: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<1.0> : tensor<2x2xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8<-127:127>:f32:1, {0.25, 0.5, 1.0}>

// Each group has weights of its own.
// CHECK-LABEL: @groups
// CHECK: linalg.conv_2d_ngchw_gfchw {{.*}} -> tensor<1x2x3x2x2xf32>
// CHECK-NOT: quant.
func.func @groups(%x: tensor<1x2x1x3x3xf32>) -> tensor<1x2x3x2x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1> : tensor<2x3x1x2x2xi8>
  %qw = quant.scast %w : tensor<2x3x1x2x2xi8> to tensor<2x3x1x2x2x!qw>
  %dw = quant.dcast %qw : tensor<2x3x1x2x2x!qw> to tensor<2x3x1x2x2xf32>
  %qx = quant.qcast %x : tensor<1x2x1x3x3xf32> to tensor<1x2x1x3x3x!qx>
  %dx = quant.dcast %qx : tensor<1x2x1x3x3x!qx> to tensor<1x2x1x3x3xf32>
  %e = tensor.empty() : tensor<1x2x3x2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x3x2x2xf32>) -> tensor<1x2x3x2x2xf32>
  // expected-remark @below {{no contraction with one channel loop and weights that all rows share}}
  %0 = linalg.conv_2d_ngchw_gfchw ins(%dx, %dw : tensor<1x2x1x3x3xf32>, tensor<2x3x1x2x2xf32>)
    outs(%f : tensor<1x2x3x2x2xf32>) -> tensor<1x2x3x2x2xf32>
  return %0 : tensor<1x2x3x2x2xf32>
}
