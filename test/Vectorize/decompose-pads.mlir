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

// What is put together of parts is put together in the padded tensor.
// CHECK-LABEL: @parts
// CHECK: %[[E:.+]] = tensor.empty() : tensor<8xf32>
// CHECK: %[[F:.+]] = linalg.fill {{.*}} outs(%[[E]] : tensor<8xf32>)
// CHECK: %[[P0:.+]] = tensor.insert_slice %{{.+}} into %[[F]][1] [3] [2]
// CHECK: %[[P1:.+]] = tensor.insert_slice %{{.+}} into %[[P0]][2] [3] [2]
// CHECK-NOT: tensor.insert_slice
// CHECK: %[[SAME:.+]] = tensor.extract_slice %[[P1]][1] [6] [1]
// CHECK: linalg.exp ins(%[[SAME]]
// CHECK: return %[[P1]]
func.func @parts(%a: tensor<3xf32>, %b: tensor<3xf32>) -> (tensor<8xf32>, tensor<6xf32>) {
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<6xf32>
  %0 = tensor.insert_slice %a into %e[0] [3] [2] : tensor<3xf32> into tensor<6xf32>
  %1 = tensor.insert_slice %b into %0[1] [3] [2] : tensor<3xf32> into tensor<6xf32>
  %2 = tensor.pad %1 low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %c : f32
  } : tensor<6xf32> to tensor<8xf32>
  %g = tensor.empty() : tensor<6xf32>
  %3 = linalg.exp ins(%1 : tensor<6xf32>) outs(%g : tensor<6xf32>) -> tensor<6xf32>
  return %2, %3 : tensor<8xf32>, tensor<6xf32>
}

// A part of it is read before the rest is there.
// CHECK-LABEL: @early_reader
// CHECK: %[[P0:.+]] = tensor.insert_slice %{{.+}} into %{{.+}}[0] [3] [2]
// CHECK: linalg.exp ins(%[[P0]]
// CHECK: %[[P1:.+]] = tensor.insert_slice %{{.+}} into %[[P0]][1] [3] [2]
// CHECK: linalg.fill
// CHECK: tensor.insert_slice %[[P1]] into %{{.+}}[1] [6] [1]
func.func @early_reader(%a: tensor<3xf32>, %b: tensor<3xf32>) -> (tensor<8xf32>, tensor<6xf32>) {
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<6xf32>
  %0 = tensor.insert_slice %a into %e[0] [3] [2] : tensor<3xf32> into tensor<6xf32>
  %g = tensor.empty() : tensor<6xf32>
  %3 = linalg.exp ins(%0 : tensor<6xf32>) outs(%g : tensor<6xf32>) -> tensor<6xf32>
  %1 = tensor.insert_slice %b into %0[1] [3] [2] : tensor<3xf32> into tensor<6xf32>
  %2 = tensor.pad %1 low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %c : f32
  } : tensor<6xf32> to tensor<8xf32>
  return %2, %3 : tensor<8xf32>, tensor<6xf32>
}
