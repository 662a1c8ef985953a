// RUN: nnq-opt %s --nnq-approximate-exp | FileCheck %s
// RUN: nnq-opt %s --nnq-approximate-exp --nnq-approximate-exp | FileCheck %s

#id = affine_map<(d0) -> (d0)>

// 255 steps of 1/255: four coefficients, times 255, are off by 1/50 of a step.
// CHECK-LABEL: @bytes
// CHECK-SAME: %{{.+}}: tensor<2xf32>
// CHECK: ^bb0(%[[X:.+]]: f32, %{{.+}}: i8):
// CHECK-NOT: math.exp
// CHECK: %[[LOW:.+]] = arith.constant -74.8559
// CHECK: %[[ABOVE:.+]] = arith.cmpf ogt, %[[X]], %[[LOW]]
// CHECK: %[[BOUNDED:.+]] = arith.select %[[ABOVE]], %[[X]], %[[LOW]]
// CHECK: %[[T:.+]] = arith.select
// CHECK: %[[ROUNDS:.+]] = arith.constant 0x4B400000
// CHECK: %[[INVERSE:.+]] = arith.constant 1.44269
// CHECK: %[[SUM:.+]] = math.fma %[[T]], %[[INVERSE]], %[[ROUNDS]]
// CHECK: %[[N:.+]] = arith.subf %[[SUM]], %[[ROUNDS]]
// CHECK: %[[LN2:.+]] = arith.constant -0.693147
// CHECK: %[[R:.+]] = math.fma %[[N]], %[[LN2]], %[[T]]
// CHECK: %[[LAST:.+]] = arith.constant 42.2454
// CHECK: math.fma %[[LAST]], %[[R]]
// CHECK: math.fma %{{.+}}, %[[R]]
// CHECK: %[[FIRST:.+]] = arith.constant 254.98
// CHECK: %[[P:.+]] = math.fma %{{.+}}, %[[R]], %[[FIRST]]
// CHECK: arith.shli
// CHECK: %[[BITS:.+]] = arith.addi
// CHECK: %[[Q:.+]] = arith.bitcast %[[BITS]] : i32 to f32
// CHECK: arith.cmpf ogt, %[[Q]]
// CHECK-NOT: arith.divf
func.func @bytes(%x: tensor<2xf32>) -> tensor<2xi8> {
  %s = arith.constant 0.00392156886 : f32
  %low = arith.constant 0.0 : f32
  %high = arith.constant 255.0 : f32
  %e = tensor.empty() : tensor<2xi8>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<2xf32>) outs(%e : tensor<2xi8>) {
  ^bb0(%a: f32, %o: i8):
    %1 = math.exp %a : f32
    %4 = arith.divf %1, %s : f32
    %5 = arith.cmpf ogt, %4, %low : f32
    %6 = arith.select %5, %4, %low : f32
    %7 = arith.cmpf olt, %6, %high : f32
    %8 = arith.select %7, %6, %high : f32
    %9 = math.roundeven %8 : f32
    %10 = arith.fptosi %9 : f32 to i32
    %11 = arith.trunci %10 : i32 to i8
    linalg.yield %11 : i8
  } -> tensor<2xi8>
  return %0 : tensor<2xi8>
}

// Five for up to 24,000 steps.
// CHECK-LABEL: @words
// CHECK-NOT: math.exp
// CHECK-COUNT-6: math.fma
// CHECK-NOT: math.fma
// CHECK: return
func.func @words(%x: tensor<2xf32>) -> tensor<2xi32> {
  %s = arith.constant 0.001 : f32
  %high = arith.constant 20000.0 : f32
  %e = tensor.empty() : tensor<2xi32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<2xf32>) outs(%e : tensor<2xi32>) {
  ^bb0(%a: f32, %o: i32):
    %1 = math.exp %a : f32
    %2 = arith.divf %1, %s : f32
    %3 = arith.minimumf %2, %high : f32
    %4 = math.roundeven %3 : f32
    %5 = arith.fptosi %4 : f32 to i32
    linalg.yield %5 : i32
  } -> tensor<2xi32>
  return %0 : tensor<2xi32>
}

// Exact: too many steps, no bound, a result in f32, and one that is read
// without it, too.
// CHECK-LABEL: @exact
// CHECK-COUNT-4: math.exp
// CHECK-NOT: math.fma
// CHECK: return
func.func @exact(%x: tensor<2xf32>) -> (tensor<2xi32>, tensor<2xi32>, tensor<2xf32>, tensor<2xi32>, tensor<2xf32>) {
  %s = arith.constant 0.001 : f32
  %high = arith.constant 60000.0 : f32
  %few = arith.constant 100.0 : f32
  %e = tensor.empty() : tensor<2xi32>
  %f = tensor.empty() : tensor<2xf32>
  %many = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<2xf32>) outs(%e : tensor<2xi32>) {
  ^bb0(%a: f32, %o: i32):
    %1 = math.exp %a : f32
    %2 = arith.divf %1, %s : f32
    %3 = arith.minimumf %2, %high : f32
    %4 = math.roundeven %3 : f32
    %5 = arith.fptosi %4 : f32 to i32
    linalg.yield %5 : i32
  } -> tensor<2xi32>
  %open = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<2xf32>) outs(%e : tensor<2xi32>) {
  ^bb0(%a: f32, %o: i32):
    %1 = math.exp %a : f32
    %2 = arith.divf %1, %s : f32
    %4 = math.roundeven %2 : f32
    %5 = arith.fptosi %4 : f32 to i32
    linalg.yield %5 : i32
  } -> tensor<2xi32>
  %float = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<2xf32>) outs(%f : tensor<2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %1 = math.exp %a : f32
    %2 = arith.divf %1, %s : f32
    %3 = arith.minimumf %2, %few : f32
    linalg.yield %3 : f32
  } -> tensor<2xf32>
  %both:2 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<2xf32>) outs(%e, %f : tensor<2xi32>, tensor<2xf32>) {
  ^bb0(%a: f32, %o: i32, %p: f32):
    %1 = math.exp %a : f32
    %2 = arith.divf %1, %s : f32
    %3 = arith.minimumf %2, %few : f32
    %4 = math.roundeven %3 : f32
    %5 = arith.fptosi %4 : f32 to i32
    linalg.yield %5, %2 : i32, f32
  } -> (tensor<2xi32>, tensor<2xf32>)
  return %many, %open, %float, %both#0, %both#1 : tensor<2xi32>, tensor<2xi32>, tensor<2xf32>, tensor<2xi32>, tensor<2xf32>
}
