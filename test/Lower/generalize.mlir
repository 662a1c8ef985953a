// RUN: nnq-opt %s --nnq-generalize | FileCheck %s
// RUN: nnq-opt %s --nnq-generalize --nnq-generalize | FileCheck %s

// Named ops lose their name but not their layer; fills keep theirs.
// CHECK-LABEL: @named
// CHECK-NOT: linalg.{{matmul|add|transpose|pooling}}
// CHECK: %[[F:.+]] = linalg.fill
// CHECK: %[[MM:.+]] = linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel", "reduction"]
// CHECK-SAME: outs(%[[F]] :
// CHECK-SAME: attrs = {{.*}}nnq.layer = "fc"
// CHECK: arith.mulf
// CHECK: %[[ADD:.+]] = linalg.generic {{.*}} ins(%[[MM]], %[[MM]] :
// CHECK-SAME: nnq.layer = "add"
// CHECK: arith.addf
// CHECK: linalg.generic {{.*}} ins(%[[ADD]] : tensor<1x2xf32>) outs(%{{.+}} : tensor<2x1xf32>)
// CHECK-NOT: nnq.layer
// CHECK: linalg.yield
func.func @named(%x: tensor<1x3xf32>, %w: tensor<3x2xf32>) -> tensor<2x1xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %t = tensor.empty() : tensor<2x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.add {nnq.layer = "add"} ins(%0, %0 : tensor<1x2xf32>, tensor<1x2xf32>)
    outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = linalg.transpose ins(%1 : tensor<1x2xf32>) outs(%t : tensor<2x1xf32>) permutation = [1, 0]
  return %2 : tensor<2x1xf32>
}

// CHECK-LABEL: @pooling
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]
// CHECK: arith.maximumf
func.func @pooling(%x: tensor<1x1x4x4xf32>, %init: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
  %w = tensor.empty() : tensor<2x2xf32>
  %0 = linalg.pooling_nchw_max {strides = dense<2> : vector<2xi64>}
    ins(%x, %w : tensor<1x1x4x4xf32>, tensor<2x2xf32>)
    outs(%init : tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %0 : tensor<1x1x2x2xf32>
}

// What the user says about the kernel and where the op came from stay with it.
// CHECK-LABEL: @attributes
// CHECK: linalg.generic
// CHECK-SAME: nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 1, blocks = 1>
// CHECK-SAME: nnq.provenance
func.func @attributes(%x: tensor<1x3xf32>, %w: tensor<3x2xf32>, %f: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = linalg.matmul {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 1, blocks = 1>,
      nnq.provenance = #nnq.provenance<layer = "fc", technique = "quantize-int8", bits_before = 192, bits_after = 48>}
    ins(%x, %w : tensor<1x3xf32>, tensor<3x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// A sum over the rows of a matrix runs over its columns first.
// CHECK-LABEL: @order
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "reduction"]
func.func @order(%x: tensor<4x3xf32>, %init: tensor<3xf32>) -> tensor<3xf32> {
  %0 = linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (c)>],
      iterator_types = ["reduction", "parallel"]} ins(%x : tensor<4x3xf32>) outs(%init : tensor<3xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  } -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
