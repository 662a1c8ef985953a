// RUN: nnq-opt %s --nnq-defer-scaling --cse --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-defer-scaling --nnq-defer-scaling --cse --split-input-file | FileCheck %s

#all = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#rows = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>

// CHECK-DAG: #[[ALL:.+]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-DAG: #[[ROWS:.+]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: @softmax
// CHECK-SAME: %[[E:.+]]: tensor<1x12x16x16xf32>, %[[S:.+]]: tensor<1x12x16xf32>, %[[V:.+]]: tensor<12x16x8xf32>
// CHECK-NOT: arith.divf
// CHECK-DAG: %[[FLAT:.+]] = tensor.collapse_shape %[[E]] {{\[\[}}0, 1], [2], [3]]
// CHECK-DAG: %[[SUMS:.+]] = tensor.collapse_shape %[[S]] {{\[\[}}0, 1], [2]]
// CHECK: %[[Y:.+]] = linalg.batch_matmul ins(%[[FLAT]], %[[V]] :
// CHECK: %[[OUT:.+]] = linalg.generic {indexing_maps = [#[[ALL]], #[[ROWS]], #[[ALL]]]
// CHECK-SAME: ins(%[[Y]], %[[SUMS]] : tensor<12x16x8xf32>, tensor<12x16xf32>)
// CHECK-SAME: nnq.layer = "div"
// CHECK: arith.divf
// CHECK: return %[[OUT]]
func.func @softmax(%e: tensor<1x12x16x16xf32>, %s: tensor<1x12x16xf32>, %v: tensor<12x16x8xf32>) -> tensor<12x16x8xf32> {
  %zero = arith.constant 0.0 : f32
  %pe = tensor.empty() : tensor<1x12x16x16xf32>
  %p = linalg.generic {indexing_maps = [#all, #rows, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%e, %s : tensor<1x12x16x16xf32>, tensor<1x12x16xf32>) outs(%pe : tensor<1x12x16x16xf32>) attrs = {nnq.layer = "div"} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %q = arith.divf %a, %b : f32
    linalg.yield %q : f32
  } -> tensor<1x12x16x16xf32>
  %flat = tensor.collapse_shape %p [[0, 1], [2], [3]] : tensor<1x12x16x16xf32> into tensor<12x16x16xf32>
  %ye = tensor.empty() : tensor<12x16x8xf32>
  %yf = linalg.fill ins(%zero : f32) outs(%ye : tensor<12x16x8xf32>) -> tensor<12x16x8xf32>
  %y = linalg.batch_matmul ins(%flat, %v : tensor<12x16x16xf32>, tensor<12x16x8xf32>) outs(%yf : tensor<12x16x8xf32>) -> tensor<12x16x8xf32>
  return %y : tensor<12x16x8xf32>
}

// -----

#all = affine_map<(d0, d1) -> (d0, d1)>
#rows = affine_map<(d0, d1) -> (d0)>

// Any number of rows.
// CHECK-LABEL: @dynamic
// CHECK-SAME: %[[E:.+]]: tensor<?x16xf32>, %[[S:.+]]: tensor<?xf32>
// CHECK: %[[Y:.+]] = linalg.matmul ins(%[[E]],
// CHECK: linalg.generic {{.*}} ins(%[[Y]], %[[S]] : tensor<?x8xf32>, tensor<?xf32>)
// CHECK: arith.mulf
func.func @dynamic(%e: tensor<?x16xf32>, %s: tensor<?xf32>, %v: tensor<16x8xf32>, %pe: tensor<?x16xf32>, %ye: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %zero = arith.constant 0.0 : f32
  %p = linalg.generic {indexing_maps = [#all, #rows, #all], iterator_types = ["parallel", "parallel"]}
      ins(%e, %s : tensor<?x16xf32>, tensor<?xf32>) outs(%pe : tensor<?x16xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %q = arith.mulf %a, %b : f32
    linalg.yield %q : f32
  } -> tensor<?x16xf32>
  %yf = linalg.fill ins(%zero : f32) outs(%ye : tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = linalg.matmul ins(%p, %v : tensor<?x16xf32>, tensor<16x8xf32>) outs(%yf : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

#all = affine_map<(d0, d1) -> (d0, d1)>
#rows = affine_map<(d0, d1) -> (d0)>
#columns = affine_map<(d0, d1) -> (d1)>

// Not where the factor has fewer elements, or is read elsewhere, or where its
// columns are scaled, which are summed up.
// CHECK-LABEL: @stays
// CHECK-COUNT-3: arith.divf
// CHECK: linalg.matmul
func.func @stays(%e: tensor<4x8xf32>, %s: tensor<4xf32>, %c: tensor<8xf32>, %v: tensor<8x16xf32>, %w: tensor<8x2xf32>)
    -> (tensor<4x16xf32>, tensor<4x8xf32>, tensor<4x2xf32>, tensor<4x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %pe = tensor.empty() : tensor<4x8xf32>
  %p = linalg.generic {indexing_maps = [#all, #rows, #all], iterator_types = ["parallel", "parallel"]}
      ins(%e, %s : tensor<4x8xf32>, tensor<4xf32>) outs(%pe : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %q = arith.divf %a, %b : f32
    linalg.yield %q : f32
  } -> tensor<4x8xf32>
  %p1 = linalg.generic {indexing_maps = [#all, #rows, #all], iterator_types = ["parallel", "parallel"]}
      ins(%p, %s : tensor<4x8xf32>, tensor<4xf32>) outs(%pe : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %q = arith.divf %a, %b : f32
    linalg.yield %q : f32
  } -> tensor<4x8xf32>
  %p2 = linalg.generic {indexing_maps = [#all, #columns, #all], iterator_types = ["parallel", "parallel"]}
      ins(%e, %c : tensor<4x8xf32>, tensor<8xf32>) outs(%pe : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %q = arith.divf %a, %b : f32
    linalg.yield %q : f32
  } -> tensor<4x8xf32>
  %ye = tensor.empty() : tensor<4x16xf32>
  %yf = linalg.fill ins(%zero : f32) outs(%ye : tensor<4x16xf32>) -> tensor<4x16xf32>
  %ze = tensor.empty() : tensor<4x2xf32>
  %zf = linalg.fill ins(%zero : f32) outs(%ze : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = linalg.matmul ins(%p1, %v : tensor<4x8xf32>, tensor<8x16xf32>) outs(%yf : tensor<4x16xf32>) -> tensor<4x16xf32>
  %z = linalg.matmul ins(%p, %w : tensor<4x8xf32>, tensor<8x2xf32>) outs(%zf : tensor<4x2xf32>) -> tensor<4x2xf32>
  %z2 = linalg.matmul ins(%p2, %w : tensor<4x8xf32>, tensor<8x2xf32>) outs(%zf : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %y, %p, %z, %z2 : tensor<4x16xf32>, tensor<4x8xf32>, tensor<4x2xf32>, tensor<4x2xf32>
}

// -----

#all = affine_map<(d0, d1) -> (d0, d1)>
#rows = affine_map<(d0, d1) -> (d0)>

// The rows of the result are longer, however many there are.
// CHECK-LABEL: @longer_rows
// CHECK: arith.mulf
// CHECK: linalg.matmul
// CHECK-NOT: linalg.generic
func.func @longer_rows(%e: tensor<?x4xf32>, %s: tensor<?xf32>, %v: tensor<4x8xf32>, %pe: tensor<?x4xf32>, %ye: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %zero = arith.constant 0.0 : f32
  %p = linalg.generic {indexing_maps = [#all, #rows, #all], iterator_types = ["parallel", "parallel"]}
      ins(%e, %s : tensor<?x4xf32>, tensor<?xf32>) outs(%pe : tensor<?x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %q = arith.mulf %a, %b : f32
    linalg.yield %q : f32
  } -> tensor<?x4xf32>
  %yf = linalg.fill ins(%zero : f32) outs(%ye : tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = linalg.matmul ins(%p, %v : tensor<?x4xf32>, tensor<4x8xf32>) outs(%yf : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
