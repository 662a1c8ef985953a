// RUN: nnq-opt %s --nnq-hoist-max-pool --split-input-file | FileCheck %s

// Where the pool would see other values, or its windows share elements, or the
// epilogue is read by others too, everything stays in its place.

#x = affine_map<(n, h, w, c, k) -> (n, h, w, k)>
#w = affine_map<(n, h, w, c, k) -> (k, c)>
#y = affine_map<(n, h, w, c, k) -> (n, h, w, c)>
#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
#operand = affine_map<(n, h, w, c) -> (c)>
#in = affine_map<(n, h, w, c, i, j) -> (n, h * 1 + i, w * 1 + j, c)>
#window = affine_map<(n, h, w, c, i, j) -> (i, j)>
#out = affine_map<(n, h, w, c, i, j) -> (n, h, w, c)>

// The epilogue would run more often, not less.
// CHECK-LABEL: @overlapping_windows
// CHECK: arith.mulf
// CHECK: %[[E:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x4x4x3xf32>)
// CHECK: %[[P:.+]] = linalg.generic {{.*}} ins(%[[E]], %{{.+}} :
// CHECK: arith.maximumf
// CHECK: return %[[P]]
func.func @overlapping_windows(%x: tensor<1x4x4x5xf32>, %b: tensor<3xf32>) -> tensor<1x3x3x3xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %w = arith.constant dense<1.0> : tensor<5x3xf32>
  %e = tensor.empty() : tensor<1x4x4x3xf32>
  %ep = tensor.empty() : tensor<1x3x3x3xf32>
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
  %1 = linalg.generic {indexing_maps = [#id, #operand, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %b : tensor<1x4x4x3xf32>, tensor<3xf32>) outs(%e : tensor<1x4x4x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<1x4x4x3xf32>
  %init = linalg.fill ins(%lowest : f32) outs(%ep : tensor<1x3x3x3xf32>) -> tensor<1x3x3x3xf32>
  %2 = linalg.generic {indexing_maps = [#in, #window, #out],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%1, %ew : tensor<1x4x4x3xf32>, tensor<2x2xf32>) outs(%init : tensor<1x3x3x3xf32>) {
  ^bb0(%a: f32, %b0: f32, %o: f32):
    %s = arith.maximumf %o, %a : f32
    linalg.yield %s : f32
  } -> tensor<1x3x3x3xf32>
  return %2 : tensor<1x3x3x3xf32>
}

// -----

#x = affine_map<(n, h, w, c, k) -> (n, h, w, k)>
#w = affine_map<(n, h, w, c, k) -> (k, c)>
#y = affine_map<(n, h, w, c, k) -> (n, h, w, c)>
#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
#operand = affine_map<(n, h, w, c) -> (c)>
#in = affine_map<(n, h, w, c, i, j) -> (n, h * 2 + i, w * 2 + j, c)>
#window = affine_map<(n, h, w, c, i, j) -> (i, j)>
#out = affine_map<(n, h, w, c, i, j) -> (n, h, w, c)>

// The least element of a window becomes the greatest.
// CHECK-LABEL: @negative_multiplier
// CHECK: arith.mulf
// CHECK: %[[E:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x4x4x3xf32>)
// CHECK: %[[P:.+]] = linalg.generic {{.*}} ins(%[[E]], %{{.+}} :
// CHECK: arith.maximumf
// CHECK: return %[[P]]
func.func @negative_multiplier(%x: tensor<1x4x4x5xf32>, %b: tensor<3xf32>) -> tensor<1x2x2x3xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %w = arith.constant dense<1.0> : tensor<5x3xf32>
  %m = arith.constant dense<[1.0, -1.0, 1.0]> : tensor<3xf32>
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
  %1 = linalg.generic {indexing_maps = [#id, #operand, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %m : tensor<1x4x4x3xf32>, tensor<3xf32>) outs(%e : tensor<1x4x4x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.mulf %a, %c : f32
    linalg.yield %s : f32
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

// -----

#x = affine_map<(n, h, w, c, k) -> (n, h, w, k)>
#w = affine_map<(n, h, w, c, k) -> (k, c)>
#y = affine_map<(n, h, w, c, k) -> (n, h, w, c)>
#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
#operand = affine_map<(n, h, w, c) -> (c)>
#in = affine_map<(n, h, w, c, i, j) -> (n, h * 2 + i, w * 2 + j, c)>
#window = affine_map<(n, h, w, c, i, j) -> (i, j)>
#out = affine_map<(n, h, w, c, i, j) -> (n, h, w, c)>

// The sign of what comes at run time is not known.
// CHECK-LABEL: @unknown_multiplier
// CHECK: arith.mulf
// CHECK: %[[E:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x4x4x3xf32>)
// CHECK: %[[P:.+]] = linalg.generic {{.*}} ins(%[[E]], %{{.+}} :
// CHECK: arith.maximumf
// CHECK: return %[[P]]
func.func @unknown_multiplier(%x: tensor<1x4x4x5xf32>, %b: tensor<3xf32>) -> tensor<1x2x2x3xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %w = arith.constant dense<1.0> : tensor<5x3xf32>
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
  %1 = linalg.generic {indexing_maps = [#id, #operand, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %b : tensor<1x4x4x3xf32>, tensor<3xf32>) outs(%e : tensor<1x4x4x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.mulf %a, %c : f32
    linalg.yield %s : f32
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

// -----

#x = affine_map<(n, h, w, c, k) -> (n, h, w, k)>
#w = affine_map<(n, h, w, c, k) -> (k, c)>
#y = affine_map<(n, h, w, c, k) -> (n, h, w, c)>
#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
#operand = affine_map<(n, h, w, c) -> (c)>
#in = affine_map<(n, h, w, c, i, j) -> (n, h * 2 + i, w * 2 + j, c)>
#window = affine_map<(n, h, w, c, i, j) -> (i, j)>
#out = affine_map<(n, h, w, c, i, j) -> (n, h, w, c)>

// CHECK-LABEL: @not_monotone
// CHECK: arith.mulf
// CHECK: %[[E:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x4x4x3xf32>)
// CHECK: %[[P:.+]] = linalg.generic {{.*}} ins(%[[E]], %{{.+}} :
// CHECK: arith.maximumf
// CHECK: return %[[P]]
func.func @not_monotone(%x: tensor<1x4x4x5xf32>, %b: tensor<3xf32>) -> tensor<1x2x2x3xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %w = arith.constant dense<1.0> : tensor<5x3xf32>
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
  %1 = linalg.generic {indexing_maps = [#id, #operand, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %b : tensor<1x4x4x3xf32>, tensor<3xf32>) outs(%e : tensor<1x4x4x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = math.absf %a : f32
    %t = arith.addf %s, %c : f32
    linalg.yield %t : f32
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

// -----

#x = affine_map<(n, h, w, c, k) -> (n, h, w, k)>
#w = affine_map<(n, h, w, c, k) -> (k, c)>
#y = affine_map<(n, h, w, c, k) -> (n, h, w, c)>
#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
#operand = affine_map<(n, h, w, c) -> (c)>
#in = affine_map<(n, h, w, c, i, j) -> (n, h * 2 + i, w * 2 + j, c)>
#window = affine_map<(n, h, w, c, i, j) -> (i, j)>
#out = affine_map<(n, h, w, c, i, j) -> (n, h, w, c)>

// CHECK-LABEL: @square
// CHECK: arith.mulf
// CHECK: %[[E:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x4x4x3xf32>)
// CHECK: %[[P:.+]] = linalg.generic {{.*}} ins(%[[E]], %{{.+}} :
// CHECK: arith.maximumf
// CHECK: return %[[P]]
func.func @square(%x: tensor<1x4x4x5xf32>, %b: tensor<3xf32>) -> tensor<1x2x2x3xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %w = arith.constant dense<1.0> : tensor<5x3xf32>
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
  %1 = linalg.generic {indexing_maps = [#id, #operand, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %b : tensor<1x4x4x3xf32>, tensor<3xf32>) outs(%e : tensor<1x4x4x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.mulf %a, %a : f32
    %t = arith.addf %s, %c : f32
    linalg.yield %t : f32
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

// -----

#x = affine_map<(n, h, w, c, k) -> (n, h, w, k)>
#w = affine_map<(n, h, w, c, k) -> (k, c)>
#y = affine_map<(n, h, w, c, k) -> (n, h, w, c)>
#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
#operand = affine_map<(n, h, w, c) -> (n, h, w, c)>
#in = affine_map<(n, h, w, c, i, j) -> (n, h * 2 + i, w * 2 + j, c)>
#window = affine_map<(n, h, w, c, i, j) -> (i, j)>
#out = affine_map<(n, h, w, c, i, j) -> (n, h, w, c)>

// A residual differs from element to element of a window.
// CHECK-LABEL: @varies_in_a_window
// CHECK: arith.mulf
// CHECK: %[[E:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x4x4x3xf32>)
// CHECK: %[[P:.+]] = linalg.generic {{.*}} ins(%[[E]], %{{.+}} :
// CHECK: arith.maximumf
// CHECK: return %[[P]]
func.func @varies_in_a_window(%x: tensor<1x4x4x5xf32>, %b: tensor<1x4x4x3xf32>) -> tensor<1x2x2x3xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %w = arith.constant dense<1.0> : tensor<5x3xf32>
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
  %1 = linalg.generic {indexing_maps = [#id, #operand, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %b : tensor<1x4x4x3xf32>, tensor<1x4x4x3xf32>) outs(%e : tensor<1x4x4x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
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

// -----

#x = affine_map<(n, h, w, c, k) -> (n, h, w, k)>
#w = affine_map<(n, h, w, c, k) -> (k, c)>
#y = affine_map<(n, h, w, c, k) -> (n, h, w, c)>
#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
#operand = affine_map<(n, h, w, c) -> (c)>
#in = affine_map<(n, h, w, c, i, j) -> (n, h * 2 + i, w * 2 + j, c)>
#window = affine_map<(n, h, w, c, i, j) -> (i, j)>
#out = affine_map<(n, h, w, c, i, j) -> (n, h, w, c)>

// CHECK-LABEL: @second_reader
// CHECK: arith.mulf
// CHECK: %[[E:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x4x4x3xf32>)
// CHECK: %[[P:.+]] = linalg.generic {{.*}} ins(%[[E]], %{{.+}} :
// CHECK: arith.maximumf
// CHECK: return %[[P]], %[[E]]
func.func @second_reader(%x: tensor<1x4x4x5xf32>, %b: tensor<3xf32>) -> (tensor<1x2x2x3xf32>, tensor<1x4x4x3xf32>) {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %w = arith.constant dense<1.0> : tensor<5x3xf32>
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
  %1 = linalg.generic {indexing_maps = [#id, #operand, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %b : tensor<1x4x4x3xf32>, tensor<3xf32>) outs(%e : tensor<1x4x4x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<1x4x4x3xf32>
  %init = linalg.fill ins(%lowest : f32) outs(%ep : tensor<1x2x2x3xf32>) -> tensor<1x2x2x3xf32>
  %2 = linalg.generic {indexing_maps = [#in, #window, #out],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%1, %ew : tensor<1x4x4x3xf32>, tensor<2x2xf32>) outs(%init : tensor<1x2x2x3xf32>) {
  ^bb0(%a: f32, %b0: f32, %o: f32):
    %s = arith.maximumf %o, %a : f32
    linalg.yield %s : f32
  } -> tensor<1x2x2x3xf32>
  return %2, %1 : tensor<1x2x2x3xf32>, tensor<1x4x4x3xf32>
}

// -----

#x = affine_map<(n, h, w, c, k) -> (n, h, w, k)>
#w = affine_map<(n, h, w, c, k) -> (k, c)>
#y = affine_map<(n, h, w, c, k) -> (n, h, w, c)>
#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
#operand = affine_map<(n, h, w, c) -> (c)>
#in = affine_map<(n, h, w, c, i, j) -> (n, h * 2 + i, w * 2 + j, c)>
#window = affine_map<(n, h, w, c, i, j) -> (i, j)>
#out = affine_map<(n, h, w, c, i, j) -> (n, h, w, c)>

// The pool is a ReLU as well.
// CHECK-LABEL: @starts_from_zero
// CHECK: arith.mulf
// CHECK: %[[E:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x4x4x3xf32>)
// CHECK: %[[P:.+]] = linalg.generic {{.*}} ins(%[[E]], %{{.+}} :
// CHECK: arith.maximumf
// CHECK: return %[[P]]
func.func @starts_from_zero(%x: tensor<1x4x4x5xf32>, %b: tensor<3xf32>) -> tensor<1x2x2x3xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<5x3xf32>
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
  %1 = linalg.generic {indexing_maps = [#id, #operand, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %b : tensor<1x4x4x3xf32>, tensor<3xf32>) outs(%e : tensor<1x4x4x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
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
