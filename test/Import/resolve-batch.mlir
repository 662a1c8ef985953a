// RUN: nnq-opt %s --nnq-resolve-batch --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-resolve-batch --nnq-resolve-batch --split-input-file | FileCheck %s

// The arithmetic of x.view(x.size(0), -1) is that of a static reshape.
// CHECK-LABEL: func.func @flatten
// CHECK-NEXT: %[[Y:.*]] = tensor.collapse_shape %arg0 {{\[\[}}0], [1, 2, 3]] : tensor<?x64x1x1xf32> into tensor<?x64xf32>
// CHECK-NEXT: return %[[Y]]
func.func @flatten(%x: tensor<?x64x1x1xf32>) -> tensor<?x64xf32> {
  %c0 = arith.constant 0 : index
  %c0_i64 = arith.constant 0 : i64
  %c1 = arith.constant 1 : i64
  %c64 = arith.constant 64 : i64
  %dim = tensor.dim %x, %c0 : tensor<?x64x1x1xf32>
  %n = arith.index_cast %dim : index to i64
  %negative = arith.cmpi slt, %n, %c0_i64 : i64
  %divisor = arith.select %negative, %c1, %n : i64
  %flag = arith.extui %negative : i1 to i64
  %count = arith.addi %flag, %c1 : i64
  %ok = arith.cmpi sle, %count, %c1 : i64
  cf.assert %ok, "one size at most is inferred"
  %total = arith.muli %n, %c64 : i64
  %rest = arith.divsi %total, %divisor : i64
  %first = arith.select %negative, %rest, %n : i64
  %shape = tensor.from_elements %first, %rest : tensor<2xi64>
  %y = tensor.reshape %x(%shape) : (tensor<?x64x1x1xf32>, tensor<2xi64>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// Dimensions that cannot be merged and split at once go through one.
// CHECK-LABEL: func.func @through_one
// CHECK: %[[N:.*]] = tensor.dim %arg0, %{{.*}} : tensor<?x2x3xf32>
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %arg0 {{\[\[}}0, 1, 2]]
// CHECK: tensor.expand_shape %[[FLAT]] {{\[\[}}0, 1, 2]] output_shape [%{{.*}}, 3, 2]
func.func @through_one(%x: tensor<?x2x3xf32>) -> tensor<?x3x2xf32> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %n = tensor.dim %x, %c0 : tensor<?x2x3xf32>
  %shape = tensor.from_elements %n, %c3, %c2 : tensor<3xindex>
  %y = tensor.reshape %x(%shape) : (tensor<?x2x3xf32>, tensor<3xindex>) -> tensor<?x3x2xf32>
  return %y : tensor<?x3x2xf32>
}

// -----

// The rows of each sample stay together; sizes of tensors come from the input.
// CHECK-LABEL: func.func @rows_of_samples
// CHECK: %[[N:.*]] = tensor.dim %arg0, %{{.*}} : tensor<?x4x8xf32>
// CHECK: %[[ROWS:.*]] = arith.muli %[[N]], %c4{{.*}} : index
// CHECK: tensor.empty(%[[ROWS]]) : tensor<?x2xf32>
// CHECK-NOT: tensor.dim
// CHECK: tensor.expand_shape {{.*}} output_shape [%[[N]], 4, 2]
func.func @rows_of_samples(%x: tensor<?x4x8xf32>, %w: tensor<8x2xf32>) -> tensor<?x4x2xf32> {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  %rows = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x4x8xf32> into tensor<?x8xf32>
  %n = tensor.dim %rows, %c0 : tensor<?x8xf32>
  %e = tensor.empty(%n) : tensor<?x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x2xf32>) -> tensor<?x2xf32>
  %0 = linalg.matmul ins(%rows, %w : tensor<?x8xf32>, tensor<8x2xf32>) outs(%f : tensor<?x2xf32>) -> tensor<?x2xf32>
  %samples = arith.divui %n, %c4 : index
  %y = tensor.expand_shape %0 [[0, 1], [2]] output_shape [%samples, 4, 2] : tensor<?x2xf32> into tensor<?x4x2xf32>
  return %y : tensor<?x4x2xf32>
}

// -----

// Affine maps of sizes are arithmetic, too.
// CHECK-LABEL: func.func @affine
// CHECK: %[[ROWS:.*]] = arith.muli %{{.*}}, %c4{{.*}} : index
// CHECK: tensor.empty(%[[ROWS]]) : tensor<?x2xf32>
func.func @affine(%x: tensor<?x4x2xf32>) -> tensor<?x4x2xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4x2xf32>
  %rows = affine.apply affine_map<()[s0] -> (s0 * 8 floordiv 2)>()[%n]
  %e = tensor.empty(%rows) : tensor<?x2xf32>
  %samples = affine.apply affine_map<(d0) -> (d0 ceildiv 4 + d0 mod 4)>(%rows)
  %y = tensor.expand_shape %e [[0, 1], [2]] output_shape [%samples, 4, 2] : tensor<?x2xf32> into tensor<?x4x2xf32>
  return %y : tensor<?x4x2xf32>
}

// -----

// Two inputs have one batch; a gather reads its own sample; a table is shared.
#row = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: func.func @gather
// CHECK-NOT: cf.assert
func.func @gather(%x: tensor<?x6xf32>, %ids: tensor<?x3xi64>, %table: tensor<9xf32>) -> tensor<?x3xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x6xf32>
  %m = tensor.dim %ids, %c0 : tensor<?x3xi64>
  %same = arith.cmpi eq, %n, %m : index
  cf.assert %same, "mismatched sizes"
  %e = tensor.empty(%m) : tensor<?x3xf32>
  %y = linalg.generic {indexing_maps = [#row, #row], iterator_types = ["parallel", "parallel"]}
      ins(%ids : tensor<?x3xi64>) outs(%e : tensor<?x3xf32>) {
  ^bb0(%id: i64, %out: f32):
    %sample = linalg.index 0 : index
    %at = arith.index_cast %id : i64 to index
    %0 = tensor.extract %x[%sample, %at] : tensor<?x6xf32>
    %1 = tensor.extract %table[%at] : tensor<9xf32>
    %2 = arith.addf %0, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}

// -----

// A broadcast that is decided at run time reads its own sample either way.
#all = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: func.func @broadcast
// CHECK-NOT: arith.select
// CHECK: %[[I:.*]] = linalg.index 0
// CHECK: tensor.extract %arg0[%[[I]], %{{.*}}]
func.func @broadcast(%x: tensor<?x1xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c0 : tensor<?x1xf32>
  %e = tensor.empty(%n) : tensor<?x4xf32>
  %y = linalg.generic {indexing_maps = [#all], iterator_types = ["parallel", "parallel"]} outs(%e : tensor<?x4xf32>) {
  ^bb0(%out: f32):
    %i = linalg.index 0 : index
    %one = arith.cmpi eq, %n, %c1 : index
    %sample = arith.select %one, %c0, %i : index
    %0 = tensor.extract %x[%sample, %c0] : tensor<?x1xf32>
    linalg.yield %0 : f32
  } -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// A static function is left alone.
// CHECK-LABEL: func.func @static
// CHECK: arith.muli
func.func @static(%x: tensor<4xf32>, %n: index) -> index {
  %0 = arith.muli %n, %n : index
  return %0 : index
}

// -----

// Rows, and so their scales, are of one sample each.
// CHECK-LABEL: func.func @dynamic_scale_of_rows
func.func @dynamic_scale_of_rows(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %q, %s, %z = nnq.dynamic_qcast %x : tensor<?x4xf32> -> tensor<?x4xi8>, tensor<?xf32>, tensor<?xi32>
  // CHECK: nnq.dynamic_dcast
  %y = nnq.dynamic_dcast %q, %s, %z : tensor<?x4xi8> -> tensor<?x4xf32>, tensor<?xf32>, tensor<?xi32>
  return %y : tensor<?x4xf32>
}

// -----

// The larger of two sizes that are one, as MatMul of ONNX has it of its batches.
// CHECK-LABEL: func.func @larger_of_batches
// CHECK: %[[N:.*]] = tensor.dim %arg0, %{{.*}} : tensor<?x4xf32>
// CHECK: tensor.empty(%[[N]]) : tensor<?x4xf32>
// CHECK-NOT: maxui
func.func @larger_of_batches(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %m = tensor.dim %y, %c0 : tensor<?x4xf32>
  %size = arith.maxui %n, %m : index
  %e = tensor.empty(%size) : tensor<?x4xf32>
  %0 = linalg.add ins(%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

// Tokens come before samples, which come before heads, as attention of torch
// has it.
// CHECK-LABEL: func.func @tokens_first
// CHECK: %[[N:.*]] = tensor.dim %arg0, %{{.*}} : tensor<?x5x6xf32>
// CHECK: tensor.collapse_shape %{{.*}} {{\[\[}}0, 1], [2]] : tensor<5x?x6xf32> into tensor<?x6xf32>
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0, 1], [2]] output_shape [5, %[[N]], 4]
// CHECK: %[[HEADS:.*]] = arith.muli %[[N]], %c2{{.*}} : index
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0], [1, 2]] output_shape [5, %[[HEADS]], 2]
func.func @tokens_first(%x: tensor<?x5x6xf32>, %w: tensor<6x4xf32>) -> tensor<?x5x2x2xf32> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %c5 = arith.constant 5 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?x5x6xf32>
  %te = tensor.empty(%n) : tensor<5x?x6xf32>
  %t = linalg.transpose ins(%x : tensor<?x5x6xf32>) outs(%te : tensor<5x?x6xf32>) permutation = [1, 0, 2]
  %rows = tensor.collapse_shape %t [[0, 1], [2]] : tensor<5x?x6xf32> into tensor<?x6xf32>
  %m = arith.muli %n, %c5 : index
  %e = tensor.empty(%m) : tensor<?x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %0 = linalg.matmul ins(%rows, %w : tensor<?x6xf32>, tensor<6x4xf32>) outs(%f : tensor<?x4xf32>) -> tensor<?x4xf32>
  %samples = arith.divsi %m, %c5 : index
  %1 = tensor.expand_shape %0 [[0, 1], [2]] output_shape [5, %samples, 4] : tensor<?x4xf32> into tensor<5x?x4xf32>
  %2 = tensor.collapse_shape %1 [[0], [1, 2]] : tensor<5x?x4xf32> into tensor<5x?xf32>
  %all = arith.muli %samples, %c4 : index
  %heads = arith.divsi %all, %c2 : index
  %3 = tensor.expand_shape %2 [[0], [1, 2]] output_shape [5, %heads, 2] : tensor<5x?xf32> into tensor<5x?x2xf32>
  %he = tensor.empty(%heads) : tensor<?x5x2xf32>
  %4 = linalg.transpose ins(%3 : tensor<5x?x2xf32>) outs(%he : tensor<?x5x2xf32>) permutation = [1, 0, 2]
  %5 = tensor.expand_shape %4 [[0, 1], [2], [3]] output_shape [%samples, 2, 5, 2] : tensor<?x5x2xf32> into tensor<?x2x5x2xf32>
  %ye = tensor.empty(%samples) : tensor<?x5x2x2xf32>
  %y = linalg.transpose ins(%5 : tensor<?x2x5x2xf32>) outs(%ye : tensor<?x5x2x2xf32>) permutation = [0, 2, 1, 3]
  return %y : tensor<?x5x2x2xf32>
}

// -----

// What is the same everywhere meets samples of any order, and a weight that is
// repeated for each of them meets theirs.
// CHECK-LABEL: func.func @repeated
// CHECK: linalg.batch_matmul
func.func @repeated(%x: tensor<?x2x3x4xf32>, %w: tensor<4x5xf32>) -> tensor<?x2x3x5xf32> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?x2x3x4xf32>
  %we = tensor.empty(%n) : tensor<?x2x4x5xf32>
  %ws = linalg.broadcast ins(%w : tensor<4x5xf32>) outs(%we : tensor<?x2x4x5xf32>) dimensions = [0, 1]
  %a = tensor.collapse_shape %x [[0, 1], [2], [3]] : tensor<?x2x3x4xf32> into tensor<?x3x4xf32>
  %b = tensor.collapse_shape %ws [[0, 1], [2], [3]] : tensor<?x2x4x5xf32> into tensor<?x4x5xf32>
  %m = arith.muli %n, %c2 : index
  %e = tensor.empty(%m) : tensor<?x3x5xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x3x5xf32>) -> tensor<?x3x5xf32>
  %0 = linalg.batch_matmul ins(%a, %b : tensor<?x3x4xf32>, tensor<?x4x5xf32>) outs(%f : tensor<?x3x5xf32>) -> tensor<?x3x5xf32>
  %y = tensor.expand_shape %0 [[0, 1], [2], [3]] output_shape [%n, 2, 3, 5] : tensor<?x3x5xf32> into tensor<?x2x3x5xf32>
  return %y : tensor<?x2x3x5xf32>
}

// -----

// Windows are read at their numbers, which no batch has only one of.
#all = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: func.func @windows
// CHECK-NOT: arith.select
// CHECK: %[[I:.*]] = linalg.index 0
// CHECK: tensor.extract %{{.*}}[%[[I]], %{{.*}}] : tensor<?x1xf32>
func.func @windows(%x: tensor<?x4xf32>) -> tensor<?x4x3xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %m = arith.muli %n, %c4 : index
  %w = tensor.collapse_shape %x [[0, 1]] : tensor<?x4xf32> into tensor<?xf32>
  %w1 = tensor.expand_shape %w [[0, 1]] output_shape [%m, 1] : tensor<?xf32> into tensor<?x1xf32>
  %e = tensor.empty(%m) : tensor<?x3xf32>
  %0 = linalg.generic {indexing_maps = [#all], iterator_types = ["parallel", "parallel"]} outs(%e : tensor<?x3xf32>) {
  ^bb0(%out: f32):
    %i = linalg.index 0 : index
    %one = arith.cmpi eq, %m, %c1 : index
    %at = arith.select %one, %c0, %i : index
    %r = tensor.extract %w1[%at, %c0] : tensor<?x1xf32>
    linalg.yield %r : f32
  } -> tensor<?x3xf32>
  %y = tensor.expand_shape %0 [[0, 1], [2]] output_shape [%n, 4, 3] : tensor<?x3xf32> into tensor<?x4x3xf32>
  return %y : tensor<?x4x3xf32>
}

// -----

// A shape computed at run time splits a dimension with others outside of the
// batch.
// CHECK-LABEL: func.func @reshape_inside
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0, 1], [2]] output_shape [3, %{{.*}}, 4]
func.func @reshape_inside(%x: tensor<?x3x4xf32>) -> tensor<?x3x4xf32> {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %n = tensor.dim %x, %c0 : tensor<?x3x4xf32>
  %te = tensor.empty(%n) : tensor<3x?x4xf32>
  %t = linalg.transpose ins(%x : tensor<?x3x4xf32>) outs(%te : tensor<3x?x4xf32>) permutation = [1, 0, 2]
  %rows = tensor.collapse_shape %t [[0, 1], [2]] : tensor<3x?x4xf32> into tensor<?x4xf32>
  %shape = tensor.from_elements %c3, %n, %c4 : tensor<3xindex>
  %0 = tensor.reshape %rows(%shape) : (tensor<?x4xf32>, tensor<3xindex>) -> tensor<3x?x4xf32>
  %ye = tensor.empty(%n) : tensor<?x3x4xf32>
  %y = linalg.transpose ins(%0 : tensor<3x?x4xf32>) outs(%ye : tensor<?x3x4xf32>) permutation = [1, 0, 2]
  return %y : tensor<?x3x4xf32>
}
