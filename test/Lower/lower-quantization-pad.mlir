// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,U8
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=s8 --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,S8
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=s16 --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,S16

// A pad of the declared storage becomes one of the storage that activations
// travel in, with the same value.

!q = !quant.uniform<u8:f32, 0.5:200>

// CHECK-LABEL: @unsigned
// CHECK: %[[Q:.+]] = linalg.generic
// U8: %[[P:.+]] = arith.constant -56 : i8
// S8: %[[P:.+]] = arith.constant 72 : i8
// S16: %[[P:.+]] = arith.constant 200 : i16
// CHECK: %[[PADDED:.+]] = tensor.pad %[[Q]] low[1] high[2]
// CHECK: tensor.yield %[[P]]
// CHECK: nnq.layer = "pad"
// CHECK: linalg.generic {{.*}} ins(%[[PADDED]] :
// CHECK-NOT: quant.
func.func @unsigned(%x: tensor<4xf32>) -> tensor<7xf32> {
  %c = arith.constant 200 : i8
  %q = quant.qcast %x : tensor<4xf32> to tensor<4x!q>
  %s = quant.scast %q : tensor<4x!q> to tensor<4xi8>
  %p = tensor.pad %s low[1] high[2] {
  ^bb0(%i: index):
    tensor.yield %c : i8
  } {nnq.layer = "pad"} : tensor<4xi8> to tensor<7xi8>
  %t = quant.scast %p : tensor<7xi8> to tensor<7x!q>
  %d = quant.dcast %t : tensor<7x!q> to tensor<7xf32>
  return %d : tensor<7xf32>
}

// -----

!q = !quant.uniform<i8:f32, 0.5:-3>

// CHECK-LABEL: @signed
// U8: %[[P:.+]] = arith.constant 125 : i8
// S8: %[[P:.+]] = arith.constant -3 : i8
// S16: %[[P:.+]] = arith.constant -3 : i16
// CHECK: tensor.pad
// CHECK: tensor.yield %[[P]]
// CHECK-NOT: quant.
func.func @signed(%x: tensor<4xf32>) -> tensor<6xf32> {
  %c = arith.constant -3 : i8
  %q = quant.qcast %x : tensor<4xf32> to tensor<4x!q>
  %s = quant.scast %q : tensor<4x!q> to tensor<4xi8>
  %p = tensor.pad %s low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %c : i8
  } : tensor<4xi8> to tensor<6xi8>
  %t = quant.scast %p : tensor<6xi8> to tensor<6x!q>
  %d = quant.dcast %t : tensor<6x!q> to tensor<6xf32>
  return %d : tensor<6xf32>
}
