// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 | FileCheck %s --check-prefixes=CHECK,U8
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=s8 | FileCheck %s --check-prefixes=CHECK,S8
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=s16 | FileCheck %s --check-prefixes=CHECK,S16

// Signed values travel with an offset of 128 where storage is unsigned, which
// makes the zero point 128 and the correction of the bias -128 * sum w. In
// signed storage there is nothing to correct.

!qx = !quant.uniform<i8:f32, 0.5>
!qw = !quant.uniform<i8<-127:127>:f32:1, {0.25, 0.5}>
!qy = !quant.uniform<i8:f32, 0.125>

// CHECK-LABEL: @symmetric
// The bounds -128 and 127 of the value, then the zero point of the storage.
// CHECK-DAG: arith.constant -1.280000e+02
// CHECK-DAG: arith.constant 1.270000e+02
// CHECK: arith.fptosi
// U8: arith.addi %{{.+}}, %c128_i32
// U8: arith.trunci {{.*}} : i32 to i8
// S8: arith.addi %{{.+}}, %c0_i32
// S8: arith.trunci {{.*}} : i32 to i8
// S16: arith.addi %{{.+}}, %c0_i32
// S16: arith.trunci {{.*}} : i32 to i16
// U8: arith.extui {{.*}} : i8 to i32
// S8: arith.extsi {{.*}} : i8 to i32
// S16: arith.extsi {{.*}} : i16 to i32
// CHECK: arith.muli
// CHECK-NOT: quant.
// -128 * 9 and -128 * 12
// U8: fc_bias: "0x4000000080FBFFFF00FAFFFF"
// S8: fc_bias: "0x400000000000000000000000"
// S16: fc_bias: "0x400000000000000000000000"
func.func @symmetric(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %qw = quant.scast %w : tensor<3x2xi8> to tensor<3x2x!qw>
  %dw = quant.dcast %qw : tensor<3x2x!qw> to tensor<3x2xf32>
  %qx = quant.qcast %x : tensor<1x3xf32> to tensor<1x3x!qx>
  %dx = quant.dcast %qx : tensor<1x3x!qx> to tensor<1x3xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%dx, %dw : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %qy = quant.qcast %0 : tensor<1x2xf32> to tensor<1x2x!qy>
  %dy = quant.dcast %qy : tensor<1x2x!qy> to tensor<1x2xf32>
  return %dy : tensor<1x2xf32>
}
