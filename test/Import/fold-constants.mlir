// RUN: nnq-opt %s --nnq-fold-constants --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-fold-constants --nnq-fold-constants \
// RUN:   --split-input-file | FileCheck %s

// 1 / sqrt(x + 1) of 3 and 15, then a reshape: 0.5 and 0.25.
#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: @chain
// CHECK-NEXT: %[[R:.+]] = arith.constant dense_resource<folded{{.*}}> : tensor<2x1xf32>
// CHECK-NEXT: return %[[R]]
func.func @chain() -> tensor<2x1xf32> {
  %v = arith.constant dense<[3.0, 15.0]> : tensor<2xf32>
  %one = arith.constant 1.0 : f64
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%v : tensor<2xf32>) outs(%e : tensor<2xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.truncf %one : f64 to f32
      %a = arith.addf %in, %s : f32
      linalg.yield %a : f32
  } -> tensor<2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%0 : tensor<2xf32>) outs(%e : tensor<2xf32>) {
    ^bb0(%in: f32, %out: f32):
      %c = arith.cmpf one, %in, %zero : f32
      cf.assert %c, "zero"
      %r = math.rsqrt %in : f32
      linalg.yield %r : f32
  } -> tensor<2xf32>
  %2 = tensor.expand_shape %1 [[0, 1]] output_shape [2, 1] : tensor<2xf32> into tensor<2x1xf32>
  return %2 : tensor<2x1xf32>
}
// CHECK: folded{{.*}}: "0x400000000000003F0000803E"

// -----

// Transposed and repeated operands: a[j][i] - b[i].
#id = affine_map<(d0, d1) -> (d0, d1)>
#t = affine_map<(d0, d1) -> (d1, d0)>
#row = affine_map<(d0, d1) -> (0, d0)>
// CHECK-LABEL: @maps
// CHECK-NEXT: arith.constant dense_resource<folded> : tensor<2x2xi8>
// CHECK-NEXT: return
func.func @maps() -> tensor<2x2xi8> {
  %a = arith.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %b = arith.constant dense<[[1, 2]]> : tensor<1x2xi8>
  %e = tensor.empty() : tensor<2x2xi8>
  %0 = linalg.generic {indexing_maps = [#t, #row, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%a, %b : tensor<2x2xi8>, tensor<1x2xi8>) outs(%e : tensor<2x2xi8>) {
    ^bb0(%x: i8, %y: i8, %out: i8):
      %r = arith.subi %x, %y : i8
      linalg.yield %r : i8
  } -> tensor<2x2xi8>
  return %0 : tensor<2x2xi8>
}
// 1-1 3-1 / 2-2 4-2
// CHECK: folded: "0x4000000000020002"

// -----

// The flipped kernel of a transposed convolution.
#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: @gather
// CHECK-NEXT: arith.constant dense_resource<deconv1> : tensor<3xi8>
// CHECK-NEXT: return
func.func @gather() -> tensor<3xi8> {
  %w = arith.constant dense<[1, 2, 3]> : tensor<3xi8>
  %c2 = arith.constant 2 : index
  %e = tensor.empty() : tensor<3xi8>
  %0 = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]}
      outs(%e : tensor<3xi8>) {
    ^bb0(%out: i8):
      %i = linalg.index 0 : index
      %j = arith.subi %c2, %i : index
      %r = tensor.extract %w[%j] : tensor<3xi8>
      linalg.yield %r : i8
  } -> tensor<3xi8> loc("deconv1")
  return %0 : tensor<3xi8>
}
// CHECK: deconv1: "0x40000000030201"

// -----

// However large, a splat is one number.
#id = affine_map<(d0, d1) -> (d0, d1)>
#none = affine_map<(d0, d1) -> ()>
// CHECK-LABEL: @splat
// CHECK-NEXT: %[[C:.+]] = arith.constant dense<6.000000e+00> : tensor<4096x4096xf32>
// CHECK-NEXT: return %[[C]]
func.func @splat() -> tensor<4096x4096xf32> {
  %a = arith.constant dense<2.0> : tensor<4096x4096xf32>
  %b = arith.constant dense<3.0> : tensor<f32>
  %e = tensor.empty() : tensor<4096x4096xf32>
  %0 = linalg.generic {indexing_maps = [#id, #none, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%a, %b : tensor<4096x4096xf32>, tensor<f32>) outs(%e : tensor<4096x4096xf32>) {
    ^bb0(%x: f32, %y: f32, %out: f32):
      %r = arith.mulf %x, %y : f32
      linalg.yield %r : f32
  } -> tensor<4096x4096xf32>
  return %0 : tensor<4096x4096xf32>
}

// -----

// CHECK-LABEL: @scalars
// CHECK-NEXT: %[[C:.+]] = arith.constant 7 : i64
// CHECK-NEXT: return %[[C]]
func.func @scalars() -> i64 {
  %a = arith.constant 3 : i64
  %b = arith.constant 4 : i64
  %0 = arith.addi %a, %b : i64
  return %0 : i64
}

// -----

// CHECK-LABEL: @slice
// CHECK-NEXT: arith.constant dense_resource<slice> : tensor<2xi8>
// CHECK-NEXT: return
func.func @slice() -> tensor<2xi8> {
  %a = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8>
  %0 = tensor.extract_slice %a[1, 0] [1, 2] [1, 2] : tensor<2x3xi8> to tensor<2xi8>
  return %0 : tensor<2xi8>
}
// CHECK: slice: "0x400000000406"

// -----

// CHECK-LABEL: @number
// CHECK: arith.constant dense<1.000000e+00> : tensor<f32>
func.func @number() -> tensor<f32> {
  %0 = arith.constant dense_resource<number> : tensor<f32>
  return %0 : tensor<f32>
}

{-#
  dialect_resources: {
    builtin: {
      number: "0x040000000000803F"
    }
  }
#-}
