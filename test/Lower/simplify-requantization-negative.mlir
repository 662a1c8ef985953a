// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-simplify-requantization --remarks-filter-missed=nnq 2>&1 | FileCheck %s --check-prefixes=CHECK,FMA --implicit-check-not=remark:
// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v2 --nnq-simplify-requantization --remarks-filter-missed=nnq 2>&1 | FileCheck %s --check-prefixes=CHECK,NONE

// NONE: remark: {{.*}}target has no fused multiply-add

#id = affine_map<(c) -> (c)>

// A factor that is not a constant may be anything, as may what it multiplies.
// The maximum of one is above the lower bound: it matters.
// CHECK-LABEL: @unknown
// CHECK: arith.mulf
// CHECK: arith.maximumf
// FMA: math.fma
// NONE: arith.divf
// CHECK: arith.cmpf ogt
// CHECK: arith.cmpf olt
// CHECK: arith.trunci
// CHECK-NEXT: linalg.yield
func.func @unknown(%x: tensor<8xi32>, %m: tensor<8xf32>) -> tensor<8xi16> {
  %e = tensor.empty() : tensor<8xi16>
  %scale = arith.constant 0.0464857519 : f32
  %one = arith.constant 1.0 : f32
  %zero = arith.constant 0.0 : f32
  %most = arith.constant 255.0 : f32
  %low = arith.constant -32768 : i32
  %high = arith.constant 32767 : i32
  %0 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %m : tensor<8xi32>, tensor<8xf32>) outs(%e : tensor<8xi16>) {
  ^bb0(%a: i32, %s: f32, %o: i16):
    %1 = arith.sitofp %a : i32 to f32
    %2 = arith.mulf %1, %s : f32
    %8 = arith.maximumf %2, %one : f32
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

// 2^31 - 1 times one does not fit once it is rounded.
// CHECK-LABEL: @too_large
// CHECK: arith.maxnumf
// CHECK: arith.minnumf
func.func @too_large(%x: tensor<8xi32>) -> tensor<8xi8> {
  %e = tensor.empty() : tensor<8xi8>
  %least = arith.constant -128.0 : f32
  %most = arith.constant 127.0 : f32
  %low = arith.constant -128 : i32
  %high = arith.constant 127 : i32
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<8xi32>) outs(%e : tensor<8xi8>) {
  ^bb0(%a: i32, %o: i8):
    %9 = arith.sitofp %a : i32 to f32
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

// Not narrowed with saturation: bits would be lost otherwise.
// CHECK-LABEL: @wraps
// CHECK: arith.maxnumf
// CHECK: arith.minnumf
// CHECK: %[[T:.+]] = arith.trunci
// CHECK-NEXT: arith.extsi %[[T]]
func.func @wraps(%x: tensor<8xi16>) -> tensor<8xi32> {
  %e = tensor.empty() : tensor<8xi32>
  %least = arith.constant -128.0 : f32
  %most = arith.constant 127.0 : f32
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<8xi16>) outs(%e : tensor<8xi32>) {
  ^bb0(%a: i16, %o: i32):
    %9 = arith.sitofp %a : i16 to f32
    %11 = arith.maxnumf %9, %least : f32
    %13 = arith.minnumf %11, %most : f32
    %14 = math.roundeven %13 : f32
    %15 = arith.fptosi %14 : f32 to i32
    %18 = arith.trunci %15 : i32 to i8
    %19 = arith.extsi %18 : i8 to i32
    linalg.yield %19 : i32
  } -> tensor<8xi32>
  return %0 : tensor<8xi32>
}

// A zero that is rounded may be negative, which a result would show; and 255 as
// a byte is -1.
// CHECK-LABEL: @signs
// CHECK: arith.fptosi
// CHECK: arith.sitofp {{.*}} i32 to f32
// CHECK: arith.sitofp {{.*}} i8 to f32
func.func @signs(%x: tensor<8xi16>) -> (tensor<8xf32>, tensor<8xi32>) {
  %e = tensor.empty() : tensor<8xf32>
  %i = tensor.empty() : tensor<8xi32>
  %low = arith.constant 0 : i32
  %high = arith.constant 255 : i32
  %0:2 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<8xi16>) outs(%e, %i : tensor<8xf32>, tensor<8xi32>) {
  ^bb0(%a: i16, %o: f32, %p: i32):
    %1 = arith.sitofp %a : i16 to f32
    %2 = math.roundeven %1 : f32
    %3 = arith.fptosi %2 : f32 to i32
    %4 = arith.minsi %3, %high : i32
    %5 = arith.sitofp %4 : i32 to f32
    %6 = math.roundeven %1 : f32
    %7 = arith.fptosi %6 : f32 to i32
    %8 = arith.maxsi %7, %low : i32
    %9 = arith.minsi %8, %high : i32
    %10 = arith.trunci %9 : i32 to i8
    %11 = arith.sitofp %10 : i8 to f32
    %12 = math.roundeven %11 : f32
    %13 = arith.fptosi %12 : f32 to i32
    linalg.yield %5, %13 : f32, i32
  } -> (tensor<8xf32>, tensor<8xi32>)
  return %0#0, %0#1 : tensor<8xf32>, tensor<8xi32>
}
