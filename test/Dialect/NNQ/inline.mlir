// RUN: nnq-opt %s --inline | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK: %[[Q:.*]], %[[S:.*]], %[[Z:.*]] = nnq.dynamic_qcast
// CHECK: %[[Y:.*]] = nnq.dynamic_dcast %[[Q]], %[[S]], %[[Z]]
// CHECK: return %[[Y]]
func.func @f(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = call @round(%x) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

func.func private @round(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %q, %s, %z = nnq.dynamic_qcast %x : tensor<4x8xf32> -> tensor<4x8xi8>
  %y = nnq.dynamic_dcast %q, %s, %z : tensor<4x8xi8> -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
