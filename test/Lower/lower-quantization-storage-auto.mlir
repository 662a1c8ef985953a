// RUN: nnq-opt %s --nnq-lower-quantization | FileCheck %s --check-prefix=S8
// RUN: nnq-opt %s --nnq-set-target=target=znver4 --nnq-lower-quantization=activation-storage=auto \
// RUN:   | FileCheck %s --check-prefix=U8
// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3+avxvnni --nnq-lower-quantization \
// RUN:   | FileCheck %s --check-prefix=U8
// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-lower-quantization \
// RUN:   | FileCheck %s --check-prefix=S16
// RUN: nnq-opt %s --nnq-set-target=target=aarch64 --nnq-lower-quantization \
// RUN:   | FileCheck %s --check-prefix=S8
// RUN: nnq-opt %s --nnq-set-target=target=aarch64+dotprod --nnq-lower-quantization \
// RUN:   | FileCheck %s --check-prefix=S8
// RUN: nnq-opt %s --nnq-set-target=target=aarch64+i8mm --nnq-lower-quantization \
// RUN:   | FileCheck %s --check-prefix=S8

// By default the dot product of the target decides; without a target it is s8.

!q = !quant.uniform<u8:f32, 0.5:10>

// U8: arith.addi %{{.+}}, %c10_i32
// U8: arith.maxsi %{{.+}}, %c0_i32
// U8: arith.minsi %{{.+}}, %c255_i32
// U8-NEXT: arith.trunci {{.*}} : i32 to i8
// U8: arith.extui {{.*}} : i8 to i32
// S8: arith.addi %{{.+}}, %c-118_i32
// S8: arith.maxsi %{{.+}}, %c-128_i32
// S8: arith.minsi %{{.+}}, %c127_i32
// S8-NEXT: arith.trunci {{.*}} : i32 to i8
// S8: arith.extsi {{.*}} : i8 to i32
// S16: arith.addi %{{.+}}, %c10_i32
// S16: arith.maxsi %{{.+}}, %c-32768_i32
// S16: arith.minsi %{{.+}}, %c32767_i32
// S16-NEXT: arith.trunci {{.*}} : i32 to i16
// S16: arith.extsi {{.*}} : i16 to i32
func.func @quantize_dequantize(%x: tensor<4xf32>) -> tensor<4xf32> {
  %q = quant.qcast %x : tensor<4xf32> to tensor<4x!q>
  %d = quant.dcast %q : tensor<4x!q> to tensor<4xf32>
  return %d : tensor<4xf32>
}
