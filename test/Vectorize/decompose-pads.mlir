// RUN: nnq-opt %s --nnq-decompose-pads | FileCheck %s
// RUN: nnq-opt %s --nnq-decompose-pads --nnq-decompose-pads | FileCheck %s

// CHECK-LABEL: @pad
// CHECK-SAME: %[[X:.+]]: tensor<1x4x4x3xi8>
// CHECK-DAG: %[[C:.+]] = arith.constant 7 : i8
// CHECK-DAG: %[[E:.+]] = tensor.empty() : tensor<1x7x5x3xi8>
// CHECK: %[[F:.+]] = linalg.fill ins(%[[C]] : i8) outs(%[[E]] :
// CHECK: %[[P:.+]] = tensor.insert_slice %[[X]] into %[[F]][0, 1, 0, 0] [1, 4, 4, 3] [1, 1, 1, 1]
// CHECK-NOT: tensor.pad
// CHECK: return %[[P]]
func.func @pad(%x: tensor<1x4x4x3xi8>) -> tensor<1x7x5x3xi8> {
  %c = arith.constant 7 : i8
  %0 = tensor.pad %x low[0, 1, 0, 0] high[0, 2, 1, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %c : i8
  } : tensor<1x4x4x3xi8> to tensor<1x7x5x3xi8>
  return %0 : tensor<1x7x5x3xi8>
}

// A pad that copies needs no fill.
// CHECK-LABEL: @nothing_to_pad
// CHECK-NOT: tensor.pad
// CHECK: return
func.func @nothing_to_pad(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c = arith.constant 0.0 : f32
  %0 = tensor.pad %x nofold low[0] high[0] {
  ^bb0(%i: index):
    tensor.yield %c : f32
  } : tensor<4xf32> to tensor<4xf32>
  return %0 : tensor<4xf32>
}

// What else reads the source reads the interior of the padded tensor.
// CHECK-LABEL: @shared
// CHECK: %[[X:.+]] = linalg.exp
// CHECK: %[[P:.+]] = tensor.insert_slice %[[X]] into
// CHECK: %[[SAME:.+]] = tensor.extract_slice %[[P]][1] [4] [1] : tensor<6xf32> to tensor<4xf32>
// CHECK: linalg.add ins(%[[SAME]], %[[SAME]] :
func.func @shared(%x: tensor<4xf32>) -> (tensor<6xf32>, tensor<4xf32>) {
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %1 = linalg.add ins(%0, %0 : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %2 = tensor.pad %0 low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %c : f32
  } : tensor<4xf32> to tensor<6xf32>
  return %2, %1 : tensor<6xf32>, tensor<4xf32>
}
