// RUN: nnq-opt %s --nnq-drop-dead-results --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-drop-dead-results --nnq-drop-dead-results \
// RUN:   --split-input-file | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: @index_of_maximum
// CHECK: %[[M:.+]] = linalg.generic
// CHECK-SAME: attrs = {nnq.layer = "softmax1"}
// CHECK-NEXT: ^bb0(%[[IN:.+]]: f32, %[[OUT:.+]]: f32):
// CHECK-NEXT: %[[MAX:.+]] = arith.maximumf %[[IN]], %[[OUT]]
// CHECK-NEXT: linalg.yield %[[MAX]] : f32
// CHECK: return %[[M]]
func.func @index_of_maximum(%x: tensor<2x8xf32>, %low: tensor<2xf32>, %zero: tensor<2xi64>)
    -> tensor<2xf32> {
  %0:2 = linalg.generic {indexing_maps = [#id, #row, #row],
      iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<2x8xf32>) outs(%low, %zero : tensor<2xf32>, tensor<2xi64>)
      attrs = {nnq.layer = "softmax1"} {
    ^bb0(%in: f32, %max: f32, %at: i64):
      %i = linalg.index 1 : index
      %j = arith.index_cast %i : index to i64
      %1 = arith.maximumf %in, %max : f32
      %2 = arith.cmpf ogt, %in, %max : f32
      %3 = arith.select %2, %j, %at : i64
      linalg.yield %1, %3 : f32, i64
  } -> (tensor<2xf32>, tensor<2xi64>)
  return %0#0 : tensor<2xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: @both_read
// CHECK: linalg.yield %{{.+}}, %{{.+}} : f32, f32
func.func @both_read(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %e = tensor.empty() : tensor<2xf32>
  %0:2 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<2xf32>) outs(%e, %e : tensor<2xf32>, tensor<2xf32>) {
    ^bb0(%in: f32, %o0: f32, %o1: f32):
      %1 = arith.negf %in : f32
      %2 = math.exp %in : f32
      linalg.yield %1, %2 : f32, f32
  } -> (tensor<2xf32>, tensor<2xf32>)
  return %0#0, %0#1 : tensor<2xf32>, tensor<2xf32>
}

// -----

// Folders would make nothing of the two casts, which round.
!q = !quant.uniform<i8:f32, 0.5>
// CHECK-LABEL: @quantized
// CHECK: quant.qcast
// CHECK: quant.dcast
func.func @quantized(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = quant.qcast %x : tensor<2xf32> to tensor<2x!q>
  %1 = quant.dcast %0 : tensor<2x!q> to tensor<2xf32>
  return %1 : tensor<2xf32>
}
