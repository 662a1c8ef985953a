// RUN: nnq-opt %s --nnq-raise-elementwise --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-raise-elementwise --nnq-raise-elementwise \
// RUN:   --split-input-file | FileCheck %s

// CHECK-LABEL: @named
// CHECK: linalg.generic
// CHECK-SAME: attrs = {nnq.layer = "add1"}
// CHECK: arith.addf
// CHECK: linalg.generic
// CHECK: math.exp
func.func @named(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.add {nnq.layer = "add1"}
    ins(%x, %y : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>)
    -> tensor<4xf32>
  %1 = linalg.elementwise kind=#linalg.elementwise_kind<exp>
    ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// What does not compute elementwise keeps its name.
// CHECK-LABEL: @not_elementwise
// CHECK: linalg.fill
// CHECK: linalg.broadcast
// CHECK: linalg.matmul
func.func @not_elementwise(%x: tensor<2x4xf32>, %w: tensor<4x3xf32>, %b: tensor<3xf32>)
    -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x3xf32>
  %0 = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = linalg.broadcast ins(%b : tensor<3xf32>) outs(%e : tensor<2x3xf32>) dimensions = [0]
  %2 = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x3xf32>)
    outs(%0 : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %1, %2 : tensor<2x3xf32>, tensor<2x3xf32>
}

// -----

// torch: NaN passes through, zero of either sign gives +0.
// CHECK-LABEL: @relu
// CHECK: %[[C:.+]] = arith.constant 0.0
// CHECK: %[[R:.+]] = arith.maximumf %{{.+}}, %[[C]] : f32
// CHECK-NEXT: return %[[R]]
func.func @relu(%x: f32) -> f32 {
  %c = arith.constant 0.0 : f32
  %0 = arith.cmpf ugt, %x, %c : f32
  %1 = arith.select %0, %x, %c : f32
  return %1 : f32
}

// -----

// CHECK-LABEL: @relu_swapped
// CHECK: arith.maximumf
func.func @relu_swapped(%x: f32) -> f32 {
  %c = arith.constant 0.0 : f32
  %0 = arith.cmpf oge, %c, %x : f32
  %1 = arith.select %0, %c, %x : f32
  return %1 : f32
}

// -----

// NaN becomes the constant.
// CHECK-LABEL: @clamp
// CHECK: arith.maxnumf
// CHECK: arith.minnumf
func.func @clamp(%x: f32) -> f32 {
  %lo = arith.constant 0.0 : f32
  %hi = arith.constant 6.0 : f32
  %0 = arith.cmpf ogt, %x, %lo : f32
  %1 = arith.select %0, %x, %lo : f32
  %2 = arith.cmpf olt, %1, %hi : f32
  %3 = arith.select %2, %1, %hi : f32
  return %3 : f32
}

// -----

// CHECK-LABEL: @minimum
// CHECK: arith.minimumf
func.func @minimum(%x: f32) -> f32 {
  %c = arith.constant 6.0 : f32
  %0 = arith.cmpf ult, %x, %c : f32
  %1 = arith.select %0, %x, %c : f32
  return %1 : f32
}

// -----

// `x >= 0 ? x : 0` of -0 is -0, maximumf would give +0.
// CHECK-LABEL: @sign_of_zero
// CHECK: arith.select
// CHECK-LABEL: @sign_of_zero_does_not_matter
// CHECK: arith.maximumf {{.*}} fastmath<nsz>
func.func @sign_of_zero(%x: f32) -> f32 {
  %c = arith.constant 0.0 : f32
  %0 = arith.cmpf uge, %x, %c : f32
  %1 = arith.select %0, %x, %c : f32
  return %1 : f32
}
func.func @sign_of_zero_does_not_matter(%x: f32) -> f32 {
  %c = arith.constant 0.0 : f32
  %0 = arith.cmpf uge, %x, %c fastmath<nsz> : f32
  %1 = arith.select %0, %x, %c : f32
  return %1 : f32
}

// -----

// CHECK-LABEL: @two_variables
// CHECK: arith.select
func.func @two_variables(%x: f32, %y: f32) -> f32 {
  %0 = arith.cmpf ugt, %x, %y : f32
  %1 = arith.select %0, %x, %y : f32
  return %1 : f32
}

// -----

// CHECK-LABEL: @other_operands
// CHECK: arith.select
func.func @other_operands(%x: f32, %y: f32) -> f32 {
  %c = arith.constant 0.0 : f32
  %0 = arith.cmpf ugt, %x, %c : f32
  %1 = arith.select %0, %y, %c : f32
  return %1 : f32
}

// -----

// Clip of ONNX: x < lo ? lo : x. The sign of zero is left open.
#id = affine_map<(d0) -> (d0)>
#all = affine_map<(d0) -> ()>
// CHECK-LABEL: @uniform_constants
// CHECK-SAME: %[[X:.+]]: tensor<4xf32>
// CHECK-DAG: %[[LO:.+]] = arith.constant 0.0
// CHECK-DAG: %[[HI:.+]] = arith.constant 6.0
// CHECK: linalg.generic {{.*}} ins(%[[X]] : tensor<4xf32>)
// CHECK: %[[R:.+]] = arith.maxnumf %{{.+}}, %[[LO]]
// CHECK: arith.minnumf %[[R]], %[[HI]]
func.func @uniform_constants(%x: tensor<4xf32>) -> tensor<4xf32> {
  %lo = arith.constant dense_resource<lo> : tensor<f32>
  %hi = arith.constant dense<6.0> : tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [#id, #all, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %lo, %hi : tensor<4xf32>, tensor<f32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%in: f32, %l: f32, %h: f32, %out: f32):
      %1 = arith.cmpf ult, %in, %l : f32
      %2 = arith.select %1, %l, %in : f32
      %3 = arith.cmpf ugt, %2, %h : f32
      %4 = arith.select %3, %h, %2 : f32
      linalg.yield %4 : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

{-#
  dialect_resources: {
    builtin: {
      lo: "0x4000000000000000"
    }
  }
#-}

// CHECK-LABEL: @division
// CHECK-DAG: %[[C:.+]] = arith.constant 2.000000e-01 : f32
// CHECK: linalg.generic
// CHECK: ^bb0(%[[A:.+]]: f32,
// CHECK: arith.mulf %[[A]], %[[C]] : f32
func.func @division(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c = arith.constant 5.0 : f64
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.truncf %c : f64 to f32
    %s = arith.divf %a, %t : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// A quantization, the scale of one, and divisors whose reciprocal is infinite or
// not normal.
// CHECK-LABEL: @division_kept
// CHECK-COUNT-5: arith.divf
func.func @division_kept(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c = arith.constant 5.0 : f32
  %zero = arith.constant 0.0 : f32
  %huge = arith.constant 3.0e38 : f32
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.divf %a, %c : f32
    %q = math.roundeven %s : f32
    %t = arith.divf %q, %zero : f32
    %u = arith.divf %t, %huge : f32
    %v = arith.divf %u, %c : f32
    %w = arith.cmpf oeq, %v, %zero : f32
    %y = arith.select %w, %c, %v : f32
    %z = arith.divf %y, %c : f32
    %m = arith.maxnumf %z, %zero : f32
    %b = arith.minnumf %m, %c : f32
    %r = math.roundeven %b : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>

// CHECK-LABEL: @integer_power
// CHECK: ^bb0(%[[X:.+]]: f32, %{{.+}}: f32):
// CHECK: %[[SQUARE:.+]] = arith.mulf %[[X]], %[[X]]
// CHECK: arith.mulf {{.*}}%[[SQUARE]]
// CHECK-NOT: math.fpowi
func.func @integer_power(%x: tensor<8xf32>) -> tensor<8xf32> {
  %c3 = arith.constant 3 : i64
  %e = tensor.empty() : tensor<8xf32>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %p = math.fpowi %in, %c3 : f32, i64
    linalg.yield %p : f32
  } -> tensor<8xf32>
  return %y : tensor<8xf32>
}
