// RUN: nnq-opt %s --nnq-split-transposed-conv --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-split-transposed-conv --nnq-split-transposed-conv --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-split-transposed-conv=max-phases=1 --split-input-file \
// RUN:   --remarks-filter-missed=nnq 2>&1 | FileCheck %s --check-prefix=MANY

// A window of 3 over elements 2 apart: even outputs meet the middle tap, odd
// ones the outer two, of neighbouring elements.
#id = affine_map<(n, c, h) -> (n, c, h)>
#channel = affine_map<(n, c, h) -> (c)>
#x = affine_map<(n, f, h, c, k) -> (n, c, h + k)>
#w = affine_map<(n, f, h, c, k) -> (f, c, k)>
#y = affine_map<(n, f, h, c, k) -> (n, f, h)>
// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d2 + d4)>
// CHECK-LABEL: @stride_two
// CHECK-SAME: %[[ARG:.+]]: tensor<1x1x4xf32>, %[[BIAS:.+]]: tensor<2xf32>
// CHECK-NOT: tensor.pad
// CHECK: %[[WHOLE:.+]] = tensor.empty() : tensor<1x2x7xf32>
// CHECK: %[[W0:.+]] = arith.constant dense_resource<phase> : tensor<2x1x1xf32>
// CHECK: %[[C0:.+]] = linalg.generic {indexing_maps = [#[[X]],
// CHECK-SAME: ins(%[[ARG]], %[[W0]] : tensor<1x1x4xf32>, tensor<2x1x1xf32>) outs(%{{.+}} : tensor<1x2x4xf32>)
// CHECK-SAME: nnq.layer = "up.phase0"
// CHECK: %[[B0:.+]] = linalg.generic {{.*}} ins(%[[C0]], %[[BIAS]] : {{.*}}nnq.layer = "bias.phase0"
// CHECK: %[[P0:.+]] = tensor.insert_slice %[[B0]] into %[[WHOLE]][0, 0, 0] [1, 2, 4] [1, 1, 2]
// CHECK: %[[W1:.+]] = arith.constant dense_resource<phase_1> : tensor<2x1x2xf32>
// CHECK: %[[C1:.+]] = linalg.generic {indexing_maps = [#[[X]],
// CHECK-SAME: ins(%[[ARG]], %[[W1]] : tensor<1x1x4xf32>, tensor<2x1x2xf32>) outs(%{{.+}} : tensor<1x2x3xf32>)
// CHECK: %[[B1:.+]] = linalg.generic {{.*}} ins(%[[C1]], %[[BIAS]] :
// CHECK: %[[P1:.+]] = tensor.insert_slice %[[B1]] into %[[P0]][0, 0, 1] [1, 2, 3] [1, 1, 2]
// CHECK: return %[[P1]]
// Taps 2 and 5, then 1, 3, 4 and 6.
// CHECK-DAG: phase: "0x40000000000000400000A040"
// CHECK-DAG: phase_1: "0x400000000000803F00004040000080400000C040"
// MANY-LABEL: remark: {{.*}}the strides make too many parts
// MANY: @stride_two
// MANY: tensor.insert_slice {{.*}} [1, 1, 2]
func.func @stride_two(%x: tensor<1x1x4xf32>, %b: tensor<2xf32>) -> tensor<1x2x7xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]]> : tensor<2x1x3xf32>
  %e = tensor.empty() : tensor<1x1x9xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1x9xf32>) -> tensor<1x1x9xf32>
  %spread = tensor.insert_slice %x into %zeros[0, 0, 1] [1, 1, 4] [1, 1, 2]
    : tensor<1x1x4xf32> into tensor<1x1x9xf32>
  %r = tensor.empty() : tensor<1x2x7xf32>
  %f = linalg.fill ins(%zero : f32) outs(%r : tensor<1x2x7xf32>) -> tensor<1x2x7xf32>
  %0 = linalg.conv_1d_ncw_fcw {nnq.layer = "up"} ins(%spread, %w : tensor<1x1x9xf32>, tensor<2x1x3xf32>)
    outs(%f : tensor<1x2x7xf32>) -> tensor<1x2x7xf32>
  %1 = linalg.generic {indexing_maps = [#id, #channel, #id],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%0, %b : tensor<1x2x7xf32>, tensor<2xf32>) outs(%r : tensor<1x2x7xf32>)
      attrs = {nnq.layer = "bias"} {
    ^bb0(%in: f32, %c: f32, %out: f32):
      %s = arith.addf %in, %c : f32
      linalg.yield %s : f32
  } -> tensor<1x2x7xf32>
  return %1 : tensor<1x2x7xf32>
}

// -----

// The window reads beyond the elements, whose border is zero. A window shorter
// than the stride leaves outputs that meet no tap.
// CHECK-LABEL: @borders
// CHECK-SAME: %[[ARG:.+]]: tensor<1x1x2xf32>
// CHECK: %[[PAD:.+]] = tensor.pad %[[ARG]] low[0, 0, 0] high[0, 0, 1]
// CHECK: } : tensor<1x1x2xf32> to tensor<1x1x3xf32>
// CHECK: linalg.generic {{.*}} ins(%[[PAD]], %{{.+}} : tensor<1x1x3xf32>, tensor<1x1x1xf32>)
// CHECK: tensor.insert_slice {{.*}}[0, 0, 0] [1, 1, 3] [1, 1, 3]
// CHECK: linalg.generic {{.*}} ins(%[[PAD]], %{{.+}} : tensor<1x1x3xf32>, tensor<1x1x1xf32>)
// CHECK: tensor.insert_slice {{.*}}[0, 0, 1] [1, 1, 3] [1, 1, 3]
// CHECK: %[[NONE:.+]] = linalg.fill {{.*}} -> tensor<1x1x2xf32>
// CHECK: tensor.insert_slice %[[NONE]] into {{.*}}[0, 0, 2] [1, 1, 2] [1, 1, 3]
func.func @borders(%x: tensor<1x1x2xf32>) -> tensor<1x1x8xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[1.0, 2.0]]]> : tensor<1x1x2xf32>
  %e = tensor.empty() : tensor<1x1x9xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1x9xf32>) -> tensor<1x1x9xf32>
  %spread = tensor.insert_slice %x into %zeros[0, 0, 1] [1, 1, 2] [1, 1, 3]
    : tensor<1x1x2xf32> into tensor<1x1x9xf32>
  %r = tensor.empty() : tensor<1x1x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%r : tensor<1x1x8xf32>) -> tensor<1x1x8xf32>
  %0 = linalg.conv_1d_ncw_fcw ins(%spread, %w : tensor<1x1x9xf32>, tensor<1x1x2xf32>)
    outs(%f : tensor<1x1x8xf32>) -> tensor<1x1x8xf32>
  return %0 : tensor<1x1x8xf32>
}

// -----

// Not zeros: kept. So is a window that moves in steps of two.
// CHECK-LABEL: @ones
// CHECK: linalg.conv_1d_ncw_fcw
// CHECK-LABEL: @steps
// CHECK: linalg.conv_1d_ncw_fcw
func.func @ones(%x: tensor<1x1x4xf32>) -> tensor<1x1x7xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %w = arith.constant dense<[[[1.0, 2.0, 3.0]]]> : tensor<1x1x3xf32>
  %e = tensor.empty() : tensor<1x1x9xf32>
  %ones = linalg.fill ins(%one : f32) outs(%e : tensor<1x1x9xf32>) -> tensor<1x1x9xf32>
  %spread = tensor.insert_slice %x into %ones[0, 0, 1] [1, 1, 4] [1, 1, 2]
    : tensor<1x1x4xf32> into tensor<1x1x9xf32>
  %r = tensor.empty() : tensor<1x1x7xf32>
  %f = linalg.fill ins(%zero : f32) outs(%r : tensor<1x1x7xf32>) -> tensor<1x1x7xf32>
  %0 = linalg.conv_1d_ncw_fcw ins(%spread, %w : tensor<1x1x9xf32>, tensor<1x1x3xf32>)
    outs(%f : tensor<1x1x7xf32>) -> tensor<1x1x7xf32>
  return %0 : tensor<1x1x7xf32>
}

func.func @steps(%x: tensor<1x1x4xf32>) -> tensor<1x1x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[1.0, 2.0, 3.0]]]> : tensor<1x1x3xf32>
  %e = tensor.empty() : tensor<1x1x9xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1x9xf32>) -> tensor<1x1x9xf32>
  %spread = tensor.insert_slice %x into %zeros[0, 0, 1] [1, 1, 4] [1, 1, 2]
    : tensor<1x1x4xf32> into tensor<1x1x9xf32>
  %r = tensor.empty() : tensor<1x1x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%r : tensor<1x1x4xf32>) -> tensor<1x1x4xf32>
  %0 = linalg.conv_1d_ncw_fcw {strides = dense<2> : vector<1xi64>}
    ins(%spread, %w : tensor<1x1x9xf32>, tensor<1x1x3xf32>)
    outs(%f : tensor<1x1x4xf32>) -> tensor<1x1x4xf32>
  return %0 : tensor<1x1x4xf32>
}
