// RUN: nnq-opt %s --nnq-quantize=activation-granularity=per-row --split-input-file --remarks-filter=nnq-quantize 2>%t.log | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t.log

#x = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
#w = affine_map<(d0, d1, d2, d3) -> (d3, d2)>
#y = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>

// Layers that read the same rows share them; statistics do not matter.
// CHECK-LABEL: @rows
// CHECK-SAME: %[[X:.+]]: tensor<2x5x8xf32>
// CHECK: %[[Q:.+]], %[[S:.+]], %[[Z:.+]] = nnq.dynamic_qcast %[[X]] : tensor<2x5x8xf32> -> tensor<2x5x8xi8>, tensor<2x5xf32>, tensor<2x5xi32>
// CHECK: %[[D:.+]] = nnq.dynamic_dcast %[[Q]], %[[S]], %[[Z]] :
// CHECK-NOT: dynamic_qcast
// CHECK: linalg.generic {{.*}} ins(%[[D]],
// CHECK-NOT: dynamic_qcast
// CHECK: linalg.generic {{.*}} ins(%[[D]],
func.func @rows(%x: tensor<2x5x8xf32> {nnq.stats = #nnq.tensor_stats<min = -1.0, max = 1.0, mean = 0.0, second_moment = 1.0, count = 9, histogram = []>},
    %f: tensor<2x5x3xf32>) -> (tensor<2x5x3xf32>, tensor<2x5x3xf32>) {
  %w = arith.constant dense<7.0> : tensor<8x3xf32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x5x8xf32>, tensor<8x3xf32>) outs(%f : tensor<2x5x3xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x5x3xf32>
  %1 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x5x8xf32>, tensor<8x3xf32>) outs(%f : tensor<2x5x3xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x5x3xf32>
  return %0, %1 : tensor<2x5x3xf32>, tensor<2x5x3xf32>
}

// -----

// A convolution has no rows, nor has a matrix whose columns are summed up.
// CHECK-LABEL: @no_rows
// CHECK-DAG: nnq.dynamic_qcast %{{.+}} : tensor<1x2x4x4xf32> -> tensor<1x2x4x4xi8>{{$}}
// CHECK-DAG: nnq.dynamic_qcast %{{.+}} : tensor<8x5xf32> -> tensor<8x5xi8>{{$}}
// REMARK: Reason="rows are of products of matrices", Remark="the activation of layer 'conv' has one scale"
// REMARK: the activation of layer 'columns' has one scale
func.func @no_rows(%x: tensor<1x2x4x4xf32>, %f: tensor<1x3x4x4xf32>,
    %a: tensor<8x5xf32>, %g: tensor<5x3xf32>) -> (tensor<1x3x4x4xf32>, tensor<5x3xf32>) {
  %w = arith.constant dense<7.0> : tensor<3x2x1x1xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv"}
    ins(%x, %w : tensor<1x2x4x4xf32>, tensor<3x2x1x1xf32>)
    outs(%f : tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  %v = arith.constant dense<7.0> : tensor<8x3xf32>
  %1 = linalg.matmul
    indexing_maps = [affine_map<(d0, d1, d2) -> (d2, d0)>, affine_map<(d0, d1, d2) -> (d2, d1)>,
                     affine_map<(d0, d1, d2) -> (d0, d1)>]
    {nnq.layer = "columns"}
    ins(%a, %v : tensor<8x5xf32>, tensor<8x3xf32>) outs(%g : tensor<5x3xf32>) -> tensor<5x3xf32>
  return %0, %1 : tensor<1x3x4x4xf32>, tensor<5x3xf32>
}
