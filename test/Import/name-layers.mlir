// RUN: nnq-opt %s --nnq-name-layers --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-name-layers --nnq-name-layers --split-input-file \
// RUN:   | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>
#all = affine_map<(d0, d1) -> ()>
// CHECK-LABEL: @kinds
func.func @kinds(%x: tensor<1x1x8x8xf32>) -> tensor<f32> {
  %w1 = arith.constant dense<1.0> : tensor<2x1x3x3xf32>
  %w2 = arith.constant dense<1.0> : tensor<18x4xf32>
  %w3 = arith.constant dense<1.0> : tensor<4x4xf32>
  %b = arith.constant dense<1.0> : tensor<4xf32>
  %zero = arith.constant 0.0 : f32
  %e1 = tensor.empty() : tensor<1x2x6x6xf32>
  // CHECK: linalg.fill ins
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x2x6x6xf32>) -> tensor<1x2x6x6xf32>
  // CHECK: linalg.conv_2d_nchw_fchw {{.*}}nnq.layer = "conv1"
  %0 = linalg.conv_2d_nchw_fchw
    ins(%x, %w1 : tensor<1x1x8x8xf32>, tensor<2x1x3x3xf32>)
    outs(%f1 : tensor<1x2x6x6xf32>) -> tensor<1x2x6x6xf32>
  %e2 = tensor.empty() : tensor<1x2x3x3xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  // CHECK: linalg.pooling_nchw_max {{.*}}nnq.layer = "pool1"
  %1 = linalg.pooling_nchw_max {strides = dense<2> : vector<2xi64>}
    ins(%0, %window : tensor<1x2x6x6xf32>, tensor<2x2xf32>)
    outs(%f2 : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %2 = tensor.collapse_shape %1 [[0], [1, 2, 3]] : tensor<1x2x3x3xf32> into tensor<1x18xf32>
  %e3 = tensor.empty() : tensor<1x4xf32>
  %f3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<1x4xf32>) -> tensor<1x4xf32>
  // CHECK: linalg.matmul {nnq.layer = "linear1"}
  %3 = linalg.matmul ins(%2, %w2 : tensor<1x18xf32>, tensor<18x4xf32>)
    outs(%f3 : tensor<1x4xf32>) -> tensor<1x4xf32>
  // CHECK: linalg.generic {{.*}}nnq.layer = "linear1.bias"
  %4 = linalg.generic {indexing_maps = [#id, #row, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%3, %b : tensor<1x4xf32>, tensor<4xf32>) outs(%e3 : tensor<1x4xf32>) {
    ^bb0(%in: f32, %bias: f32, %out: f32):
      %s = arith.addf %in, %bias : f32
      linalg.yield %s : f32
  } -> tensor<1x4xf32>
  // CHECK: linalg.generic {{.*}}nnq.layer = "relu1"
  %5 = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%4 : tensor<1x4xf32>) outs(%e3 : tensor<1x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.maximumf %in, %zero : f32
      linalg.yield %s : f32
  } -> tensor<1x4xf32>
  // CHECK: linalg.matmul {nnq.layer = "linear2"}
  %6 = linalg.matmul ins(%5, %w3 : tensor<1x4xf32>, tensor<4x4xf32>)
    outs(%f3 : tensor<1x4xf32>) -> tensor<1x4xf32>
  // Two variables: no bias.
  // CHECK: linalg.generic {{.*}}nnq.layer = "add1"
  %7 = linalg.generic {indexing_maps = [#id, #id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%6, %5 : tensor<1x4xf32>, tensor<1x4xf32>) outs(%e3 : tensor<1x4xf32>) {
    ^bb0(%in: f32, %in2: f32, %out: f32):
      %s = arith.addf %in, %in2 : f32
      linalg.yield %s : f32
  } -> tensor<1x4xf32>
  // CHECK: linalg.generic {{.*}}nnq.layer = "elementwise1"
  %8 = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%7 : tensor<1x4xf32>) outs(%e3 : tensor<1x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = math.exp %in : f32
      %t = arith.mulf %s, %s : f32
      linalg.yield %t : f32
  } -> tensor<1x4xf32>
  %e4 = tensor.empty() : tensor<4x1xf32>
  // CHECK: linalg.transpose
  // CHECK-NOT: nnq.layer
  %9 = linalg.transpose ins(%8 : tensor<1x4xf32>) outs(%e4 : tensor<4x1xf32>) permutation = [1, 0]
  %e5 = tensor.empty() : tensor<1x1xf32>
  %f5 = linalg.fill ins(%zero : f32) outs(%e5 : tensor<1x1xf32>) -> tensor<1x1xf32>
  // CHECK: linalg.matmul {nnq.layer = "matmul1"}
  %10 = linalg.matmul ins(%8, %9 : tensor<1x4xf32>, tensor<4x1xf32>)
    outs(%f5 : tensor<1x1xf32>) -> tensor<1x1xf32>
  %e6 = tensor.empty() : tensor<f32>
  %f6 = linalg.fill ins(%zero : f32) outs(%e6 : tensor<f32>) -> tensor<f32>
  // CHECK: linalg.generic {{.*}}nnq.layer = "reduce1"
  %11 = linalg.generic {indexing_maps = [#id, #all],
      iterator_types = ["reduction", "reduction"]}
      ins(%10 : tensor<1x1xf32>) outs(%f6 : tensor<f32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %out : f32
      linalg.yield %s : f32
  } -> tensor<f32>
  return %11 : tensor<f32>
}

// -----

#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: @names_of_locations
func.func @names_of_locations(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  // CHECK: nnq.layer = "encoder.norm"
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = math.sqrt %in : f32
      linalg.yield %s : f32
  } -> tensor<4xf32> loc("encoder.norm"("net.py":7:1))
  // CHECK: nnq.layer = "encoder.norm.exp"
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = math.exp %in : f32
      linalg.yield %s : f32
  } -> tensor<4xf32> loc(fused["net.py":8:1, "encoder.norm"])
  // CHECK: nnq.layer = "encoder.norm.exp1"
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%1 : tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = math.exp %in : f32
      linalg.yield %s : f32
  } -> tensor<4xf32> loc("encoder.norm")
  // A name that is there stays, and no other op gets it.
  // CHECK: nnq.layer = "exp1"
  %3 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%2 : tensor<4xf32>) outs(%e : tensor<4xf32>) attrs = {nnq.layer = "exp1"} {
    ^bb0(%in: f32, %out: f32):
      %s = math.exp %in : f32
      linalg.yield %s : f32
  } -> tensor<4xf32> loc("decoder")
  // CHECK: nnq.layer = "exp2"
  %4 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%3 : tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = math.exp %in : f32
      linalg.yield %s : f32
  } -> tensor<4xf32>
  return %4 : tensor<4xf32>
}
