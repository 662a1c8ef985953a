// RUN: nnq-opt %s --nnq-drop-unit-dims --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-drop-unit-dims --nnq-drop-unit-dims --split-input-file \
// RUN:   | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#keep = affine_map<(d0, d1) -> (d0, 0)>
// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.+]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: @reduction_and_reader
// CHECK-SAME: %[[X:.+]]: tensor<4x8xf32>
// CHECK: %[[F:.+]] = linalg.fill {{.+}} -> tensor<4xf32>
// CHECK: %[[S:.+]] = linalg.generic {indexing_maps = [#[[ID]], #[[ROW]]]
// CHECK-SAME: outs(%[[F]] : tensor<4xf32>)
// CHECK-SAME: nnq.layer = "softmax1.reduce"
// CHECK-NOT: tensor.expand_shape
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROW]], #[[ID]]]
// CHECK-SAME: ins(%[[X]], %[[S]] : tensor<4x8xf32>, tensor<4xf32>)
func.func @reduction_and_reader(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x1xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<4x1xf32>) -> tensor<4x1xf32>
  %0 = linalg.generic {indexing_maps = [#id, #keep], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%zero : tensor<4x1xf32>)
      attrs = {nnq.layer = "softmax1.reduce"} {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %out : f32
      linalg.yield %s : f32
  } -> tensor<4x1xf32>
  %f = tensor.empty() : tensor<4x8xf32>
  %1 = linalg.generic {indexing_maps = [#id, #keep, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %0 : tensor<4x8xf32>, tensor<4x1xf32>) outs(%f : tensor<4x8xf32>) {
    ^bb0(%in: f32, %sum: f32, %out: f32):
      %d = arith.divf %in, %sum : f32
      linalg.yield %d : f32
  } -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// -----

// A start of any kind is reshaped, and so is a result that is returned.
#id = affine_map<(d0, d1) -> (d0, d1)>
#none = affine_map<(d0, d1) -> (0, 0)>
// CHECK-LABEL: @whole
// CHECK-SAME: %[[I:[a-z0-9]+]]: tensor<1x1xf32>)
// CHECK: %[[C:.+]] = tensor.collapse_shape %[[I]] [] : tensor<1x1xf32> into tensor<f32>
// CHECK: %[[S:.+]] = linalg.generic
// CHECK-SAME: outs(%[[C]] : tensor<f32>)
// CHECK: %[[R:.+]] = tensor.expand_shape %[[S]] []
// CHECK: return %[[R]]
func.func @whole(%x: tensor<4x8xf32>, %start: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %0 = linalg.generic {indexing_maps = [#id, #none], iterator_types = ["reduction", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%start : tensor<1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %out : f32
      linalg.yield %s : f32
  } -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// -----

// A unit dimension that is a loop stays, and so does a reshape that splits.
#id = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: @unchanged
// CHECK: linalg.generic

// CHECK: %[[E:.+]] = tensor.expand_shape
// CHECK: linalg.generic
// CHECK-SAME: ins(%[[E]] : tensor<4x2xf32>)
func.func @unchanged(%x: tensor<1x8xf32>, %init: tensor<1xf32>, %y: tensor<8xf32>)
    -> (tensor<1xf32>, tensor<4x2xf32>) {
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<1x8xf32>) outs(%init : tensor<1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %out : f32
      linalg.yield %s : f32
  } -> tensor<1xf32>
  %1 = tensor.expand_shape %y [[0, 1]] output_shape [4, 2] : tensor<8xf32> into tensor<4x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%1 : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
    ^bb0(%in: f32, %out: f32):
      %n = arith.negf %in : f32
      linalg.yield %n : f32
  } -> tensor<4x2xf32>
  return %0, %2 : tensor<1xf32>, tensor<4x2xf32>
}

// -----

// Also where the batch is dynamic; its size is that of the start.
#id = affine_map<(d0, d1) -> (d0, d1)>
#keep = affine_map<(d0, d1) -> (d0, 0)>
// CHECK-LABEL: @any_batch
// CHECK-SAME: %[[X:.+]]: tensor<?x8xf32>, %[[N:.+]]: index
// CHECK: %[[S:.+]] = linalg.generic {{.+}} ins(%[[X]] : tensor<?x8xf32>) outs(%{{.+}} : tensor<?xf32>)
// CHECK: tensor.expand_shape %[[S]] {{\[}}[0, 1]] output_shape [%{{.+}}, 1] : tensor<?xf32> into tensor<?x1xf32>
func.func @any_batch(%x: tensor<?x8xf32>, %n: index) -> tensor<?x1xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty(%n) : tensor<?x1xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<?x1xf32>) -> tensor<?x1xf32>
  %0 = linalg.generic {indexing_maps = [#id, #keep], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x8xf32>) outs(%zero : tensor<?x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %out : f32
      linalg.yield %s : f32
  } -> tensor<?x1xf32>
  return %0 : tensor<?x1xf32>
}

// -----

// A broadcast, but not a scaling.
#id = affine_map<(d0, d1) -> (d0, d1)>
#keep = affine_map<(d0, d1) -> (d0, 0)>
// CHECK: #[[ROW:.+]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: @broadcast
// CHECK-SAME: %[[X:.+]]: tensor<4x1xf32>
// CHECK: %[[C:.+]] = tensor.collapse_shape %[[X]] {{\[}}[0, 1]] : tensor<4x1xf32> into tensor<4xf32>
// CHECK: linalg.generic {indexing_maps = [#[[ROW]], #{{.+}}], {{.+}} ins(%[[C]] : tensor<4xf32>)
// CHECK: linalg.generic {{.+}} ins(%[[X]] : tensor<4x1xf32>)
// CHECK: arith.negf
func.func @broadcast(%x: tensor<4x1xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %e = tensor.empty() : tensor<4x8xf32>
  %0 = linalg.generic {indexing_maps = [#keep, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x1xf32>) outs(%e : tensor<4x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
  } -> tensor<4x8xf32>
  %1 = linalg.generic {indexing_maps = [#keep, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x1xf32>) outs(%e : tensor<4x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      %n = arith.negf %in : f32
      linalg.yield %n : f32
  } -> tensor<4x8xf32>
  return %0, %1 : tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// Repeated rows and columns of an image are no broadcast along the batch.
#image = affine_map<(d0, d1, d2, d3) -> (0, d1, d2)>
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-LABEL: @repeated_image
// CHECK-NOT: tensor.collapse_shape
func.func @repeated_image(%x: tensor<1x4x8xf32>) -> tensor<1x4x8x2xf32> {
  %e = tensor.empty() : tensor<1x4x8x2xf32>
  %0 = linalg.generic {indexing_maps = [#image, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x : tensor<1x4x8xf32>) outs(%e : tensor<1x4x8x2xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
  } -> tensor<1x4x8x2xf32>
  return %0 : tensor<1x4x8x2xf32>
}
