// RUN: nnq-opt %s --nnq-raise-gather --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-raise-gather --nnq-raise-gather --split-input-file \
// RUN:   | FileCheck %s

// Nearest neighbour, twice as high and three times as wide.
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[SOURCE:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (0, d1, d2, d4)>
// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d4, d5)>
// CHECK-LABEL: @nearest
// CHECK-SAME: %[[X:.+]]: tensor<1x2x4x5xf32>
// CHECK: %[[G:.+]] = linalg.generic {indexing_maps = [#[[SOURCE]], #[[ID]]]
// CHECK-SAME: ins(%[[X]] : tensor<1x2x4x5xf32>) outs(%{{.+}} : tensor<1x2x4x2x5x3xf32>)
// CHECK-SAME: nnq.layer = "resize1"
// CHECK-NEXT: ^bb0(%[[IN:.+]]: f32, %{{.+}}: f32):
// CHECK-NEXT: linalg.yield %[[IN]]
// CHECK: %[[R:.+]] = tensor.collapse_shape %[[G]] {{\[}}[0], [1], [2, 3], [4, 5]]
// CHECK: return %[[R]]
func.func @nearest(%x: tensor<1x2x4x5xf32>) -> tensor<1x2x8x15xf32> {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : i64
  %two = arith.constant 2.0 : f32
  %low = arith.constant 0.0 : f32
  %high = arith.constant 3.0 : f32
  %third = arith.constant 0.333333343 : f32
  %half = arith.constant 0.5 : f32
  %e = tensor.empty() : tensor<1x2x8x15xf32>
  %0 = linalg.generic {indexing_maps = [#id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      outs(%e : tensor<1x2x8x15xf32>) attrs = {nnq.layer = "resize1"} {
    ^bb0(%out: f32):
      %c = linalg.index 1 : index
      %i = linalg.index 2 : index
      %j = linalg.index 3 : index
      %1 = arith.index_cast %i : index to i64
      %2 = arith.sitofp %1 : i64 to f32
      %3 = arith.divf %2, %two : f32
      %4 = math.floor %3 : f32
      %5 = arith.maximumf %4, %low : f32
      %6 = arith.minimumf %5, %high : f32
      %7 = arith.fptosi %6 : f32 to i64
      %h = arith.index_cast %7 : i64 to index
      %8 = arith.index_cast %j : index to i64
      %9 = arith.sitofp %8 : i64 to f32
      %10 = arith.addf %9, %half : f32
      %11 = arith.mulf %10, %third : f32
      %12 = math.floor %11 : f32
      %13 = arith.fptosi %12 : f32 to i64
      %w = arith.index_cast %13 : i64 to index
      %r = tensor.extract %x[%c0, %c, %h, %w] : tensor<1x2x4x5xf32>
      linalg.yield %r : f32
  } -> tensor<1x2x8x15xf32>
  return %0 : tensor<1x2x8x15xf32>
}

// -----

// A transpose and a constant index; what else the body computes stays.
#id = affine_map<(d0, d1) -> (d0, d1)>
// CHECK: affine_map<(d0, d1) -> (d1, 2, d0)>
// CHECK-LABEL: @slice
// CHECK-NOT: tensor.extract
// CHECK: arith.negf
// CHECK-NOT: tensor.collapse_shape
func.func @slice(%x: tensor<3x4x2xf32>) -> tensor<2x3xf32> {
  %c2 = arith.constant 2 : index
  %e = tensor.empty() : tensor<2x3xf32>
  %0 = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]}
      outs(%e : tensor<2x3xf32>) {
    ^bb0(%out: f32):
      %i = linalg.index 0 : index
      %j = linalg.index 1 : index
      %r = tensor.extract %x[%j, %c2, %i] : tensor<3x4x2xf32>
      %n = arith.negf %r : f32
      linalg.yield %n : f32
  } -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// 8 of 5: some places are read once, others twice.
#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: @not_a_multiple
// CHECK: tensor.extract
func.func @not_a_multiple(%x: tensor<5xf32>) -> tensor<8xf32> {
  %c5 = arith.constant 5 : i64
  %s = arith.constant 0.625 : f32
  %e = tensor.empty() : tensor<8xf32>
  %0 = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]}
      outs(%e : tensor<8xf32>) {
    ^bb0(%out: f32):
      %i = linalg.index 0 : index
      %1 = arith.index_cast %i : index to i64
      %2 = arith.sitofp %1 : i64 to f32
      %3 = arith.mulf %2, %s : f32
      %4 = arith.fptosi %3 : f32 to i64
      %j = arith.index_cast %4 : i64 to index
      %r = tensor.extract %x[%j] : tensor<5xf32>
      linalg.yield %r : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: @place_depends_on_data
// CHECK: tensor.extract
func.func @place_depends_on_data(%x: tensor<5xf32>, %at: tensor<8xindex>) -> tensor<8xf32> {
  %e = tensor.empty() : tensor<8xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%at : tensor<8xindex>) outs(%e : tensor<8xf32>) {
    ^bb0(%j: index, %out: f32):
      %r = tensor.extract %x[%j] : tensor<5xf32>
      linalg.yield %r : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// As Gather of ONNX with a constant index is imported: the index is an operand.
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#first = affine_map<(d0, d1, d2) -> (d0)>
// CHECK: affine_map<(d0, d1, d2) -> (2, d1, d2)>
// CHECK-LABEL: @index_operand
// CHECK-SAME: %[[X:.+]]: tensor<3x4x5xf32>
// CHECK: linalg.generic {{.*}} ins(%[[X]] : tensor<3x4x5xf32>) outs(%{{.+}} : tensor<1x4x5xf32>)
// CHECK-NOT: tensor.extract
func.func @index_operand(%x: tensor<3x4x5xf32>) -> tensor<1x4x5xf32> {
  %c3 = arith.constant 3 : i64
  %c0 = arith.constant 0 : i64
  %index = arith.constant dense<-1> : tensor<1xi64>
  %e = tensor.empty() : tensor<1x4x5xf32>
  %0 = linalg.generic {indexing_maps = [#first, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%index : tensor<1xi64>) outs(%e : tensor<1x4x5xf32>) {
    ^bb0(%at: i64, %out: f32):
      %negative = arith.cmpi slt, %at, %c0 : i64
      %wrapped = arith.addi %at, %c3 : i64
      %place = arith.select %negative, %wrapped, %at : i64
      %k = arith.index_cast %place : i64 to index
      %i = linalg.index 1 : index
      %j = linalg.index 2 : index
      %r = tensor.extract %x[%k, %i, %j] : tensor<3x4x5xf32>
      linalg.yield %r : f32
  } -> tensor<1x4x5xf32>
  return %0 : tensor<1x4x5xf32>
}

// -----

// Samples of a batch of any size, and a constant index beside them.
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#first = affine_map<(d0, d1, d2) -> (d0)>
// CHECK: affine_map<(d0, d1, d2) -> (1, d1, d2)>
// CHECK-LABEL: @any_batch
// CHECK-SAME: %[[X:.+]]: tensor<3x?x5xf32>, %[[N:.+]]: index
// CHECK: linalg.generic {{.*}} ins(%[[X]] : tensor<3x?x5xf32>) outs(%{{.+}} : tensor<1x?x5xf32>)
// CHECK-NOT: tensor.extract
func.func @any_batch(%x: tensor<3x?x5xf32>, %n: index) -> tensor<1x?x5xf32> {
  %index = arith.constant dense<1> : tensor<1xi64>
  %e = tensor.empty(%n) : tensor<1x?x5xf32>
  %0 = linalg.generic {indexing_maps = [#first, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%index : tensor<1xi64>) outs(%e : tensor<1x?x5xf32>) {
    ^bb0(%at: i64, %out: f32):
      %k = arith.index_cast %at : i64 to index
      %i = linalg.index 1 : index
      %j = linalg.index 2 : index
      %r = tensor.extract %x[%k, %i, %j] : tensor<3x?x5xf32>
      linalg.yield %r : f32
  } -> tensor<1x?x5xf32>
  return %0 : tensor<1x?x5xf32>
}

// -----

// A copy is what it reads; a part of the samples is not known to be.
#id = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: @copy
// CHECK-SAME: %[[X:.+]]: tensor<?x5xf32>
// CHECK-NOT: linalg.generic
// CHECK: return %[[X]]
func.func @copy(%x: tensor<?x5xf32>, %n: index) -> tensor<?x5xf32> {
  %e = tensor.empty(%n) : tensor<?x5xf32>
  %0 = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%e : tensor<?x5xf32>) {
    ^bb0(%out: f32):
      %i = linalg.index 0 : index
      %j = linalg.index 1 : index
      %r = tensor.extract %x[%i, %j] : tensor<?x5xf32>
      linalg.yield %r : f32
  } -> tensor<?x5xf32>
  return %0 : tensor<?x5xf32>
}
// CHECK-LABEL: @part
// CHECK: tensor.extract
func.func @part(%x: tensor<6x5xf32>, %n: index) -> tensor<?x5xf32> {
  %e = tensor.empty(%n) : tensor<?x5xf32>
  %0 = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%e : tensor<?x5xf32>) {
    ^bb0(%out: f32):
      %i = linalg.index 0 : index
      %j = linalg.index 1 : index
      %r = tensor.extract %x[%i, %j] : tensor<6x5xf32>
      linalg.yield %r : f32
  } -> tensor<?x5xf32>
  return %0 : tensor<?x5xf32>
}
