// RUN: nnq-opt %s --nnq-fuse-elementwise | FileCheck %s
// RUN: nnq-opt %s --nnq-fuse-elementwise --nnq-fuse-elementwise | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#channel = affine_map<(d0, d1) -> (d1)>
#row = affine_map<(d0, d1) -> (d0)>
#one = affine_map<(d0) -> (d0)>
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: @chain
// CHECK-SAME: %[[X:.+]]: tensor<2x7xf32>, %[[B:.+]]: tensor<7xf32>
// CHECK: %[[Y:.+]] = linalg.generic {{.*}} ins(%[[X]], %[[B]] :
// CHECK: %[[S:.+]] = arith.addf
// CHECK: %[[N:.+]] = arith.negf %[[S]]
// CHECK: math.exp %[[N]]
// CHECK-NOT: linalg.generic
// CHECK: return %[[Y]]
func.func @chain(%x: tensor<2x7xf32>, %b: tensor<7xf32>) -> tensor<2x7xf32> {
  %e = tensor.empty() : tensor<2x7xf32>
  %0 = linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %b : tensor<2x7xf32>, tensor<7xf32>) outs(%e : tensor<2x7xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%1 : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = math.exp %a : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  return %2 : tensor<2x7xf32>
}

// Both readers would compute the negation.
// CHECK-LABEL: @second_reader
// CHECK: %[[N:.+]] = linalg.generic
// CHECK: arith.negf
// CHECK: linalg.generic {{.*}} ins(%[[N]] :
// CHECK: math.exp
func.func @second_reader(%x: tensor<2x7xf32>) -> (tensor<2x7xf32>, tensor<2x7xf32>) {
  %e = tensor.empty() : tensor<2x7xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = math.exp %a : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  return %0, %1 : tensor<2x7xf32>, tensor<2x7xf32>
}

// A contraction keeps its plain multiply-add body on both sides.
// CHECK-LABEL: @contraction
// CHECK: %[[N:.+]] = linalg.generic
// CHECK: arith.negf
// CHECK: %[[MM:.+]] = linalg.generic {{.*}} ins(%[[N]],
// CHECK: %[[M:.+]] = arith.mulf
// CHECK-NEXT: %[[A:.+]] = arith.addf %{{.+}}, %[[M]]
// CHECK-NEXT: linalg.yield %[[A]]
// CHECK: linalg.generic {{.*}} ins(%[[MM]] :
// CHECK: math.exp
func.func @contraction(%x: tensor<2x5xf32>, %w: tensor<5x7xf32>, %f: tensor<2x7xf32>) -> tensor<2x7xf32> {
  %ex = tensor.empty() : tensor<2x5xf32>
  %e = tensor.empty() : tensor<2x7xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x5xf32>) outs(%ex : tensor<2x5xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<2x5xf32>
  %1 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%0, %w : tensor<2x5xf32>, tensor<5x7xf32>) outs(%f : tensor<2x7xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%1 : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = math.exp %a : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  return %2 : tensor<2x7xf32>
}

// The layer of the consumer names the fused op.
// CHECK-LABEL: @layers
// CHECK: linalg.generic
// CHECK-SAME: nnq.layer = "act"
// CHECK: arith.negf
// CHECK: math.exp
func.func @layers(%x: tensor<2x7xf32>) -> tensor<2x7xf32> {
  %e = tensor.empty() : tensor<2x7xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) attrs = {nnq.layer = "neg"} {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) attrs = {nnq.layer = "act"} {
  ^bb0(%a: f32, %o: f32):
    %s = math.exp %a : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  return %1 : tensor<2x7xf32>
}

// What a sum adds up is computed by the sum.
// CHECK-LABEL: @sum_of_squares
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "reduction"]
// CHECK: %[[M:.+]] = arith.mulf
// CHECK: arith.addf %[[M]]
// CHECK-NOT: linalg.generic
func.func @sum_of_squares(%x: tensor<2x7xf32>, %f: tensor<2xf32>) -> tensor<2xf32> {
  %e = tensor.empty() : tensor<2x7xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.mulf %a, %a : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  %1 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%0 : tensor<2x7xf32>) outs(%f : tensor<2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  } -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// The epilogue of a contraction stays in its registers.
// CHECK-LABEL: @sum_of_epilogue
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// CHECK: arith.negf
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
func.func @sum_of_epilogue(%x: tensor<2x4xf32>, %w: tensor<4x7xf32>, %g: tensor<2x7xf32>, %f: tensor<2xf32>) -> tensor<2xf32> {
  %e = tensor.empty() : tensor<2x7xf32>
  %c = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x4xf32>, tensor<4x7xf32>) outs(%g : tensor<2x7xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%c : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  %1 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%0 : tensor<2x7xf32>) outs(%f : tensor<2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  } -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// What a row has in common is not computed again for each of its elements.
// CHECK-LABEL: @common_to_row
// CHECK: linalg.generic
// CHECK: math.rsqrt
// CHECK: linalg.generic
// CHECK: arith.mulf
func.func @common_to_row(%x: tensor<2x7xf32>, %v: tensor<2xf32>) -> tensor<2x7xf32> {
  %e1 = tensor.empty() : tensor<2xf32>
  %e = tensor.empty() : tensor<2x7xf32>
  %0 = linalg.generic {indexing_maps = [#one, #one], iterator_types = ["parallel"]}
      ins(%v : tensor<2xf32>) outs(%e1 : tensor<2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = math.rsqrt %a : f32
    linalg.yield %s : f32
  } -> tensor<2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %0 : tensor<2x7xf32>, tensor<2xf32>) outs(%e : tensor<2x7xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.mulf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  return %1 : tensor<2x7xf32>
}

// Heads are read where they lie in a row; the second operand, whose rows would
// not be contiguous, is transposed first.
// CHECK-LABEL: @heads
// CHECK-SAME: %[[Q:.+]]: tensor<5x2x4xf32>, %[[K:.+]]: tensor<5x2x4xf32>
// CHECK: %[[T:.+]] = linalg.generic {{.*}} ins(%[[K]] :
// CHECK: linalg.generic
// CHECK-SAME: ins(%[[Q]], %[[T]] :
// CHECK-NOT: linalg.generic
func.func @heads(%q: tensor<5x2x4xf32>, %k: tensor<5x2x4xf32>, %f: tensor<2x5x5xf32>) -> tensor<2x5x5xf32> {
  %e = tensor.empty() : tensor<2x5x4xf32>
  %g = tensor.empty() : tensor<2x4x5xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(h, m, c) -> (m, h, c)>, affine_map<(h, m, c) -> (h, m, c)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%q : tensor<5x2x4xf32>) outs(%e : tensor<2x5x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<2x5x4xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(h, c, n) -> (n, h, c)>, affine_map<(h, c, n) -> (h, c, n)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%k : tensor<5x2x4xf32>) outs(%g : tensor<2x4x5xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<2x4x5xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(h, m, n, c) -> (h, m, c)>, affine_map<(h, m, n, c) -> (h, c, n)>,
      affine_map<(h, m, n, c) -> (h, m, n)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%0, %1 : tensor<2x5x4xf32>, tensor<2x4x5xf32>) outs(%f : tensor<2x5x5xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x5x5xf32>
  return %2 : tensor<2x5x5xf32>
}

// Each channel has one gate, which all positions share.
// CHECK-LABEL: @gate
// CHECK-SAME: %[[X:.+]]: tensor<1x5x7x4xf32>, %[[G:.+]]: tensor<1x1x1x4xf32>
// CHECK: %[[N:.+]] = linalg.generic {{.*}} ins(%[[G]] :
// CHECK: math.exp
// CHECK: linalg.generic {{.*}} ins(%[[X]], %[[N]] :
// CHECK: arith.mulf
func.func @gate(%x: tensor<1x5x7x4xf32>, %g: tensor<1x1x1x4xf32>) -> tensor<1x5x7x4xf32> {
  %eg = tensor.empty() : tensor<1x1x1x4xf32>
  %e = tensor.empty() : tensor<1x5x7x4xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(n, h, w, c) -> (n, h, w, c)>,
      affine_map<(n, h, w, c) -> (n, h, w, c)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%g : tensor<1x1x1x4xf32>) outs(%eg : tensor<1x1x1x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = math.exp %a : f32
    linalg.yield %s : f32
  } -> tensor<1x1x1x4xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(n, h, w, c) -> (n, h, w, c)>,
      affine_map<(n, h, w, c) -> (n, 0, 0, c)>, affine_map<(n, h, w, c) -> (n, h, w, c)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x, %0 : tensor<1x5x7x4xf32>, tensor<1x1x1x4xf32>) outs(%e : tensor<1x5x7x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.mulf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<1x5x7x4xf32>
  return %1 : tensor<1x5x7x4xf32>
}

#u4 = affine_map<(n, h, w, c) -> (n, h, w, c)>
#u1 = affine_map<(c) -> (c)>

// Only units keep the two apart; the reshape is behind both then.
// CHECK-LABEL: func.func @apart_by_units
// CHECK:         %[[Y:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<1x1x1x8xi32>)
// CHECK:           arith.sitofp
// CHECK:           arith.fptosi
// CHECK:         %[[R:.*]] = tensor.collapse_shape %[[Y]] {{.*}} : tensor<1x1x1x8xi8> into tensor<8xi8>
// CHECK:         return %[[R]]
func.func @apart_by_units(%x: tensor<1x1x1x8xi32>) -> tensor<8xi8> {
  %e = tensor.empty() : tensor<1x1x1x8xf32>
  %0 = linalg.generic {indexing_maps = [#u4, #u4], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x : tensor<1x1x1x8xi32>) outs(%e : tensor<1x1x1x8xf32>) {
  ^bb0(%a: i32, %o: f32):
    %f = arith.sitofp %a : i32 to f32
    linalg.yield %f : f32
  } -> tensor<1x1x1x8xf32>
  %1 = tensor.collapse_shape %0 [[0, 1, 2, 3]] : tensor<1x1x1x8xf32> into tensor<8xf32>
  %e8 = tensor.empty() : tensor<8xi8>
  %2 = linalg.generic {indexing_maps = [#u1, #u1], iterator_types = ["parallel"]} ins(%1 : tensor<8xf32>) outs(%e8 : tensor<8xi8>) {
  ^bb0(%a: f32, %o: i8):
    %i = arith.fptosi %a : f32 to i8
    linalg.yield %i : i8
  } -> tensor<8xi8>
  return %2 : tensor<8xi8>
}

#u3 = affine_map<(h, w, c) -> (h, w, c)>

// CHECK-LABEL: func.func @apart_by_more
// CHECK:         linalg.generic
// CHECK:         tensor.collapse_shape {{.*}} tensor<1x2x8xf32> into tensor<16xf32>
// CHECK:         linalg.generic
func.func @apart_by_more(%x: tensor<1x2x8xi32>) -> tensor<16xi8> {
  %e = tensor.empty() : tensor<1x2x8xf32>
  %0 = linalg.generic {indexing_maps = [#u3, #u3], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : tensor<1x2x8xi32>) outs(%e : tensor<1x2x8xf32>) {
  ^bb0(%a: i32, %o: f32):
    %f = arith.sitofp %a : i32 to f32
    linalg.yield %f : f32
  } -> tensor<1x2x8xf32>
  %1 = tensor.collapse_shape %0 [[0, 1, 2]] : tensor<1x2x8xf32> into tensor<16xf32>
  %e8 = tensor.empty() : tensor<16xi8>
  %2 = linalg.generic {indexing_maps = [#u1, #u1], iterator_types = ["parallel"]} ins(%1 : tensor<16xf32>) outs(%e8 : tensor<16xi8>) {
  ^bb0(%a: f32, %o: i8):
    %i = arith.fptosi %a : f32 to i8
    linalg.yield %i : i8
  } -> tensor<16xi8>
  return %2 : tensor<16xi8>
}
