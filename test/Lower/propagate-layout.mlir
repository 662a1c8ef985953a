// RUN: nnq-opt %s --nnq-generalize --nnq-propagate-layout --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-generalize --nnq-propagate-layout --nnq-propagate-layout \
// RUN:   --split-input-file | FileCheck %s

// An input of one channel has the layout already, up to a reshape; the result
// goes back at the edge.
// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[BACK:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d3, d1)>
// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d5, d2 + d6, d4)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3, d4, d5, d6)>
// CHECK-DAG: #[[Y:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>
// CHECK-LABEL: @one_channel
// CHECK-SAME: %[[ARG:.+]]: tensor<1x1x8x8xf32>, %[[WEIGHTS:.+]]: tensor<
// CHECK: %[[FLAT:.+]] = tensor.collapse_shape %[[ARG]]
// CHECK: %[[IN:.+]] = tensor.expand_shape %[[FLAT]] {{.*}} into tensor<1x8x8x1xf32>
// CHECK: linalg.fill {{.*}} -> tensor<1x6x6x4xf32>
// CHECK: %[[CONV:.+]] = linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[Y]]]
// CHECK-SAME: ins(%[[IN]], %[[WEIGHTS]] :
// CHECK-SAME: outs(%{{.+}} : tensor<1x6x6x4xf32>)
// CHECK-SAME: nnq.layer = "conv"
// CHECK: %[[OUT:.+]] = linalg.generic {indexing_maps = [#[[BACK]], #[[ID]]]
// CHECK-SAME: ins(%[[CONV]] : tensor<1x6x6x4xf32>) outs(%{{.+}} : tensor<1x4x6x6xf32>)
// CHECK-NOT: linalg.generic
// CHECK: return %[[OUT]]
func.func @one_channel(%x: tensor<1x1x8x8xf32>, %w: tensor<4x1x3x3xf32>) -> tensor<1x4x6x6xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x4x6x6xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv"}
    ins(%x, %w : tensor<1x1x8x8xf32>, tensor<4x1x3x3xf32>)
    outs(%f : tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

// Between two convolutions the pool follows; only the edges are transposed.
// CHECK-DAG: #[[IN:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d3, d1, d2)>
// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[POOL:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 * 2 + d4, d2 * 2 + d5, d3)>
// CHECK-DAG: #[[BACK:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d3, d1)>
// CHECK-LABEL: @conv_pool_conv
// CHECK: %[[X:.+]] = linalg.generic {indexing_maps = [#[[IN]], #[[ID]]]{{.*}} outs(%{{.+}} : tensor<2x10x10x3xf32>)
// CHECK: %[[C1:.+]] = linalg.generic {{.*}} ins(%[[X]],
// CHECK-SAME: outs(%{{.+}} : tensor<2x8x8x4xf32>)
// CHECK: %[[P:.+]] = linalg.generic {indexing_maps = [#[[POOL]], {{.*}}ins(%[[C1]],
// CHECK-SAME: outs(%{{.+}} : tensor<2x4x4x4xf32>)
// CHECK: %[[C2:.+]] = linalg.generic {{.*}} ins(%[[P]],
// CHECK-SAME: outs(%{{.+}} : tensor<2x2x2x5xf32>)
// CHECK: linalg.generic {indexing_maps = [#[[BACK]], #[[ID]]]{{.*}} ins(%[[C2]] :
// CHECK-NOT: linalg.generic
func.func @conv_pool_conv(%x: tensor<2x3x10x10xf32>, %w1: tensor<4x3x3x3xf32>,
    %w2: tensor<5x4x3x3xf32>) -> tensor<2x5x2x2xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %e1 = tensor.empty() : tensor<2x4x8x8xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %0 = linalg.conv_2d_nchw_fchw ins(%x, %w1 : tensor<2x3x10x10xf32>, tensor<4x3x3x3xf32>)
    outs(%f1 : tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %ew = tensor.empty() : tensor<2x2xf32>
  %ep = tensor.empty() : tensor<2x4x4x4xf32>
  %fp = linalg.fill ins(%lowest : f32) outs(%ep : tensor<2x4x4x4xf32>) -> tensor<2x4x4x4xf32>
  %1 = linalg.pooling_nchw_max {strides = dense<2> : vector<2xi64>}
    ins(%0, %ew : tensor<2x4x8x8xf32>, tensor<2x2xf32>) outs(%fp : tensor<2x4x4x4xf32>) -> tensor<2x4x4x4xf32>
  %e2 = tensor.empty() : tensor<2x5x2x2xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<2x5x2x2xf32>) -> tensor<2x5x2x2xf32>
  %2 = linalg.conv_2d_nchw_fchw ins(%1, %w2 : tensor<2x4x4x4xf32>, tensor<5x4x3x3xf32>)
    outs(%f2 : tensor<2x5x2x2xf32>) -> tensor<2x5x2x2xf32>
  return %2 : tensor<2x5x2x2xf32>
}

// -----

#x = affine_map<(n, o, c, h, w) -> (n, c, h, w)>
#w = affine_map<(n, o, c, h, w) -> (o, c, h, w)>
#y = affine_map<(n, o, c, h, w) -> (n, o)>

// The contraction behind a convolution reads the new layout by its map: neither
// a transpose nor a reshape is left.
// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d4, d2)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, d2, d3, d4)>
// CHECK-LABEL: @flatten_to_linear
// CHECK: %[[C:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x6x6x4xf32>)
// CHECK: %[[L:.+]] = linalg.generic {indexing_maps = [#[[X]], #[[W]], {{.*}} ins(%[[C]],
// CHECK: return %[[L]]
func.func @flatten_to_linear(%x: tensor<1x1x8x8xf32>, %w: tensor<4x1x3x3xf32>,
    %wl: tensor<10x4x6x6xf32>) -> tensor<1x10xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x4x6x6xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
  %0 = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x1x8x8xf32>, tensor<4x1x3x3xf32>)
    outs(%f : tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
  %el = tensor.empty() : tensor<1x10xf32>
  %fl = linalg.fill ins(%zero : f32) outs(%el : tensor<1x10xf32>) -> tensor<1x10xf32>
  %1 = linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%0, %wl : tensor<1x4x6x6xf32>, tensor<10x4x6x6xf32>) outs(%fl : tensor<1x10xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x10xf32>
  return %1 : tensor<1x10xf32>
}

// -----

// Both operands of a residual addition come in the new layout, and the bias of
// the channel moves to the last dimension.
// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[LAST:.+]] = affine_map<(d0, d1, d2, d3) -> (d3)>
// CHECK-LABEL: @residual
// CHECK-SAME: %{{.+}}: tensor<1x1x4x4xf32>, %{{.+}}: tensor<{{.+}}>, %{{.+}}: tensor<{{.+}}>, %[[B:.+]]: tensor<4xf32>
// CHECK: %[[L:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x4x4x4xf32>)
// CHECK: arith.mulf
// CHECK: %[[R:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x4x4x4xf32>)
// CHECK: arith.mulf
// CHECK: %[[SUM:.+]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[LAST]], #[[ID]]]
// CHECK-SAME: ins(%[[L]], %[[R]], %[[B]] :
// One transpose, at the result.
// CHECK: linalg.generic {{.*}} ins(%[[SUM]] :
// CHECK-NOT: linalg.generic
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#channel = affine_map<(d0, d1, d2, d3) -> (d1)>
func.func @residual(%x: tensor<1x1x4x4xf32>, %w: tensor<4x1x1x1xf32>, %v: tensor<4x1x1x1xf32>,
    %b: tensor<4xf32>) -> tensor<1x4x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x4x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %0 = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x1x4x4xf32>, tensor<4x1x1x1xf32>)
    outs(%f : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %1 = linalg.conv_2d_nchw_fchw ins(%x, %v : tensor<1x1x4x4xf32>, tensor<4x1x1x1xf32>)
    outs(%f : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id, #channel, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %1, %b : tensor<1x4x4x4xf32>, tensor<1x4x4x4xf32>, tensor<4xf32>)
      outs(%e : tensor<1x4x4x4xf32>) {
  ^bb0(%a: f32, %c: f32, %d: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    %t = arith.addf %s, %d : f32
    linalg.yield %t : f32
  } -> tensor<1x4x4x4xf32>
  return %2 : tensor<1x4x4x4xf32>
}

// -----

#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>

// One operand of an addition in the new layout and one in the old need no
// transpose.
// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[OLD:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d3, d1, d2)>
// CHECK-LABEL: @mixed_operands
// CHECK-SAME: %[[ARG:[a-z0-9]+]]: tensor<1x4x4x4xf32>) ->
// CHECK: %[[C:.+]] = linalg.generic {{.*}}"reduction"
// CHECK: arith.mulf
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[OLD]], #[[ID]]]{{.*}} ins(%[[C]], %[[ARG]] :
// CHECK: arith.addf
func.func @mixed_operands(%x: tensor<1x4x4x4xf32>, %w: tensor<4x4x1x1xf32>,
    %y: tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x4x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %0 = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x4x4x4xf32>, tensor<4x4x1x1xf32>)
    outs(%f : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %y : tensor<1x4x4x4xf32>, tensor<1x4x4x4xf32>) outs(%e : tensor<1x4x4x4xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<1x4x4x4xf32>
  return %1 : tensor<1x4x4x4xf32>
}

// -----

// Transposes that are there already are taken for what they are: that between
// the two convolutions goes, the network keeps its layout.
// CHECK-LABEL: @transposes_of_the_network
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<1x8x8x3xf32>
// CHECK: %[[C1:.+]] = linalg.generic {{.*}} ins(%[[X]], %{{[^ ]+}} :
// CHECK-SAME: outs(%{{.+}} : tensor<1x6x6x4xf32>)
// CHECK: %[[C2:.+]] = linalg.generic {{.*}} ins(%[[C1]], %{{[^ ]+}} :
// CHECK-SAME: outs(%{{.+}} : tensor<1x4x4x5xf32>)
// CHECK-NOT: linalg.generic
// CHECK: return %[[C2]]
func.func @transposes_of_the_network(%x: tensor<1x8x8x3xf32>, %w1: tensor<3x3x3x4xf32>,
    %w2: tensor<5x4x3x3xf32>) -> tensor<1x4x4x5xf32> {
  %zero = arith.constant 0.0 : f32
  %e1 = tensor.empty() : tensor<1x6x6x4xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x6x6x4xf32>) -> tensor<1x6x6x4xf32>
  %0 = linalg.conv_2d_nhwc_hwcf ins(%x, %w1 : tensor<1x8x8x3xf32>, tensor<3x3x3x4xf32>)
    outs(%f1 : tensor<1x6x6x4xf32>) -> tensor<1x6x6x4xf32>
  %et = tensor.empty() : tensor<1x4x6x6xf32>
  %t = linalg.transpose ins(%0 : tensor<1x6x6x4xf32>) outs(%et : tensor<1x4x6x6xf32>) permutation = [0, 3, 1, 2]
  %e2 = tensor.empty() : tensor<1x5x4x4xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x5x4x4xf32>) -> tensor<1x5x4x4xf32>
  %1 = linalg.conv_2d_nchw_fchw ins(%t, %w2 : tensor<1x4x6x6xf32>, tensor<5x4x3x3xf32>)
    outs(%f2 : tensor<1x5x4x4xf32>) -> tensor<1x5x4x4xf32>
  %eu = tensor.empty() : tensor<1x4x4x5xf32>
  %u = linalg.transpose ins(%1 : tensor<1x5x4x4xf32>) outs(%eu : tensor<1x4x4x5xf32>) permutation = [0, 2, 3, 1]
  return %u : tensor<1x4x4x5xf32>
}

// -----

// A pool whose result somebody else reads keeps the layout of the network; the
// transpose behind it does not take its place.
// CHECK-LABEL: @pad_before_pool
// CHECK: %[[P:.+]] = tensor.pad
// CHECK: %[[POOL:.+]] = linalg.generic {{.*}} ins(%[[P]],
// CHECK: arith.maximumf
// CHECK: %[[T:.+]] = linalg.generic {{.*}} ins(%[[POOL]] : tensor<1x3x2x2xf32>) outs(%{{.+}} : tensor<1x2x2x3xf32>)
// CHECK: %[[C:.+]] = linalg.generic {{.*}} ins(%[[T]],
// CHECK: arith.mulf
// CHECK: return %[[POOL]],
func.func @pad_before_pool(%x: tensor<1x3x2x2xf32>, %w: tensor<4x3x1x1xf32>)
    -> (tensor<1x3x2x2xf32>, tensor<1x4x2x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %lowest : f32
  } : tensor<1x3x2x2xf32> to tensor<1x3x4x4xf32>
  %ew = tensor.empty() : tensor<2x2xf32>
  %ep = tensor.empty() : tensor<1x3x2x2xf32>
  %fp = linalg.fill ins(%lowest : f32) outs(%ep : tensor<1x3x2x2xf32>) -> tensor<1x3x2x2xf32>
  %0 = linalg.pooling_nchw_max {strides = dense<2> : vector<2xi64>}
    ins(%p, %ew : tensor<1x3x4x4xf32>, tensor<2x2xf32>) outs(%fp : tensor<1x3x2x2xf32>) -> tensor<1x3x2x2xf32>
  %e = tensor.empty() : tensor<1x4x2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
  %1 = linalg.conv_2d_nchw_fchw ins(%0, %w : tensor<1x3x2x2xf32>, tensor<4x3x1x1xf32>)
    outs(%f : tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
  return %0, %1 : tensor<1x3x2x2xf32>, tensor<1x4x2x2xf32>
}

// -----

// Two readers that see the channel in different dimensions: one gets the result
// as the convolution leaves it, one a transpose, and nothing is computed twice.
// CHECK-LABEL: @two_layouts
// CHECK: %[[C:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x4x6x2xf32>)
// CHECK: arith.mulf
// CHECK: linalg.generic {{.*}} ins(%[[C]] : tensor<1x4x6x2xf32>) outs(%{{.+}} : tensor<1x2x4x6xf32>)
// CHECK-NOT: arith.mulf
// CHECK: linalg.yield
// CHECK: linalg.generic {{.*}} ins(%[[C]],
// CHECK: arith.mulf
// CHECK: arith.mulf
// CHECK-NOT: arith.mulf
func.func @two_layouts(%x: tensor<1x1x4x6xf32>, %w: tensor<2x1x1x1xf32>, %w1: tensor<3x2x1x1xf32>,
    %w2: tensor<1x1x6x5xf32>) -> (tensor<1x3x4x6xf32>, tensor<1x2x4x5xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2x4x6xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x4x6xf32>) -> tensor<1x2x4x6xf32>
  %0 = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x1x4x6xf32>, tensor<2x1x1x1xf32>)
    outs(%f : tensor<1x2x4x6xf32>) -> tensor<1x2x4x6xf32>
  %e1 = tensor.empty() : tensor<1x3x4x6xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x3x4x6xf32>) -> tensor<1x3x4x6xf32>
  %1 = linalg.conv_2d_nchw_fchw ins(%0, %w1 : tensor<1x2x4x6xf32>, tensor<3x2x1x1xf32>)
    outs(%f1 : tensor<1x3x4x6xf32>) -> tensor<1x3x4x6xf32>
  %e2 = tensor.empty() : tensor<1x2x4x5xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2x4x5xf32>) -> tensor<1x2x4x5xf32>
  %2 = linalg.conv_2d_nhwc_hwcf ins(%0, %w2 : tensor<1x2x4x6xf32>, tensor<1x1x6x5xf32>)
    outs(%f2 : tensor<1x2x4x5xf32>) -> tensor<1x2x4x5xf32>
  return %1, %2 : tensor<1x3x4x6xf32>, tensor<1x2x4x5xf32>
}

// -----

// A pad between convolutions follows; one at the edge is transposed before it
// grows.
// CHECK-LABEL: @pads
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<1x3x4x4xf32>
// CHECK: %[[T:.+]] = linalg.generic {{.*}} ins(%[[X]] : tensor<1x3x4x4xf32>) outs(%{{.+}} : tensor<1x4x4x3xf32>)
// CHECK: %[[P1:.+]] = tensor.pad %[[T]] low[0, 1, 2, 0] high[0, 3, 4, 0]
// CHECK: nnq.layer = "pad1"
// CHECK-SAME: tensor<1x4x4x3xf32> to tensor<1x8x10x3xf32>
// CHECK: %[[C1:.+]] = linalg.generic {{.*}} ins(%[[P1]],
// CHECK: arith.mulf
// CHECK: %[[P2:.+]] = tensor.pad %[[C1]] low[0, 1, 1, 2] high[0, 1, 1, 0]
// CHECK: tensor<1x8x10x4xf32> to tensor<1x10x12x6xf32>
// CHECK: linalg.generic {{.*}} ins(%[[P2]],
// CHECK: arith.mulf
// One transpose, at the result.
// CHECK: linalg.generic {{.*}} outs(%{{.+}} : tensor<1x5x10x12xf32>)
// CHECK-NOT: linalg.generic
func.func @pads(%x: tensor<1x3x4x4xf32>, %w1: tensor<4x3x1x1xf32>, %w2: tensor<5x6x1x1xf32>)
    -> tensor<1x5x10x12xf32> {
  %zero = arith.constant 0.0 : f32
  %p1 = tensor.pad %x low[0, 0, 1, 2] high[0, 0, 3, 4] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } {nnq.layer = "pad1"} : tensor<1x3x4x4xf32> to tensor<1x3x8x10xf32>
  %e1 = tensor.empty() : tensor<1x4x8x10xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x4x8x10xf32>) -> tensor<1x4x8x10xf32>
  %0 = linalg.conv_2d_nchw_fchw ins(%p1, %w1 : tensor<1x3x8x10xf32>, tensor<4x3x1x1xf32>)
    outs(%f1 : tensor<1x4x8x10xf32>) -> tensor<1x4x8x10xf32>
  %p2 = tensor.pad %0 low[0, 2, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x4x8x10xf32> to tensor<1x6x10x12xf32>
  %e2 = tensor.empty() : tensor<1x5x10x12xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x5x10x12xf32>) -> tensor<1x5x10x12xf32>
  %1 = linalg.conv_2d_nchw_fchw ins(%p2, %w2 : tensor<1x6x10x12xf32>, tensor<5x6x1x1xf32>)
    outs(%f2 : tensor<1x5x10x12xf32>) -> tensor<1x5x10x12xf32>
  return %1 : tensor<1x5x10x12xf32>
}

// -----

// A strided slice between convolutions follows.
// CHECK-LABEL: @slice
// CHECK: tensor.extract_slice %{{.+}}[0, 0, 0, 0] [1, 3, 3, 4] [1, 2, 2, 1]
// CHECK-SAME: tensor<1x6x6x4xf32> to tensor<1x3x3x4xf32>
func.func @slice(%x: tensor<1x1x8x8xf32>, %w: tensor<4x1x3x3xf32>, %w2: tensor<2x4x3x3xf32>) -> tensor<1x2x1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x4x6x6xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
  %0 = linalg.conv_2d_nchw_fchw
    ins(%x, %w : tensor<1x1x8x8xf32>, tensor<4x1x3x3xf32>)
    outs(%f : tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
  %1 = tensor.extract_slice %0[0, 0, 0, 0] [1, 4, 3, 3] [1, 1, 2, 2] : tensor<1x4x6x6xf32> to tensor<1x4x3x3xf32>
  %e2 = tensor.empty() : tensor<1x2x1x1xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  %2 = linalg.conv_2d_nchw_fchw
    ins(%1, %w2 : tensor<1x4x3x3xf32>, tensor<2x4x3x3xf32>)
    outs(%f2 : tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  return %2 : tensor<1x2x1x1xf32>
}

// -----

// An observer reads the tensor as it is stored, before any other reader.
// CHECK-LABEL: @observed
// CHECK: %[[C1:.+]] = linalg.generic
// CHECK: arith.mulf
// CHECK: nnq.observe %[[C1]] {id = 0 : i64} : tensor<1x6x6x4xf32>
// CHECK: linalg.generic {{.*}} ins(%[[C1]],
// CHECK: arith.mulf
// CHECK: linalg.generic {{.*}} outs(%{{.+}} : tensor<1x2x4x4xf32>)
// CHECK-NOT: linalg.generic
func.func @observed(%x: tensor<1x1x8x8xf32>, %w: tensor<4x1x3x3xf32>, %w2: tensor<2x4x3x3xf32>) -> tensor<1x2x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x4x6x6xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
  %0 = linalg.conv_2d_nchw_fchw
    ins(%x, %w : tensor<1x1x8x8xf32>, tensor<4x1x3x3xf32>)
    outs(%f : tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
  nnq.observe %0 {id = 0 : i64} : tensor<1x4x6x6xf32>
  %e2 = tensor.empty() : tensor<1x2x4x4xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = linalg.conv_2d_nchw_fchw
    ins(%0, %w2 : tensor<1x4x6x6xf32>, tensor<2x4x3x3xf32>)
    outs(%f2 : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return %1 : tensor<1x2x4x4xf32>
}

// -----

// One that minds the order of elements reads it as it was.
// CHECK-LABEL: @observed_in_order
// CHECK: linalg.generic
// CHECK: arith.mulf
// CHECK: %[[BACK:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x4x6x6xf32>)
// CHECK: nnq.observe %[[BACK]] {id = 0 : i64, ordered} : tensor<1x4x6x6xf32>
func.func @observed_in_order(%x: tensor<1x1x8x8xf32>, %w: tensor<4x1x3x3xf32>, %w2: tensor<2x4x3x3xf32>) -> tensor<1x2x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x4x6x6xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
  %0 = linalg.conv_2d_nchw_fchw
    ins(%x, %w : tensor<1x1x8x8xf32>, tensor<4x1x3x3xf32>)
    outs(%f : tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
  nnq.observe %0 {id = 0 : i64, ordered} : tensor<1x4x6x6xf32>
  %e2 = tensor.empty() : tensor<1x2x4x4xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = linalg.conv_2d_nchw_fchw
    ins(%0, %w2 : tensor<1x4x6x6xf32>, tensor<2x4x3x3xf32>)
    outs(%f2 : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return %1 : tensor<1x2x4x4xf32>
}

// -----

// A convolution over groups takes channels last as any other.
#x = affine_map<(n, f, h, w, c, i, j) -> (n, (f floordiv 3) * 2 + c, h + i, w + j)>
#w = affine_map<(n, f, h, w, c, i, j) -> (f, c, i, j)>
#y = affine_map<(n, f, h, w, c, i, j) -> (n, f, h, w)>
// CHECK-DAG: #[[GX:.+]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d5, d2 + d6, (d3 floordiv 3) * 2 + d4)>
// CHECK-LABEL: @groups
// CHECK: linalg.generic {indexing_maps = [#[[GX]],
// CHECK-SAME: ins(%{{.+}}, %{{.+}} : tensor<1x5x5x4xf32>, tensor<6x2x3x3xf32>) outs(%{{.+}} : tensor<1x3x3x6xf32>)
func.func @groups(%x: tensor<1x4x5x5xf32>, %w: tensor<6x2x3x3xf32>, %f: tensor<1x6x3x3xf32>) -> tensor<1x6x3x3xf32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x4x5x5xf32>, tensor<6x2x3x3xf32>) outs(%f : tensor<1x6x3x3xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x6x3x3xf32>
  return %0 : tensor<1x6x3x3xf32>
}

// -----

#id = affine_map<(a, b, c, d) -> (a, b, c, d)>
#id6 = affine_map<(n, c, h, i, w, j) -> (n, c, h, i, w, j)>
#rows = affine_map<(n, c, h, i, w, j) -> (n, c, h, w)>

// Parts of a concatenation, of a tensor that is put together by rows, and of
// one that repeats rows and columns have channels last with the whole.
// CHECK-LABEL: @parts
// CHECK: %[[BOTH:.+]] = tensor.concat dim(3) %[[CONV:.+]], %[[CONV]] : (tensor<1x3x3x6xf32>, tensor<1x3x3x6xf32>) -> tensor<1x3x3x12xf32>
// CHECK: %[[E:.+]] = tensor.empty() : tensor<1x6x3x12xf32>
// CHECK: %[[P0:.+]] = tensor.insert_slice %[[BOTH]] into %[[E]][0, 0, 0, 0] [1, 3, 3, 12] [1, 2, 1, 1]
// CHECK: %[[P1:.+]] = tensor.insert_slice %[[BOTH]] into %[[P0]][0, 1, 0, 0] [1, 3, 3, 12] [1, 2, 1, 1]
// CHECK: %[[UP:.+]] = linalg.generic {{.*}} ins(%[[P1]] : tensor<1x6x3x12xf32>) outs(%{{.+}} : tensor<1x6x2x3x2x12xf32>)
// CHECK: %[[IMAGE:.+]] = tensor.collapse_shape %[[UP]] {{\[}}[0], [1, 2], [3, 4], [5]] : tensor<1x6x2x3x2x12xf32> into tensor<1x12x6x12xf32>
// CHECK: linalg.generic {{.*}} ins(%[[IMAGE]],
func.func @parts(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3x3xf32>, %f: tensor<1x6x3x3xf32>,
    %v: tensor<2x12x1x1xf32>, %g: tensor<1x2x12x6xf32>) -> tensor<1x2x12x6xf32> {
  %0 = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x4x5x5xf32>, tensor<6x4x3x3xf32>)
    outs(%f : tensor<1x6x3x3xf32>) -> tensor<1x6x3x3xf32>
  %1 = tensor.concat dim(1) %0, %0 : (tensor<1x6x3x3xf32>, tensor<1x6x3x3xf32>) -> tensor<1x12x3x3xf32>
  %e = tensor.empty() : tensor<1x12x6x3xf32>
  %2 = tensor.insert_slice %1 into %e[0, 0, 0, 0] [1, 12, 3, 3] [1, 1, 2, 1] : tensor<1x12x3x3xf32> into tensor<1x12x6x3xf32>
  %3 = tensor.insert_slice %1 into %2[0, 0, 1, 0] [1, 12, 3, 3] [1, 1, 2, 1] : tensor<1x12x3x3xf32> into tensor<1x12x6x3xf32>
  %u = tensor.empty() : tensor<1x12x6x2x3x2xf32>
  %4 = linalg.generic {indexing_maps = [#rows, #id6],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%3 : tensor<1x12x6x3xf32>) outs(%u : tensor<1x12x6x2x3x2xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
  } -> tensor<1x12x6x2x3x2xf32>
  %5 = tensor.collapse_shape %4 [[0], [1], [2, 3], [4, 5]] : tensor<1x12x6x2x3x2xf32> into tensor<1x12x12x6xf32>
  %6 = linalg.conv_2d_nchw_fchw ins(%5, %v : tensor<1x12x12x6xf32>, tensor<2x12x1x1xf32>)
    outs(%g : tensor<1x2x12x6xf32>) -> tensor<1x2x12x6xf32>
  return %6 : tensor<1x2x12x6xf32>
}

// -----

// Single channels are whole rows in the old order.
// CHECK-LABEL: @single_channels
// CHECK: tensor.concat dim(1) {{.*}} -> tensor<1x2x3x3xf32>
func.func @single_channels(%x: tensor<1x4x5x5xf32>, %w: tensor<1x4x3x3xf32>, %f: tensor<1x1x3x3xf32>)
    -> tensor<1x2x3x3xf32> {
  %0 = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x4x5x5xf32>, tensor<1x4x3x3xf32>)
    outs(%f : tensor<1x1x3x3xf32>) -> tensor<1x1x3x3xf32>
  %1 = tensor.concat dim(1) %0, %0 : (tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>) -> tensor<1x2x3x3xf32>
  return %1 : tensor<1x2x3x3xf32>
}
