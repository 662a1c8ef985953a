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

// -----

// The table of an embedding.
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: @bounds
// CHECK: ^bb0
// CHECK: %[[ZERO:.+]] = arith.constant 0 : i64
// CHECK: %[[LOW:.+]] = arith.maxsi %{{.+}}, %[[ZERO]] : i64
// CHECK: %[[I:.+]] = arith.index_cast %[[LOW]]
// CHECK: %[[LAST:.+]] = arith.constant 6 : index
// CHECK: %[[CLAMPED:.+]] = arith.minsi %[[I]], %[[LAST]] : index
// CHECK-NOT: cf.assert
// CHECK: tensor.extract %{{.+}}[%[[CLAMPED]],
func.func @bounds(%x: tensor<3xi64>, %table: tensor<7x4xf32>) -> tensor<3x4xf32> {
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0 : i64
  %e = tensor.empty() : tensor<3x4xf32>
  %0 = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<3xi64>) outs(%e : tensor<3x4xf32>) {
    ^bb0(%in: i64, %out: f32):
      %i = arith.index_cast %in : i64 to index
      %j = linalg.index 1 : index
      %1 = arith.cmpi slt, %i, %c7 : index
      cf.assert %1, "index must be smaller than dim size"
      %2 = arith.cmpi sge, %in, %zero : i64
      cf.assert %2, "index must be larger or equal to 0"
      %r = tensor.extract %table[%i, %j] : tensor<7x4xf32>
      linalg.yield %r : f32
  } -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// -----

// The number is not read at.
// CHECK-LABEL: @no_index
// CHECK: cf.assert
func.func @no_index(%i: index) -> index {
  %c7 = arith.constant 7 : index
  %1 = arith.cmpi slt, %i, %c7 : index
  cf.assert %1, "small"
  return %i : index
}
