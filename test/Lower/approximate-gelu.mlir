// RUN: nnq-opt %s --nnq-approximate-gelu | FileCheck %s
// RUN: nnq-opt %s --nnq-approximate-gelu --nnq-approximate-gelu | FileCheck %s
// RUN: nnq-opt %s --nnq-approximate-gelu --nnq-simplify-requantization | FileCheck %s --check-prefix=BOUNDS

#id = affine_map<(d0) -> (d0)>

// Four coefficients for steps of 0.125, which leave 1/60 of a step. As sums of
// 32 bits times a multiplier are known to be small, no bound in f32 is left.
// CHECK-LABEL: @wide_steps
// CHECK: %[[X:.+]] = arith.mulf
// CHECK-NOT: math.erf
// CHECK-DAG: %[[INVERSE:.+]] = arith.constant 8.000000e+00 : f32
// CHECK-DAG: %[[BOUND:.+]] = arith.constant 2.600000e+01 : f32
// CHECK-DAG: %[[FIRST:.+]] = arith.constant -0.529846
// CHECK-DAG: %[[SECOND:.+]] = arith.constant 0.0663747
// CHECK-DAG: %[[THIRD:.+]] = arith.constant -0.00280128
// CHECK-DAG: %[[LAST:.+]] = arith.constant 3.96684
// CHECK-DAG: %[[U:.+]] = arith.mulf %[[X]], %[[INVERSE]]
// CHECK-DAG: %[[R:.+]] = arith.maximumf %[[U]], %{{.+}}
// CHECK-DAG: %[[A:.+]] = math.absf %[[U]]
// CHECK-DAG: %[[T:.+]] = arith.minimumf %[[A]], %[[BOUND]]
// CHECK-DAG: %[[P:.+]] = math.fma %[[LAST]], %[[T]], %[[THIRD]]
// CHECK-DAG: %[[Q:.+]] = math.fma %[[P]], %[[T]], %[[SECOND]]
// CHECK-DAG: %[[S:.+]] = math.fma %[[Q]], %[[T]], %[[FIRST]]
// CHECK: %[[Y:.+]] = math.fma %[[T]], %[[S]], %[[R]]
// CHECK: arith.cmpf ogt, %[[Y]]
// CHECK-NOT: arith.divf
// CHECK: return
// BOUNDS-LABEL: @wide_steps
// BOUNDS-NOT: arith.select
// BOUNDS: math.roundeven
func.func @wide_steps(%x: tensor<2xi32>) -> tensor<2xi8> {
  %m = arith.constant 0.001 : f32
  %c = arith.constant 0.707106769 : f32
  %one = arith.constant 1.0 : f32
  %half = arith.constant 0.5 : f32
  %s = arith.constant 0.125 : f32
  %low = arith.constant -2.0 : f32
  %high = arith.constant 253.0 : f32
  %c2 = arith.constant 2 : i32
  %c0 = arith.constant 0 : i32
  %c255 = arith.constant 255 : i32
  %e = tensor.empty() : tensor<2xi8>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<2xi32>) outs(%e : tensor<2xi8>) {
  ^bb0(%a: i32, %o: i8):
    %f = arith.sitofp %a : i32 to f32
    %y = arith.mulf %f, %m : f32
    %t = arith.mulf %y, %c : f32
    %r = math.erf %t : f32
    %1 = arith.addf %r, %one : f32
    %2 = arith.mulf %1, %half : f32
    %3 = arith.mulf %y, %2 : f32
    %4 = arith.divf %3, %s : f32
    %5 = arith.cmpf ogt, %4, %low : f32
    %6 = arith.select %5, %4, %low : f32
    %7 = arith.cmpf olt, %6, %high : f32
    %8 = arith.select %7, %6, %high : f32
    %9 = math.roundeven %8 : f32
    %10 = arith.fptosi %9 : f32 to i32
    %11 = arith.addi %10, %c2 : i32
    %12 = arith.maxsi %11, %c0 : i32
    %13 = arith.minsi %12, %c255 : i32
    %14 = arith.trunci %13 : i32 to i8
    linalg.yield %14 : i8
  } -> tensor<2xi8>
  return %0 : tensor<2xi8>
}

// Six for finer ones, in whatever order the factors come.
// CHECK-LABEL: @narrow_steps
// CHECK-NOT: math.erf
// CHECK-COUNT-6: math.fma
// CHECK-NOT: math.fma
// CHECK: return
func.func @narrow_steps(%x: tensor<2xf32>) -> tensor<2xi32> {
  %c = arith.constant 0.707106769 : f32
  %one = arith.constant 1.0 : f32
  %half = arith.constant 0.5 : f32
  %s = arith.constant 0.015625 : f32
  %e = tensor.empty() : tensor<2xi32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<2xf32>) outs(%e : tensor<2xi32>) {
  ^bb0(%a: f32, %o: i32):
    %t = arith.mulf %a, %c : f32
    %r = math.erf %t : f32
    %1 = arith.addf %r, %one : f32
    %2 = arith.mulf %1, %a : f32
    %3 = arith.mulf %2, %half : f32
    %4 = arith.divf %3, %s : f32
    %5 = math.roundeven %4 : f32
    %6 = arith.fptosi %5 : f32 to i32
    linalg.yield %6 : i32
  } -> tensor<2xi32>
  return %0 : tensor<2xi32>
}

// Exact: steps that are too small, a result in f32, another factor, and erf of
// something else.
// CHECK-LABEL: @exact
// CHECK-COUNT-4: math.erf
// CHECK-NOT: math.absf
// CHECK: return
func.func @exact(%x: tensor<2xf32>, %w: tensor<2xf32>) -> (tensor<2xi32>, tensor<2xf32>, tensor<2xi32>, tensor<2xi32>) {
  %c = arith.constant 0.707106769 : f32
  %one = arith.constant 1.0 : f32
  %half = arith.constant 0.5 : f32
  %s = arith.constant 0.125 : f32
  %tiny = arith.constant 0.001 : f32
  %f = tensor.empty() : tensor<2xf32>
  %e = tensor.empty() : tensor<2xi32>
  %0:4 = linalg.generic {indexing_maps = [#id, #id, #id, #id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %w : tensor<2xf32>, tensor<2xf32>)
      outs(%e, %f, %e, %e : tensor<2xi32>, tensor<2xf32>, tensor<2xi32>, tensor<2xi32>) {
  ^bb0(%a: f32, %b: f32, %o: i32, %o1: f32, %o2: i32, %o3: i32):
    %t = arith.mulf %a, %c : f32
    %r0 = math.erf %t : f32
    %s0 = arith.addf %r0, %one : f32
    %h0 = arith.mulf %s0, %half : f32
    %y0 = arith.mulf %a, %h0 : f32
    %d0 = arith.divf %y0, %tiny : f32
    %e0 = math.roundeven %d0 : f32
    %i0 = arith.fptosi %e0 : f32 to i32
    %r1 = math.erf %t : f32
    %s1 = arith.addf %r1, %one : f32
    %h1 = arith.mulf %s1, %half : f32
    %y1 = arith.mulf %a, %h1 : f32
    %d1 = arith.divf %y1, %s : f32
    %r2 = math.erf %t : f32
    %s2 = arith.addf %r2, %one : f32
    %h2 = arith.mulf %s2, %half : f32
    %x2 = arith.mulf %a, %h2 : f32
    %y2 = arith.mulf %x2, %b : f32
    %d2 = arith.divf %y2, %s : f32
    %e2 = math.roundeven %d2 : f32
    %i2 = arith.fptosi %e2 : f32 to i32
    %t3 = arith.mulf %b, %c : f32
    %r3 = math.erf %t3 : f32
    %s3 = arith.addf %r3, %one : f32
    %h3 = arith.mulf %s3, %half : f32
    %y3 = arith.mulf %a, %h3 : f32
    %d3 = arith.divf %y3, %s : f32
    %e3 = math.roundeven %d3 : f32
    %i3 = arith.fptosi %e3 : f32 to i32
    linalg.yield %i0, %d1, %i2, %i3 : i32, f32, i32, i32
  } -> (tensor<2xi32>, tensor<2xf32>, tensor<2xi32>, tensor<2xi32>)
  return %0#0, %0#1, %0#2, %0#3 : tensor<2xi32>, tensor<2xf32>, tensor<2xi32>, tensor<2xi32>
}
