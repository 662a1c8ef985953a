// RUN: nnq-opt %s --nnq-merge-groups --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-merge-groups --nnq-merge-groups --split-input-file | FileCheck %s

// The reshapes on all sides go with the dimension of the groups.
// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, (d1 floordiv 3) * 4 + d4, d2 * 2 + d5, d3 * 2 + d6)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d1, d4, d5, d6)>
// CHECK-DAG: #[[Y:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>
// CHECK-LABEL: @groups
// CHECK-SAME: %[[ARG:.+]]: tensor<1x8x9x9xf32>, %[[WEIGHTS:.+]]: tensor<6x4x3x3xf32>, %[[INIT:.+]]: tensor<1x6x4x4xf32>
// CHECK-NEXT: %[[CONV:.+]] = linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[Y]]]
// CHECK-SAME: ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]
// CHECK-SAME: ins(%[[ARG]], %[[WEIGHTS]] : tensor<1x8x9x9xf32>, tensor<6x4x3x3xf32>)
// CHECK-SAME: outs(%[[INIT]] : tensor<1x6x4x4xf32>) attrs = {nnq.layer = "conv"}
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK-NOT: tensor.
// CHECK: return %[[CONV]]
func.func @groups(%x: tensor<1x8x9x9xf32>, %w: tensor<6x4x3x3xf32>, %init: tensor<1x6x4x4xf32>)
    -> tensor<1x6x4x4xf32> {
  %x5 = tensor.expand_shape %x [[0], [1, 2], [3], [4]] output_shape [1, 2, 4, 9, 9]
    : tensor<1x8x9x9xf32> into tensor<1x2x4x9x9xf32>
  %w5 = tensor.expand_shape %w [[0, 1], [2], [3], [4]] output_shape [2, 3, 4, 3, 3]
    : tensor<6x4x3x3xf32> into tensor<2x3x4x3x3xf32>
  %i5 = tensor.expand_shape %init [[0], [1, 2], [3], [4]] output_shape [1, 2, 3, 4, 4]
    : tensor<1x6x4x4xf32> into tensor<1x2x3x4x4xf32>
  %0 = linalg.conv_2d_ngchw_gfchw {nnq.layer = "conv", strides = dense<2> : vector<2xi64>}
    ins(%x5, %w5 : tensor<1x2x4x9x9xf32>, tensor<2x3x4x3x3xf32>)
    outs(%i5 : tensor<1x2x3x4x4xf32>) -> tensor<1x2x3x4x4xf32>
  %1 = tensor.collapse_shape %0 [[0], [1, 2], [3], [4]]
    : tensor<1x2x3x4x4xf32> into tensor<1x6x4x4xf32>
  return %1 : tensor<1x6x4x4xf32>
}

// -----

// Other readers of the result still see the groups.
// CHECK-LABEL: @result_of_groups
// CHECK: %[[X:.+]] = tensor.collapse_shape %{{.+}} {{\[}}[0], [1, 2], [3], [4]]
// CHECK: %[[W:.+]] = tensor.collapse_shape %{{.+}} {{\[}}[0, 1], [2], [3], [4]]
// CHECK: %[[CONV:.+]] = linalg.generic {{.*}} ins(%[[X]], %[[W]] :
// CHECK: %[[R:.+]] = tensor.expand_shape %[[CONV]] {{\[}}[0], [1, 2], [3], [4]] output_shape [1, 2, 3, 3, 3]
// CHECK: return %[[R]]
func.func @result_of_groups(%x: tensor<1x2x4x3x3xf32>, %w: tensor<2x3x4x1x1xf32>,
    %init: tensor<1x2x3x3x3xf32>) -> tensor<1x2x3x3x3xf32> {
  %0 = linalg.conv_2d_ngchw_gfchw
    ins(%x, %w : tensor<1x2x4x3x3xf32>, tensor<2x3x4x1x1xf32>)
    outs(%init : tensor<1x2x3x3x3xf32>) -> tensor<1x2x3x3x3xf32>
  return %0 : tensor<1x2x3x3x3xf32>
}

// -----

// Weights of these are not in the order of the result.
// CHECK-LABEL: @apart
// CHECK: linalg.conv_2d_ngchw_fgchw
func.func @apart(%x: tensor<1x2x4x3x3xf32>, %w: tensor<3x2x4x1x1xf32>,
    %init: tensor<1x2x3x3x3xf32>) -> tensor<1x2x3x3x3xf32> {
  %0 = linalg.conv_2d_ngchw_fgchw
    ins(%x, %w : tensor<1x2x4x3x3xf32>, tensor<3x2x4x1x1xf32>)
    outs(%init : tensor<1x2x3x3x3xf32>) -> tensor<1x2x3x3x3xf32>
  return %0 : tensor<1x2x3x3x3xf32>
}

// -----

// A scale for each channel of quantized weights belongs to their dimensions.
!q = !quant.uniform<i8:f32:1, {1.0, 0.5, 0.25}>
// CHECK-LABEL: @quantized
// CHECK: linalg.conv_2d_ngchw_gfchw
func.func @quantized(%x: tensor<1x2x4x3x3xf32>, %w: tensor<2x3x4x1x1x!q>,
    %init: tensor<1x2x3x3x3xf32>) -> tensor<1x2x3x3x3xf32> {
  %d = quant.dcast %w : tensor<2x3x4x1x1x!q> to tensor<2x3x4x1x1xf32>
  %0 = linalg.conv_2d_ngchw_gfchw
    ins(%x, %d : tensor<1x2x4x3x3xf32>, tensor<2x3x4x1x1xf32>)
    outs(%init : tensor<1x2x3x3x3xf32>) -> tensor<1x2x3x3x3xf32>
  return %0 : tensor<1x2x3x3x3xf32>
}

// -----

// CHECK-LABEL: @no_groups
// CHECK: linalg.conv_2d_nchw_fchw
// CHECK: linalg.depthwise_conv_2d_nchw_chw
func.func @no_groups(%x: tensor<1x4x3x3xf32>, %w: tensor<4x4x1x1xf32>, %d: tensor<4x1x1xf32>,
    %init: tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32> {
  %0 = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x4x3x3xf32>, tensor<4x4x1x1xf32>)
    outs(%init : tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
  %1 = linalg.depthwise_conv_2d_nchw_chw ins(%0, %d : tensor<1x4x3x3xf32>, tensor<4x1x1xf32>)
    outs(%init : tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
  return %1 : tensor<1x4x3x3xf32>
}

// -----

// Groups of one channel each: a depthwise convolution.
// CHECK-DAG: #[[DX:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2 + d4, d3 + d5)>
// CHECK-DAG: #[[DW:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d1, d4, d5)>
// CHECK-LABEL: @depthwise
// CHECK: %[[X:.+]] = tensor.collapse_shape
// CHECK: %[[W:.+]] = tensor.collapse_shape %{{.+}} {{\[}}[0, 1, 2], [3], [4]]
// CHECK: linalg.generic {indexing_maps = [#[[DX]], #[[DW]],
// CHECK-SAME: ins(%[[X]], %[[W]] : tensor<1x2x5x5xf32>, tensor<2x3x3xf32>)
func.func @depthwise(%x: tensor<1x2x1x5x5xf32>, %w: tensor<2x1x1x3x3xf32>,
    %init: tensor<1x2x1x3x3xf32>) -> tensor<1x2x1x3x3xf32> {
  %0 = linalg.conv_2d_ngchw_gfchw
    ins(%x, %w : tensor<1x2x1x5x5xf32>, tensor<2x1x1x3x3xf32>)
    outs(%init : tensor<1x2x1x3x3xf32>) -> tensor<1x2x1x3x3xf32>
  return %0 : tensor<1x2x1x3x3xf32>
}
