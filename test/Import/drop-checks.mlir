// RUN: nnq-opt %s --nnq-drop-checks --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-drop-checks --nnq-drop-checks --split-input-file \
// RUN:   | FileCheck %s

// CHECK-LABEL: @true_constant
// CHECK-NOT: cf.assert
// CHECK: return
func.func @true_constant() {
  %true = arith.constant true
  cf.assert %true, "holds"
  return
}

// -----

#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: @divisor
// CHECK: ^bb0
// CHECK-NEXT: arith.divf
// CHECK-NEXT: linalg.yield
func.func @divisor(%x: tensor<2xf32>) -> tensor<2xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<2xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<2xf32>) outs(%e : tensor<2xf32>) {
    ^bb0(%in: f32, %out: f32):
      %c = arith.cmpf one, %in, %zero : f32
      cf.assert %c, "unimplemented: tensor with zero element"
      %r = arith.divf %one, %in : f32
      linalg.yield %r : f32
  } -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// CHECK-LABEL: @unknown
// CHECK: cf.assert
func.func @unknown(%c: i1) {
  cf.assert %c, "who knows"
  return
}

// -----

// Nothing is divided by x.
// CHECK-LABEL: @no_division
// CHECK: cf.assert
func.func @no_division(%x: f32) -> f32 {
  %zero = arith.constant 0.0 : f32
  %c = arith.cmpf one, %x, %zero : f32
  cf.assert %c, "zero"
  %r = arith.divf %x, %zero : f32
  return %r : f32
}
