// RUN: nnq-opt %s --nnq-decompose-concats | FileCheck %s
// RUN: nnq-opt %s --nnq-decompose-concats --nnq-decompose-concats | FileCheck %s

// Parts go in as soon as they are there; the whole is there before the init of
// the first.
// CHECK-LABEL: @in_turn
// CHECK-SAME: %[[X:.+]]: tensor<2x3xf32>, %[[Y:.+]]: tensor<2x4xf32>
// CHECK: %[[WHOLE:.+]] = tensor.empty() : tensor<2x10xf32>
// CHECK: %[[P0:.+]] = tensor.insert_slice %[[X]] into %[[WHOLE]][0, 4] [2, 3] [1, 1]
// CHECK: %[[E:.+]] = tensor.empty() : tensor<2x3xf32>
// CHECK: %[[NEG:.+]] = linalg.negf {{.*}} outs(%[[E]]
// CHECK: %[[P1:.+]] = tensor.insert_slice %[[NEG]] into %[[P0]][0, 7] [2, 3] [1, 1]
// CHECK: %[[EXP:.+]] = linalg.exp
// CHECK: %[[P2:.+]] = tensor.insert_slice %[[EXP]] into %[[P1]][0, 0] [2, 4] [1, 1]
// CHECK-NOT: tensor.concat
// CHECK: return %[[P2]]
func.func @in_turn(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) -> tensor<2x10xf32> {
  %e = tensor.empty() : tensor<2x3xf32>
  %neg = linalg.negf ins(%x : tensor<2x3xf32>) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  %g = tensor.empty() : tensor<2x4xf32>
  %exp = linalg.exp ins(%y : tensor<2x4xf32>) outs(%g : tensor<2x4xf32>) -> tensor<2x4xf32>
  %0 = tensor.concat dim(1) %exp, %x, %neg : (tensor<2x4xf32>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x10xf32>
  return %0 : tensor<2x10xf32>
}

// CHECK-LABEL: @twice
// CHECK: tensor.insert_slice %{{.+}} into %{{.+}}[0, 0] [2, 3] [1, 1]
// CHECK: tensor.insert_slice %{{.+}} into %{{.+}}[0, 3] [2, 3] [1, 1]
func.func @twice(%x: tensor<2x3xf32>) -> tensor<2x6xf32> {
  %0 = tensor.concat dim(1) %x, %x : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  return %0 : tensor<2x6xf32>
}

// CHECK-LABEL: @dynamic
// CHECK: tensor.concat
func.func @dynamic(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %0 = tensor.concat dim(0) %x, %x : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}
