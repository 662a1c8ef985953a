// RUN: nnq-opt %s --nnq-separate-inits | FileCheck %s
// RUN: nnq-opt %s --nnq-separate-inits --nnq-separate-inits | FileCheck %s

// Each product starts from a fill of its own.
// CHECK-LABEL: @shared_fill
// CHECK: %[[E0:.+]] = tensor.empty
// CHECK: %[[F0:.+]] = linalg.fill {{.*}} outs(%[[E0]] :
// CHECK: linalg.matmul {{.*}} outs(%[[F0]] :
// CHECK: %[[E1:.+]] = tensor.empty
// CHECK: %[[F1:.+]] = linalg.fill {{.*}} outs(%[[E1]] :
// CHECK: linalg.matmul {{.*}} outs(%[[F1]] :
// CHECK-NOT: tensor.empty
// CHECK: return
func.func @shared_fill(%a: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %0 = linalg.matmul ins(%a, %a : tensor<2x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = linalg.matmul ins(%0, %a : tensor<2x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}

// A fill that is read as a value stays for its reader; values that are no
// inits are not touched.
// CHECK-LABEL: @read_fill
// CHECK-SAME: %[[A:.+]]: tensor<2xf32>
// CHECK: %[[F:.+]] = linalg.fill
// CHECK: linalg.add ins(%[[A]], %[[F]] : {{.*}} outs(%[[A]] :
// CHECK: %[[E:.+]] = tensor.empty
// CHECK: linalg.exp {{.*}} outs(%[[E]] :
func.func @read_fill(%a: tensor<2xf32>) -> tensor<2xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2xf32>) -> tensor<2xf32>
  %0 = linalg.add ins(%a, %f : tensor<2xf32>, tensor<2xf32>) outs(%a : tensor<2xf32>) -> tensor<2xf32>
  %1 = linalg.exp ins(%0 : tensor<2xf32>) outs(%e : tensor<2xf32>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}
