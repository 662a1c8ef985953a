// RUN: nnq-opt %s --nnq-raise-pooling | FileCheck %s

#in = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#out = affine_map<(d0, d1, d2, d3) -> (d0, d1)>

// CHECK-LABEL: func.func @sum
// CHECK-SAME:      %[[X:.*]]: tensor<?x8x7x5xf32>
// CHECK:         %[[INIT:.*]] = linalg.fill {{.*}} -> tensor<?x8x1x1xf32>
// CHECK:         %[[WINDOW:.*]] = tensor.empty() : tensor<7x5xf32>
// CHECK:         %[[R:.*]] = linalg.pooling_nchw_sum {dilations = dense<1> : {{.*}}nnq.layer = "avgpool", strides = dense<1>
// CHECK-SAME:      ins(%[[X]], %[[WINDOW]] : {{.*}}) outs(%[[INIT]] :
// CHECK-NOT:     expand_shape
// CHECK:         return %[[R]]
func.func @sum(%x: tensor<?x8x7x5xf32>) -> tensor<?x8x1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x8x7x5xf32>
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %0 = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x : tensor<?x8x7x5xf32>) outs(%f : tensor<?x8xf32>) attrs = {nnq.layer = "avgpool"} {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<?x8xf32>
  %1 = tensor.expand_shape %0 [[0], [1, 2, 3]] output_shape [%n, 8, 1, 1] : tensor<?x8xf32> into tensor<?x8x1x1xf32>
  return %1 : tensor<?x8x1x1xf32>
}

// CHECK-LABEL: func.func @max
// CHECK:         linalg.pooling_nchw_max
// CHECK-NOT:     expand_shape
func.func @max(%x: tensor<1x8x7x5xf32>) -> tensor<1x8x1x1xf32> {
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<1x8xf32>
  %f = linalg.fill ins(%low : f32) outs(%e : tensor<1x8xf32>) -> tensor<1x8xf32>
  %0 = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x : tensor<1x8x7x5xf32>) outs(%f : tensor<1x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.maximumf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<1x8xf32>
  %1 = tensor.expand_shape %0 [[0], [1, 2, 3]] output_shape [1, 8, 1, 1] : tensor<1x8xf32> into tensor<1x8x1x1xf32>
  return %1 : tensor<1x8x1x1xf32>
}

// Of a vector of channels, and of products: no pools.
// CHECK-LABEL: func.func @others
// CHECK-NOT:     linalg.pooling
func.func @others(%x: tensor<1x8x7x5xf32>) -> (tensor<1x8xf32>, tensor<1x8x1x1xf32>, tensor<1x2x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x8xf32>) -> tensor<1x8xf32>
  %0 = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x : tensor<1x8x7x5xf32>) outs(%f : tensor<1x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<1x8xf32>
  %1 = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x : tensor<1x8x7x5xf32>) outs(%f : tensor<1x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.mulf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<1x8xf32>
  %2 = tensor.expand_shape %1 [[0], [1, 2, 3]] output_shape [1, 8, 1, 1] : tensor<1x8xf32> into tensor<1x8x1x1xf32>
  %3 = tensor.expand_shape %0 [[0], [1, 2]] output_shape [1, 2, 4] : tensor<1x8xf32> into tensor<1x2x4xf32>
  return %0, %2, %3 : tensor<1x8xf32>, tensor<1x8x1x1xf32>, tensor<1x2x4xf32>
}
