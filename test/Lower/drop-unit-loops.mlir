// RUN: nnq-opt %s --nnq-drop-unit-loops | FileCheck %s
// RUN: nnq-opt %s --nnq-drop-unit-loops --nnq-drop-unit-loops | FileCheck %s

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>
#id3 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#row = affine_map<(d0, d1, d2) -> (d0, d1)>
#id2 = affine_map<(d0, d1) -> (d0, d1)>
#id4 = affine_map<(n, c, h, w) -> (n, c, h, w)>

// The batch of one between two contractions goes; the result has it again.
// CHECK-LABEL: @residual
// CHECK-SAME: %[[X:.+]]: tensor<1x8x4xf32>
// CHECK: %[[IN:.+]] = tensor.collapse_shape %[[X]] {{\[}}[0, 1], [2]]
// CHECK: %[[FC:.+]] = linalg.generic {{.*}} ins(%[[IN]],
// CHECK-NOT: expand_shape
// CHECK: %[[ADD:.+]] = linalg.generic
// CHECK-SAME: ins(%{{.+}}, %[[FC]] : tensor<8x4xf32>, tensor<8x4xf32>)
// CHECK-SAME: nnq.layer = "add"
// CHECK: %[[SUM:.+]] = linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// CHECK-SAME: ins(%[[ADD]] : tensor<8x4xf32>) outs(%{{.+}} : tensor<8xf32>)
// CHECK: %[[SUB:.+]] = linalg.generic {{.*}} ins(%[[ADD]], %[[SUM]]
// CHECK-NOT: expand_shape
// CHECK: %[[LAST:.+]] = linalg.generic {{.*}} ins(%[[SUB]],
// CHECK: %[[Y:.+]] = tensor.expand_shape %[[LAST]] {{\[}}[0, 1], [2]]
// CHECK: return %[[Y]]
func.func @residual(%x: tensor<1x8x4xf32>, %w: tensor<4x4xf32>) -> tensor<1x8x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e3 = tensor.empty() : tensor<1x8x4xf32>
  %e2 = tensor.empty() : tensor<8x4xf32>
  %e1 = tensor.empty() : tensor<1x8xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<8x4xf32>) -> tensor<8x4xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x8xf32>) -> tensor<1x8xf32>
  %in = tensor.collapse_shape %x [[0, 1], [2]] : tensor<1x8x4xf32> into tensor<8x4xf32>
  %fc = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%in, %w : tensor<8x4xf32>, tensor<4x4xf32>) outs(%f2 : tensor<8x4xf32>) attrs = {nnq.layer = "fc"} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<8x4xf32>
  %out = tensor.expand_shape %fc [[0, 1], [2]] output_shape [1, 8, 4] : tensor<8x4xf32> into tensor<1x8x4xf32>
  %add = linalg.generic {indexing_maps = [#id3, #id3, #id3], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %out : tensor<1x8x4xf32>, tensor<1x8x4xf32>) outs(%e3 : tensor<1x8x4xf32>) attrs = {nnq.layer = "add"} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<1x8x4xf32>
  %neg = linalg.generic {indexing_maps = [#id3, #id3], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%add : tensor<1x8x4xf32>) outs(%e3 : tensor<1x8x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<1x8x4xf32>
  %sum = linalg.generic {indexing_maps = [#id3, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%add : tensor<1x8x4xf32>) outs(%f1 : tensor<1x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  } -> tensor<1x8xf32>
  %sub = linalg.generic {indexing_maps = [#id3, #row, #id3], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%add, %sum : tensor<1x8x4xf32>, tensor<1x8xf32>) outs(%e3 : tensor<1x8x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.subf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<1x8x4xf32>
  %twice = linalg.generic {indexing_maps = [#id3, #id3, #id3], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%sub, %neg : tensor<1x8x4xf32>, tensor<1x8x4xf32>) outs(%e3 : tensor<1x8x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<1x8x4xf32>
  return %twice : tensor<1x8x4xf32>
}

// No reshape, no change.
// CHECK-LABEL: @batch_of_one
// CHECK-NOT: shape
// CHECK: linalg.generic {{.*}} outs(%{{.+}} : tensor<1x4xf32>)
// CHECK-NOT: shape
// CHECK: return
func.func @batch_of_one(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %e = tensor.empty() : tensor<1x4xf32>
  %0 = linalg.generic {indexing_maps = [#id2, #id2], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// The epilogue of a convolution keeps the dimensions of the image.
// CHECK-LABEL: @image
// CHECK: linalg.generic {{.*}} {nnq.layer = "conv"}
// CHECK: linalg.generic {{.*}} outs(%{{.+}} : tensor<1x2x3x3xf32>)
// CHECK: tensor.collapse_shape
// CHECK: return
#cx = affine_map<(n, f, h, w, c, kh, kw) -> (n, c, h + kh, w + kw)>
#cw = affine_map<(n, f, h, w, c, kh, kw) -> (f, c, kh, kw)>
#cy = affine_map<(n, f, h, w, c, kh, kw) -> (n, f, h, w)>
func.func @image(%x: tensor<1x2x5x5xf32>, %w: tensor<2x2x3x3xf32>, %f: tensor<1x2x3x3xf32>) -> tensor<2x3x3xf32> {
  %e = tensor.empty() : tensor<1x2x3x3xf32>
  %0 = linalg.generic {indexing_maps = [#cx, #cw, #cy], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x2x5x5xf32>, tensor<2x2x3x3xf32>) outs(%f : tensor<1x2x3x3xf32>) attrs = {nnq.layer = "conv"} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x2x3x3xf32>
  %1 = linalg.generic {indexing_maps = [#id4, #id4], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0 : tensor<1x2x3x3xf32>) outs(%e : tensor<1x2x3x3xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<1x2x3x3xf32>
  %2 = tensor.collapse_shape %1 [[0, 1], [2], [3]] : tensor<1x2x3x3xf32> into tensor<2x3x3xf32>
  return %2 : tensor<2x3x3xf32>
}

// A product of one row keeps what is known of its weights.
// CHECK-LABEL: @one_row
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// CHECK-SAME: nnq.layer = "fc", nnq.range = array<i64: 0, 255>, nnq.weight_bits = 4 : i64
func.func @one_row(%x: tensor<4xi8>, %w: tensor<4x3xi8>) -> tensor<3xi32> {
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<1x3xi32>
  %f = linalg.fill ins(%zero : i32) outs(%e : tensor<1x3xi32>) -> tensor<1x3xi32>
  %in = tensor.expand_shape %x [[0, 1]] output_shape [1, 4] : tensor<4xi8> into tensor<1x4xi8>
  %fc = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%in, %w : tensor<1x4xi8>, tensor<4x3xi8>) outs(%f : tensor<1x3xi32>)
      attrs = {nnq.layer = "fc", nnq.range = array<i64: 0, 255>, nnq.weight_bits = 4 : i64} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x3xi32>
  %out = tensor.collapse_shape %fc [[0, 1]] : tensor<1x3xi32> into tensor<3xi32>
  return %out : tensor<3xi32>
}
