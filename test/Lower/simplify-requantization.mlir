// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-simplify-requantization | FileCheck %s
// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-simplify-requantization --nnq-simplify-requantization | FileCheck %s
// RUN: nnq-opt %s --nnq-set-target=target=aarch64+dotprod --nnq-simplify-requantization | FileCheck %s

#id = affine_map<(c) -> (c)>

// Relu, division and bounds of an addition: the maximum is implied by the
// bound of zero, and what is converted fits in 32 bits.
// CHECK-LABEL: @residual
// CHECK-DAG: %[[LOW:.+]] = arith.constant {{.+}} : f32
// CHECK-DAG: %[[HIGH:.+]] = arith.constant 21.51{{.+}} : f32
// CHECK: linalg.generic
// CHECK-NOT: maximumf
// CHECK: %[[SUM:.+]] = arith.addf
// CHECK-NEXT: %[[REST:.+]] = arith.mulf %[[SUM]], %{{.+}} : f32
// CHECK-NEXT: %[[Q:.+]] = math.fma %[[SUM]], %{{.+}}, %[[REST]] : f32
// CHECK-NEXT: %[[R:.+]] = math.roundeven %[[Q]] : f32
// CHECK-NEXT: %[[I:.+]] = arith.fptosi %[[R]] : f32 to i32
// CHECK-NEXT: %[[A:.+]] = arith.maxsi %[[I]], %c-32768_i32
// CHECK-NEXT: %[[B:.+]] = arith.minsi %[[A]], %c32767_i32
// CHECK-NEXT: %[[T:.+]] = arith.trunci %[[B]] : i32 to i16
// CHECK-NEXT: %[[C:.+]] = arith.maxsi %[[T]], %c0_i16
// CHECK-NEXT: %[[D:.+]] = arith.minsi %[[C]], %c255_i16
// CHECK-NEXT: linalg.yield %[[D]]
func.func @residual(%x: tensor<8xi32>, %y: tensor<8xi16>) -> tensor<8xi16> {
  %m = arith.constant dense<[0.5, 0.25, 0.5, 0.25, 0.5, 0.25, 0.5, 0.0]> : tensor<8xf32>
  %e = tensor.empty() : tensor<8xi16>
  %scale = arith.constant 0.0464857519 : f32
  %other = arith.constant 0.0374471284 : f32
  %zero = arith.constant 0.0 : f32
  %most = arith.constant 255.0 : f32
  %low = arith.constant -32768 : i32
  %high = arith.constant 32767 : i32
  %0 = linalg.generic {indexing_maps = [#id, #id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %y, %m : tensor<8xi32>, tensor<8xi16>, tensor<8xf32>) outs(%e : tensor<8xi16>) {
  ^bb0(%a: i32, %b: i16, %s: f32, %o: i16):
    %1 = arith.sitofp %a : i32 to f32
    // 2^31 * 2^-8 / 0.046: far below 2^31.
    %c = arith.constant 0.0078125 : f32
    %2 = arith.mulf %1, %c : f32
    %3 = arith.extsi %b : i16 to i32
    %4 = arith.sitofp %3 : i32 to f32
    %5 = arith.mulf %4, %other : f32
    %6 = arith.mulf %2, %s : f32
    %7 = arith.addf %5, %6 : f32
    %8 = arith.maximumf %7, %zero : f32
    %9 = arith.divf %8, %scale : f32
    %10 = arith.cmpf ogt, %9, %zero : f32
    %11 = arith.select %10, %9, %zero : f32
    %12 = arith.cmpf olt, %11, %most : f32
    %13 = arith.select %12, %11, %most : f32
    %14 = math.roundeven %13 : f32
    %15 = arith.fptosi %14 : f32 to i32
    %16 = arith.maxsi %15, %low : i32
    %17 = arith.minsi %16, %high : i32
    %18 = arith.trunci %17 : i32 to i16
    linalg.yield %18 : i16
  } -> tensor<8xi16>
  return %0 : tensor<8xi16>
}

// Any f32 may come in: the bounds stay in f32, where they also stop a NaN. A
// power of two needs no second step.
// CHECK-LABEL: @input
// CHECK: linalg.generic
// CHECK: ^bb0(%[[X:.+]]: f32, %{{.+}}: i8):
// CHECK-NEXT: %[[Q:.+]] = arith.mulf %[[X]], %{{.+}} : f32
// CHECK-NEXT: arith.cmpf ogt, %[[Q]]
// CHECK: arith.cmpf olt
// CHECK: math.roundeven
// CHECK: arith.addi
// CHECK-NEXT: arith.maxsi
// CHECK-NEXT: arith.minsi
// CHECK-NEXT: arith.trunci
func.func @input(%x: tensor<8xf32>) -> tensor<8xi8> {
  %e = tensor.empty() : tensor<8xi8>
  %scale = arith.constant 0.0625 : f32
  %least = arith.constant -118.0 : f32
  %most = arith.constant 137.0 : f32
  %zp = arith.constant -10 : i32
  %low = arith.constant -128 : i32
  %high = arith.constant 127 : i32
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<8xf32>) outs(%e : tensor<8xi8>) {
  ^bb0(%a: f32, %o: i8):
    %9 = arith.divf %a, %scale : f32
    %10 = arith.cmpf ogt, %9, %least : f32
    %11 = arith.select %10, %9, %least : f32
    %12 = arith.cmpf olt, %11, %most : f32
    %13 = arith.select %12, %11, %most : f32
    %14 = math.roundeven %13 : f32
    %15 = arith.fptosi %14 : f32 to i32
    %z = arith.addi %15, %zp : i32
    %16 = arith.maxsi %z, %low : i32
    %17 = arith.minsi %16, %high : i32
    %18 = arith.trunci %17 : i32 to i8
    linalg.yield %18 : i8
  } -> tensor<8xi8>
  return %0 : tensor<8xi8>
}

// The saturation of 8 bits is the bounds: none are left in f32.
// CHECK-LABEL: @saturation
// CHECK: ^bb0(%[[X:.+]]: i16, %{{.+}}: i8):
// CHECK-NEXT: %[[F:.+]] = arith.sitofp %[[X]] : i16 to f32
// CHECK-NEXT: %[[R:.+]] = math.roundeven %[[F]] : f32
// CHECK-NEXT: %[[I:.+]] = arith.fptosi %[[R]] : f32 to i32
// CHECK-NEXT: %[[A:.+]] = arith.maxsi %[[I]], %c-128_i32
// CHECK-NEXT: %[[B:.+]] = arith.minsi %[[A]], %c127_i32
// CHECK-NEXT: %[[T:.+]] = arith.trunci %[[B]] : i32 to i8
// CHECK-NEXT: linalg.yield %[[T]]
func.func @saturation(%x: tensor<8xi16>) -> tensor<8xi8> {
  %e = tensor.empty() : tensor<8xi8>
  %least = arith.constant -128.0 : f32
  %most = arith.constant 127.0 : f32
  %low = arith.constant -128 : i32
  %high = arith.constant 127 : i32
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<8xi16>) outs(%e : tensor<8xi8>) {
  ^bb0(%a: i16, %o: i8):
    %9 = arith.sitofp %a : i16 to f32
    %11 = arith.maxnumf %9, %least : f32
    %13 = arith.minnumf %11, %most : f32
    %14 = math.roundeven %13 : f32
    %15 = arith.fptosi %14 : f32 to i32
    %16 = arith.maxsi %15, %low : i32
    %17 = arith.minsi %16, %high : i32
    %18 = arith.trunci %17 : i32 to i8
    linalg.yield %18 : i8
  } -> tensor<8xi8>
  return %0 : tensor<8xi8>
}

// What is extended again is bounded as it is.
// CHECK-LABEL: @wide
// CHECK: ^bb0(%[[X:.+]]: i32, %{{.+}}: i32):
// CHECK-NEXT: %[[A:.+]] = arith.maxsi %[[X]], %c0_i32
// CHECK-NEXT: %[[B:.+]] = arith.minsi %[[A]], %c255_i32
// CHECK-NEXT: linalg.yield %[[B]]
func.func @wide(%x: tensor<8xi32>) -> tensor<8xi32> {
  %e = tensor.empty() : tensor<8xi32>
  %low = arith.constant -32768 : i32
  %high = arith.constant 32767 : i32
  %zero = arith.constant 0 : i16
  %most = arith.constant 255 : i16
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<8xi32>) outs(%e : tensor<8xi32>) {
  ^bb0(%a: i32, %o: i32):
    %1 = arith.maxsi %a, %low : i32
    %2 = arith.minsi %1, %high : i32
    %3 = arith.trunci %2 : i32 to i16
    %4 = arith.maxsi %3, %zero : i16
    %5 = arith.minsi %4, %most : i16
    %6 = arith.extsi %5 : i16 to i32
    linalg.yield %6 : i32
  } -> tensor<8xi32>
  return %0 : tensor<8xi32>
}

// Between two roundings, what is bounded as an integer is a number again: 100
// is added for the bounds, and 98 of it subtracted.
// CHECK-LABEL: @two_roundings
// CHECK-DAG: %[[MOST:.+]] = arith.constant 1.550000e+02 : f32
// CHECK-DAG: %[[LEAST:.+]] = arith.constant -1.000000e+02 : f32
// CHECK-DAG: %[[REST:.+]] = arith.constant 2.000000e+00 : f32
// CHECK: ^bb0(%[[X:.+]]: i16, %{{.+}}: i8):
// CHECK-NEXT: %[[F:.+]] = arith.sitofp %[[X]] : i16 to f32
// CHECK-NEXT: %[[SCALED:.+]] = arith.mulf %[[F]]
// CHECK-NEXT: %[[R:.+]] = math.roundeven %[[SCALED]] : f32
// CHECK-NEXT: %[[A:.+]] = arith.maxnumf %[[R]], %[[LEAST]] : f32
// CHECK-NEXT: %[[B:.+]] = arith.minnumf %[[A]], %[[MOST]] : f32
// CHECK-NEXT: %[[C:.+]] = arith.addf %[[B]], %[[REST]] : f32
// CHECK-NEXT: arith.mulf %[[C]]
// CHECK-NEXT: math.roundeven
func.func @two_roundings(%x: tensor<8xi16>) -> tensor<8xi8> {
  %e = tensor.empty() : tensor<8xi8>
  %scale = arith.constant 0.3 : f32
  %low = arith.constant 0 : i32
  %high = arith.constant 255 : i32
  %zp = arith.constant 100 : i32
  %other = arith.constant 98 : i32
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<8xi16>) outs(%e : tensor<8xi8>) {
  ^bb0(%a: i16, %o: i8):
    %1 = arith.sitofp %a : i16 to f32
    %2 = arith.mulf %1, %scale : f32
    %3 = math.roundeven %2 : f32
    %4 = arith.fptosi %3 : f32 to i32
    %5 = arith.addi %4, %zp : i32
    %6 = arith.maxsi %5, %low : i32
    %7 = arith.minsi %6, %high : i32
    %8 = arith.trunci %7 : i32 to i8
    %9 = arith.extui %8 : i8 to i32
    %10 = arith.subi %9, %other : i32
    %11 = arith.sitofp %10 : i32 to f32
    %12 = arith.mulf %11, %scale : f32
    %13 = math.roundeven %12 : f32
    %14 = arith.fptosi %13 : f32 to i32
    %15 = arith.maxsi %14, %low : i32
    %16 = arith.minsi %15, %high : i32
    %17 = arith.trunci %16 : i32 to i8
    linalg.yield %17 : i8
  } -> tensor<8xi8>
  return %0 : tensor<8xi8>
}
