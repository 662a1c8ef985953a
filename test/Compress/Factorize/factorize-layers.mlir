// RUN: nnq-opt %s --split-input-file --nnq-factorize-layers --remarks-filter=nnq 2>%t.txt | FileCheck %s
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// RUN: nnq-opt %s --split-input-file --nnq-factorize-layers -o %t.once.mlir
// RUN: nnq-opt %t.once.mlir --split-input-file --nnq-factorize-layers | diff %t.once.mlir -

// Weights of rank 1 come out as they are; the bias stays behind the last layer.
// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-LABEL: @linear
// CHECK-SAME: (%[[ARG:.*]]: tensor<?x4xf32>
// CHECK: %[[INIT:.*]] = linalg.fill
// CHECK: %[[V:.*]] = arith.constant dense_resource<{{.*}}> : tensor<4x1xf32>
// CHECK: %[[MID:.*]] = linalg.fill {{.*}} -> tensor<?x1xf32>
// CHECK: %[[T:.*]] = linalg.generic {indexing_maps = [#[[X]], #[[W]], #{{.*}}], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[ARG]], %[[V]] : tensor<?x4xf32>, tensor<4x1xf32>) outs(%[[MID]] : tensor<?x1xf32>)
// CHECK-SAME: nnq.layer = "fc.0", nnq.provenance = #nnq.provenance<layer = "fc", technique = "factorize", bits_before = 384, bits_after = 128>
// CHECK: %[[U:.*]] = arith.constant dense_resource<{{.*}}> : tensor<1x3xf32>
// CHECK: %[[S:.*]] = linalg.generic {{.*}} ins(%[[T]], %[[U]] : tensor<?x1xf32>, tensor<1x3xf32>) outs(%[[INIT]] : tensor<?x3xf32>)
// CHECK-SAME: nnq.layer = "fc.1", nnq.provenance = #nnq.provenance<layer = "fc", technique = "factorize", bits_before = 0, bits_after = 96>
// CHECK: linalg.add ins(%[[S]],
// CHECK-NOT: nnq.factorize
// REMARK: [Passed] nnq-factorize-layers | Category:nnq | Layer=fc, Remark="svd of rank 1: error 0.00 % of its weights"
func.func @linear(%x: tensor<?x4xf32>, %b: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %w = arith.constant dense<[[1.0, 2.0, -1.0], [2.0, 4.0, -2.0], [0.0, 0.0, 0.0], [0.5, 1.0, -0.5]]> : tensor<4x3xf32>
  %d = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e = tensor.empty(%d) : tensor<?x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x3xf32>) -> tensor<?x3xf32>
  %0 = linalg.matmul {nnq.layer = "fc", nnq.factorize = {method = "svd", ranks = array<i64: 1>}} ins(%x, %w : tensor<?x4xf32>, tensor<4x3xf32>) outs(%f : tensor<?x3xf32>) -> tensor<?x3xf32>
  %1 = linalg.add ins(%0, %b : tensor<?x3xf32>, tensor<?x3xf32>) outs(%e : tensor<?x3xf32>) -> tensor<?x3xf32>
  return %1 : tensor<?x3xf32>
}

// -----

// k x 1 with the stride of the rows, then 1 x k with that of the columns, as the
// window is dilated; the pad stays in front.
// CHECK-DAG: #[[H:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d2 * 2 + d5, d3)>
// CHECK-DAG: #[[V:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d2, d3 + d5 * 2)>
// CHECK-LABEL: @spatial
// CHECK: %[[PAD:.*]] = tensor.pad
// CHECK: %[[T:.*]] = linalg.generic {indexing_maps = [#[[H]],
// CHECK-SAME: ins(%[[PAD]], %{{.*}} : tensor<1x2x9x8xf32>, tensor<1x2x3xf32>) outs(%{{.*}} : tensor<1x1x4x8xf32>)
// CHECK: linalg.generic {indexing_maps = [#[[V]],
// CHECK-SAME: ins(%[[T]], %{{.*}} : tensor<1x1x4x8xf32>, tensor<3x1x3xf32>) outs(%{{.*}} : tensor<1x3x4x4xf32>)
// REMARK: Layer=conv, Remark="spatial-svd of rank 1: error 0.00 % of its weights"
func.func @spatial(%x: tensor<1x2x7x6xf32>) -> tensor<1x3x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<0.5> : tensor<3x2x3x3xf32>
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x2x7x6xf32> to tensor<1x2x9x8xf32>
  %e = tensor.empty() : tensor<1x3x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv", nnq.factorize = {method = "spatial-svd", ranks = array<i64: 1>}, strides = dense<[2, 1]> : vector<2xi64>, dilations = dense<[1, 2]> : vector<2xi64>} ins(%p, %w : tensor<1x2x9x8xf32>, tensor<3x2x3x3xf32>) outs(%f : tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  return %0 : tensor<1x3x4x4xf32>
}

// -----

// Channels last: what is summed over and what is made lie where they did.
// CHECK-LABEL: @tucker
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<1x6x6x4xf32>, tensor<4x2xf32>) outs(%{{.*}} : tensor<1x6x6x2xf32>) {{.*}}"conv.0"
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<1x6x6x2xf32>, tensor<3x3x2x1xf32>) outs(%{{.*}} : tensor<1x4x4x1xf32>) {{.*}}"conv.1"
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<1x4x4x1xf32>, tensor<1x5xf32>) outs(%{{.*}} : tensor<1x4x4x5xf32>) {{.*}}"conv.2"
func.func @tucker(%x: tensor<1x6x6x4xf32>) -> tensor<1x4x4x5xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<0.5> : tensor<3x3x4x5xf32>
  %e = tensor.empty() : tensor<1x4x4x5xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x4x5xf32>) -> tensor<1x4x4x5xf32>
  %0 = linalg.conv_2d_nhwc_hwcf {nnq.layer = "conv", nnq.factorize = {method = "tucker", ranks = array<i64: 2, 1>}} ins(%x, %w : tensor<1x6x6x4xf32>, tensor<3x3x4x5xf32>) outs(%f : tensor<1x4x4x5xf32>) -> tensor<1x4x4x5xf32>
  return %0 : tensor<1x4x4x5xf32>
}

// -----

// A dimension of full rank needs no layer.
// CHECK-LABEL: @tucker_of_outputs
// CHECK: tensor<1x4x4x2xf32>) {{.*}}"conv.0"
// CHECK: tensor<1x4x4x5xf32>) {{.*}}"conv.1"
// CHECK-NOT: "conv.2"
func.func @tucker_of_outputs(%x: tensor<1x6x6x4xf32>) -> tensor<1x4x4x5xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<0.5> : tensor<3x3x4x5xf32>
  %e = tensor.empty() : tensor<1x4x4x5xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x4x5xf32>) -> tensor<1x4x4x5xf32>
  %0 = linalg.conv_2d_nhwc_hwcf {nnq.layer = "conv", nnq.factorize = {method = "tucker", ranks = array<i64: 4, 2>}} ins(%x, %w : tensor<1x6x6x4xf32>, tensor<3x3x4x5xf32>) outs(%f : tensor<1x4x4x5xf32>) -> tensor<1x4x4x5xf32>
  return %0 : tensor<1x4x4x5xf32>
}

// -----

// The windows are those of single channels.
// CHECK-DAG: #[[H:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2 + d4, d3)>
// CHECK-DAG: #[[V:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3 + d4)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, d4)>
// CHECK-LABEL: @cp
// One tap is a convolution, too: layouts are chosen for these.
// CHECK: linalg.conv_2d_nchw_fchw {{.*}}"conv.0"{{.*}} strides = dense<1>{{.*}} tensor<1x4x6x6xf32>, tensor<2x4x1x1xf32>) outs(%{{.*}} : tensor<1x2x6x6xf32>)
// CHECK: indexing_maps = [#[[H]], #[[W]], {{.*}} tensor<1x2x6x6xf32>, tensor<2x3xf32>) outs(%{{.*}} : tensor<1x2x4x6xf32>) {{.*}}"conv.1"
// CHECK: indexing_maps = [#[[V]], #[[W]], {{.*}} tensor<1x2x4x6xf32>, tensor<2x3xf32>) outs(%{{.*}} : tensor<1x2x4x4xf32>) {{.*}}"conv.2"
// CHECK: linalg.conv_2d_nchw_fchw {{.*}}"conv.3"{{.*}} tensor<1x2x4x4xf32>, tensor<5x2x1x1xf32>) outs(%{{.*}} : tensor<1x5x4x4xf32>)
func.func @cp(%x: tensor<1x4x6x6xf32>) -> tensor<1x5x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<0.5> : tensor<5x4x3x3xf32>
  %e = tensor.empty() : tensor<1x5x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x5x4x4xf32>) -> tensor<1x5x4x4xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv", nnq.factorize = {method = "cp", ranks = array<i64: 2>}} ins(%x, %w : tensor<1x4x6x6xf32>, tensor<5x4x3x3xf32>) outs(%f : tensor<1x5x4x4xf32>) -> tensor<1x5x4x4xf32>
  return %0 : tensor<1x5x4x4xf32>
}

// -----

// The inputs that are seen count more: that of 100 times the power stays.
// CHECK-LABEL: @weighted
// CHECK: factor: "0x{{[0-9A-F]+}}"
// REMARK: Layer=fc, Remark="svd of rank 1: error 19.61 % of its weights by the power of what they multiply"
func.func @weighted(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1.0, 0.0], [0.0, 2.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc", nnq.factorize = {method = "svd", ranks = array<i64: 1>},
      nnq.input_stats = #nnq.input_stats<min = dense<0.0> : tensor<1x2xf32>, max = dense<10.0> : tensor<1x2xf32>,
        mean = dense<0.0> : tensor<1x2xf32>, second_moment = dense<[[100.0, 1.0]]> : tensor<1x2xf32>, count = 8,
        output_mean = dense<0.0> : tensor<2xf32>>} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
