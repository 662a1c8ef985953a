// RUN: nnq-opt %s --nnq-hoist-max-pool --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-hoist-max-pool --nnq-hoist-max-pool --split-input-file | FileCheck %s

#x = affine_map<(n, h, w, c, k) -> (n, h, w, k)>
#w = affine_map<(n, h, w, c, k) -> (k, c)>
#y = affine_map<(n, h, w, c, k) -> (n, h, w, c)>
#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
#channel = affine_map<(n, h, w, c) -> (c)>
#in = affine_map<(n, h, w, c, i, j) -> (n, h * 2 + i, w * 2 + j, c)>
#window = affine_map<(n, h, w, c, i, j) -> (i, j)>
#out = affine_map<(n, h, w, c, i, j) -> (n, h, w, c)>

// The pool moves in front of bias, requantization and conversion; it starts
// from the lowest accumulator.
// CHECK-LABEL: @requantize
// CHECK: %[[LOWEST:.+]] = arith.constant -2147483648 : i32
// CHECK: %[[ACC:.+]] = linalg.generic
// CHECK: arith.muli
// CHECK: %[[INIT:.+]] = linalg.fill ins(%[[LOWEST]] : i32) outs(%{{.+}} : tensor<1x2x2x3xi32>)
// CHECK: %[[POOL:.+]] = linalg.generic
// CHECK-SAME: ins(%[[ACC]], %{{.+}} : tensor<1x4x4x3xi32>, tensor<2x2xi8>) outs(%[[INIT]] :
// CHECK-SAME: nnq.layer = "pool"
// CHECK: arith.maxsi
// CHECK: %[[Y:.+]] = linalg.generic
// CHECK-SAME: ins(%[[POOL]],
// CHECK-SAME: outs(%{{.+}} : tensor<1x2x2x3xi8>)
// CHECK-SAME: nnq.layer = "conv"
// CHECK: arith.addi
// CHECK: return %[[Y]]
func.func @requantize(%x: tensor<1x4x4x5xi8>) -> tensor<1x2x2x3xi8> {
  %zero = arith.constant 0 : i32
  %lowest = arith.constant -128 : i8
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %w = arith.constant dense<1> : tensor<5x3xi8>
  %b = arith.constant dense<1> : tensor<3xi32>
  %m = arith.constant dense<[0.5, 0.25, 0.0]> : tensor<3xf32>
  %e32 = tensor.empty() : tensor<1x4x4x3xi32>
  %e8 = tensor.empty() : tensor<1x4x4x3xi8>
  %ep = tensor.empty() : tensor<1x2x2x3xi8>
  %ew = tensor.empty() : tensor<2x2xi8>
  %f = linalg.fill ins(%zero : i32) outs(%e32 : tensor<1x4x4x3xi32>) -> tensor<1x4x4x3xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x4x4x5xi8>, tensor<5x3xi8>) outs(%f : tensor<1x4x4x3xi32>) {
  ^bb0(%a: i8, %c: i8, %o: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %c : i8 to i32
    %r = arith.muli %p, %q : i32
    %s = arith.addi %o, %r : i32
    linalg.yield %s : i32
  } -> tensor<1x4x4x3xi32>
  %1 = linalg.generic {indexing_maps = [#id, #channel, #channel, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %b, %m : tensor<1x4x4x3xi32>, tensor<3xi32>, tensor<3xf32>) outs(%e8 : tensor<1x4x4x3xi8>)
      attrs = {nnq.layer = "conv"} {
  ^bb0(%a: i32, %c: i32, %d: f32, %o: i8):
    %s = arith.addi %a, %c : i32
    %t = arith.sitofp %s : i32 to f32
    %u = arith.mulf %t, %d : f32
    %v = arith.maxnumf %u, %low : f32
    %z = arith.minnumf %v, %high : f32
    %r = math.roundeven %z : f32
    %i = arith.fptosi %r : f32 to i32
    %y = arith.trunci %i : i32 to i8
    linalg.yield %y : i8
  } -> tensor<1x4x4x3xi8>
  %init = linalg.fill ins(%lowest : i8) outs(%ep : tensor<1x2x2x3xi8>) -> tensor<1x2x2x3xi8>
  %2 = linalg.generic {indexing_maps = [#in, #window, #out],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%1, %ew : tensor<1x4x4x3xi8>, tensor<2x2xi8>) outs(%init : tensor<1x2x2x3xi8>)
      attrs = {nnq.layer = "pool"} {
  ^bb0(%a: i8, %b0: i8, %o: i8):
    %s = arith.maxsi %o, %a : i8
    linalg.yield %s : i8
  } -> tensor<1x2x2x3xi8>
  return %2 : tensor<1x2x2x3xi8>
}

// -----

#x = affine_map<(n, h, w, c, k) -> (n, h, w, k)>
#w = affine_map<(n, h, w, c, k) -> (k, c)>
#y = affine_map<(n, h, w, c, k) -> (n, h, w, c)>
#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
#channel = affine_map<(n, h, w, c) -> (c)>
#in = affine_map<(n, h, w, c, i, j) -> (n, h * 2 + i, w * 2 + j, c)>
#window = affine_map<(n, h, w, c, i, j) -> (i, j)>
#out = affine_map<(n, h, w, c, i, j) -> (n, h, w, c)>

// Bias and ReLU in f32; the accumulator starts from minus infinity.
// CHECK-LABEL: @bias_relu
// CHECK: %[[LOWEST:.+]] = arith.constant 0xFF800000 : f32
// CHECK: arith.mulf
// CHECK: linalg.fill ins(%[[LOWEST]] :
// CHECK: linalg.generic
// CHECK: arith.maximumf
// CHECK: linalg.generic {{.*}} outs(%{{.+}} : tensor<1x2x2x3xf32>)
// CHECK: arith.addf
// CHECK: arith.maximumf
func.func @bias_relu(%x: tensor<1x4x4x5xf32>) -> tensor<1x2x2x3xf32> {
  %zero = arith.constant 0.0 : f32
  // What some exporters write for minus infinity.
  %lowest = arith.constant -3.40282347E+38 : f32
  %w = arith.constant dense<1.0> : tensor<5x3xf32>
  %b = arith.constant dense<1.0> : tensor<3xf32>
  %e = tensor.empty() : tensor<1x4x4x3xf32>
  %ep = tensor.empty() : tensor<1x2x2x3xf32>
  %ew = tensor.empty() : tensor<2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x4x4x5xf32>, tensor<5x3xf32>) outs(%f : tensor<1x4x4x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %r = arith.mulf %a, %c : f32
    %s = arith.addf %o, %r : f32
    linalg.yield %s : f32
  } -> tensor<1x4x4x3xf32>
  %1 = linalg.generic {indexing_maps = [#id, #channel, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %b : tensor<1x4x4x3xf32>, tensor<3xf32>) outs(%e : tensor<1x4x4x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    %r = arith.maximumf %s, %zero : f32
    linalg.yield %r : f32
  } -> tensor<1x4x4x3xf32>
  %init = linalg.fill ins(%lowest : f32) outs(%ep : tensor<1x2x2x3xf32>) -> tensor<1x2x2x3xf32>
  %2 = linalg.generic {indexing_maps = [#in, #window, #out],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%1, %ew : tensor<1x4x4x3xf32>, tensor<2x2xf32>) outs(%init : tensor<1x2x2x3xf32>) {
  ^bb0(%a: f32, %b0: f32, %o: f32):
    %s = arith.maximumf %o, %a : f32
    linalg.yield %s : f32
  } -> tensor<1x2x2x3xf32>
  return %2 : tensor<1x2x2x3xf32>
}
