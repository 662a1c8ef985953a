// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 \
// RUN:   | FileCheck %s --check-prefixes=CHECK,BYTE,U8
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=s8 \
// RUN:   | FileCheck %s --check-prefixes=CHECK,BYTE,S8
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=s16 \
// RUN:   | FileCheck %s --check-prefixes=CHECK,S16
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 --nnq-lower-quantization \
// RUN:   | FileCheck %s --check-prefixes=CHECK,BYTE,U8

// A convolution with bias, ReLU and requantization becomes an integer
// convolution and one epilogue.

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8<-127:127>:f32:0, {0.25, 0.5}>
!qy = !quant.uniform<u8:f32, 0.125:3>
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#channel = affine_map<(d0, d1, d2, d3) -> (d1)>

// CHECK-LABEL: @conv
// CHECK-SAME: %[[X:.+]]: tensor<1x1x5x5xf32>
// CHECK-DAG: %[[W:.+]] = arith.constant dense<{{.*}}> : tensor<2x1x2x2xi8>

// The input is quantized by a true division.
// CHECK: %[[Q:.+]] = linalg.generic {{.*}} ins(%[[X]] :
// CHECK: arith.divf %{{.+}}, %{{cst.*}} : f32
// CHECK: math.roundeven
// CHECK: arith.fptosi {{.*}} : f32 to i32
// CHECK: arith.addi
// BYTE: arith.trunci {{.*}} : i32 to i8
// S16: arith.trunci {{.*}} : i32 to i16

// CHECK: linalg.fill ins(%c0{{.*}} : i32)
// CHECK: %[[ACC:.+]] = linalg.generic
// CHECK-SAME: ins(%[[Q]], %[[W]] :
// CHECK-SAME: attrs = {{.*}}nnq.layer = "conv"
// U8: arith.extui {{.*}} : i8 to i32
// S8: arith.extsi {{.*}} : i8 to i32
// S16: arith.extsi {{.*}} : i16 to i32
// CHECK: arith.extsi {{.*}} : i8 to i32
// CHECK: arith.muli
// CHECK: arith.addi

// CHECK-DAG: %[[BIAS:.+]] = arith.constant dense_resource<conv_bias> : tensor<2xi32>
// CHECK-DAG: %[[MULTIPLIER:.+]] = arith.constant dense_resource<conv_multiplier> : tensor<2xf32>
// CHECK: linalg.generic {{.*}} ins(%[[ACC]], %[[BIAS]], %[[MULTIPLIER]] :
// CHECK: %[[SUM:.+]] = arith.addi %{{.+}}, %{{.+}} : i32
// CHECK: %[[FLOAT:.+]] = arith.sitofp %[[SUM]]
// CHECK: %[[SCALED:.+]] = arith.mulf %[[FLOAT]]

// CHECK: %[[ROUND:.+]] = math.roundeven %[[SCALED]]
// CHECK: %[[INT:.+]] = arith.fptosi %[[ROUND]] : f32 to i32
// The zero point in units of the storage, and the bound of the ReLU, which is the
// zero point, and of the type.
// U8: %[[SUM:.+]] = arith.addi %[[INT]], %c3_i32
// U8: %[[ABOVE:.+]] = arith.maxsi %[[SUM]], %c3_i32
// U8: arith.minsi %[[ABOVE]], %c255_i32
// S8: %[[SUM:.+]] = arith.addi %[[INT]], %c-125_i32
// S8: %[[ABOVE:.+]] = arith.maxsi %[[SUM]], %c-125_i32
// S8: arith.minsi %[[ABOVE]], %c127_i32
// S16: %[[SUM:.+]] = arith.addi %[[INT]], %c3_i32
// Sixteen bits are saturated, which an instruction does that narrows, and then
// bounded, twice as many at a time.
// S16: %[[LEAST:.+]] = arith.maxsi %[[SUM]], %c-32768_i32
// S16: %[[MOST:.+]] = arith.minsi %[[LEAST]], %c32767_i32
// S16: %[[NARROW:.+]] = arith.trunci %[[MOST]] : i32 to i16
// S16: %[[ABOVE:.+]] = arith.maxsi %[[NARROW]], %c3_i16
// S16: arith.minsi %[[ABOVE]], %c255_i16

// What is returned in f32 is dequantized.
// CHECK: arith.subi
// CHECK: arith.sitofp
// CHECK: arith.mulf
// CHECK-NOT: quant.

// roundeven(bias / (0.5 * scale of the channel)) - zero point * sum of weights:
// 8 - 10 * 10 and -8 + 10 * 10, with a zero point of -118 for s8.
// U8: conv_bias: "0x40000000A4FFFFFF5C000000"
// S8: conv_bias: "0x40000000A40400005CFBFFFF"
// S16: conv_bias: "0x40000000A4FFFFFF5C000000"
// 0.5 * scale of the channel / 0.125: 1 and 2.
// CHECK: conv_multiplier: "0x400000000000803F00000040"
func.func @conv(%x: tensor<1x1x5x5xf32>) -> tensor<1x2x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[[1, 2], [3, 4]]], [[[-1, -2], [-3, -4]]]]> : tensor<2x1x2x2xi8>
  %b = arith.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %qw = quant.scast %w : tensor<2x1x2x2xi8> to tensor<2x1x2x2x!qw>
  %dw = quant.dcast %qw : tensor<2x1x2x2x!qw> to tensor<2x1x2x2xf32>
  %qx = quant.qcast %x : tensor<1x1x5x5xf32> to tensor<1x1x5x5x!qx>
  %dx = quant.dcast %qx : tensor<1x1x5x5x!qx> to tensor<1x1x5x5xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv"}
    ins(%dx, %dw : tensor<1x1x5x5xf32>, tensor<2x1x2x2xf32>)
    outs(%f : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = linalg.generic {indexing_maps = [#id, #channel, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %b : tensor<1x2x4x4xf32>, tensor<2xf32>) outs(%e : tensor<1x2x4x4xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<1x2x4x4xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%1 : tensor<1x2x4x4xf32>) outs(%e : tensor<1x2x4x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.maximumf %a, %zero : f32
    linalg.yield %s : f32
  } -> tensor<1x2x4x4xf32>
  %qy = quant.qcast %2 : tensor<1x2x4x4xf32> to tensor<1x2x4x4x!qy>
  %dy = quant.dcast %qy : tensor<1x2x4x4x!qy> to tensor<1x2x4x4xf32>
  return %dy : tensor<1x2x4x4xf32>
}
