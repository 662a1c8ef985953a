// RUN: nnq-opt %s --nnq-remove-channels --split-input-file | FileCheck %s

// What a residual addition joins goes together; the pad keeps its other
// dimensions, and the flattened rows of the last layer follow.

// CHECK-LABEL: @residual
// CHECK-DAG: %[[W1:.*]] = arith.constant dense_resource<{{.*}}> : tensor<2x1x1x1xf32>
// CHECK-DAG: %[[W2:.*]] = arith.constant dense<1.000000e+00> : tensor<2x2x3x3xf32>
// CHECK-DAG: %[[W3:.*]] = arith.constant dense<2.000000e+00> : tensor<8x2xf32>
// CHECK: linalg.conv_2d_nchw_fchw {{.*}}ins(%{{.*}}, %[[W1]] : tensor<1x1x2x2xf32>, tensor<2x1x1x1xf32>) {{.*}} -> tensor<1x2x2x2xf32>
// CHECK: tensor.pad %{{.*}} low[0, 0, 1, 1] high[0, 0, 1, 1]
// CHECK: tensor<1x2x2x2xf32> to tensor<1x2x4x4xf32>
// CHECK: linalg.conv_2d_nchw_fchw {{.*}}ins(%{{.*}}, %[[W2]]
// CHECK: linalg.add ins(%{{.*}}, %{{.*}} : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>)
// CHECK: tensor.collapse_shape %{{.*}} : tensor<1x2x2x2xf32> into tensor<1x8xf32>
// CHECK: linalg.matmul ins(%{{.*}}, %[[W3]]
// CHECK-NOT: nnq.remove_channels
// The first and the third filter.
// CHECK: "0x{{[0-9A-F]*}}0000803F00004040"
func.func @residual(%x: tensor<1x1x2x2xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[[[1.0]]], [[[2.0]]], [[[3.0]]]]> : tensor<3x1x1x1xf32>
  %w2 = arith.constant dense<1.0> : tensor<3x3x3x3xf32>
  %w3 = arith.constant dense<2.0> : tensor<12x2xf32>
  %e = tensor.empty() : tensor<1x3x2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3x2x2xf32>) -> tensor<1x3x2x2xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.remove_channels = array<i64: 1>}
      ins(%x, %w1 : tensor<1x1x2x2xf32>, tensor<3x1x1x1xf32>) outs(%f : tensor<1x3x2x2xf32>) -> tensor<1x3x2x2xf32>
  %p = tensor.pad %0 low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<1x3x2x2xf32> to tensor<1x3x4x4xf32>
  %1 = linalg.conv_2d_nchw_fchw ins(%p, %w2 : tensor<1x3x4x4xf32>, tensor<3x3x3x3xf32>) outs(%f : tensor<1x3x2x2xf32>) -> tensor<1x3x2x2xf32>
  %2 = linalg.add ins(%0, %1 : tensor<1x3x2x2xf32>, tensor<1x3x2x2xf32>) outs(%e : tensor<1x3x2x2xf32>) -> tensor<1x3x2x2xf32>
  %3 = tensor.collapse_shape %2 [[0], [1, 2, 3]] : tensor<1x3x2x2xf32> into tensor<1x12xf32>
  %e2 = tensor.empty() : tensor<1x2xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %4 = linalg.matmul ins(%3, %w3 : tensor<1x12xf32>, tensor<12x2xf32>) outs(%f2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %4 : tensor<1x2xf32>
}

// -----

// Concatenated channels go one by one; slices of them move.

// CHECK-LABEL: @concat
// CHECK: %[[C:.*]] = tensor.concat dim(1) %{{.*}}, %{{.*}} : (tensor<1x2xf32>, tensor<1x4xf32>) -> tensor<1x6xf32>
// CHECK: tensor.extract_slice %[[C]][0, 1] [1, 3] [1, 1] : tensor<1x6xf32> to tensor<1x3xf32>
// CHECK: linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<1x3xf32>, tensor<3x2xf32>)
func.func @concat(%x: tensor<1x5xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<5x4xf32>
  %v = arith.constant dense<2.0> : tensor<4x2xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %e2 = tensor.empty() : tensor<1x2xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.remove_channels = array<i64: 1, 2>} ins(%x, %w : tensor<1x5xf32>, tensor<5x4xf32>) outs(%f : tensor<1x4xf32>) -> tensor<1x4xf32>
  %1 = linalg.matmul ins(%x, %w : tensor<1x5xf32>, tensor<5x4xf32>) outs(%f : tensor<1x4xf32>) -> tensor<1x4xf32>
  %c = tensor.concat dim(1) %0, %1 : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x8xf32>
  %s = tensor.extract_slice %c[0, 2] [1, 4] [1, 1] : tensor<1x8xf32> to tensor<1x4xf32>
  %2 = linalg.matmul ins(%s, %v : tensor<1x4xf32>, tensor<4x2xf32>) outs(%f2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}

// -----

// A shortcut that pads channels, as in the residual networks for CIFAR-10:
// channel 1 of the first layer is channel 2 of the second, whose others have
// nothing to do with the first.

// CHECK-LABEL: @padded_channels
// CHECK: tensor.pad %{{.*}} low[0, 1] high[0, 0]
// CHECK: tensor<1x1xf32> to tensor<1x2xf32>
// CHECK: linalg.matmul ins({{.*}}) outs(%{{.*}} : tensor<1x2xf32>) -> tensor<1x2xf32>
func.func @padded_channels(%x: tensor<1x5xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<5x2xf32>
  %v = arith.constant dense<2.0> : tensor<5x4xf32>
  %u = arith.constant dense<2.0> : tensor<4x1xf32>
  %e1 = tensor.empty() : tensor<1x1xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x1xf32>) -> tensor<1x1xf32>
  %e2 = tensor.empty() : tensor<1x2xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %e4 = tensor.empty() : tensor<1x4xf32>
  %f4 = linalg.fill ins(%zero : f32) outs(%e4 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul {nnq.remove_channels = array<i64: 1>} ins(%x, %w : tensor<1x5xf32>, tensor<5x2xf32>) outs(%f2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %p = tensor.pad %0 low[0, 1] high[0, 1] {
  ^bb0(%a: index, %b: index):
    tensor.yield %zero : f32
  } : tensor<1x2xf32> to tensor<1x4xf32>
  %1 = linalg.matmul {nnq.remove_channels = array<i64: 3>} ins(%x, %v : tensor<1x5xf32>, tensor<5x4xf32>) outs(%f4 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %2 = linalg.add ins(%p, %1 : tensor<1x4xf32>, tensor<1x4xf32>) outs(%e4 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %3 = linalg.matmul ins(%2, %u : tensor<1x4xf32>, tensor<4x1xf32>) outs(%f1 : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %3 : tensor<1x1xf32>
}

// -----

#x = affine_map<(n, h, c, k) -> (n, h, (c floordiv 2) * 2 + k)>
#w = affine_map<(n, h, c, k) -> (c, k)>
#y = affine_map<(n, h, c, k) -> (n, h, c)>

// A group of a grouped convolution goes as a whole, with the channels that it
// reads.

// CHECK-LABEL: @grouped
// CHECK: linalg.matmul {{.*}} -> tensor<3x4xf32>
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<1x3x4xf32>, tensor<4x2xf32>)
// CHECK: linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<4x1xf32>)
func.func @grouped(%x: tensor<3x5xf32>) -> tensor<3x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<5x6xf32>
  %g = arith.constant dense<2.0> : tensor<6x2xf32>
  %v = arith.constant dense<2.0> : tensor<6x1xf32>
  %e = tensor.empty() : tensor<3x6xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x6xf32>) -> tensor<3x6xf32>
  %e3 = tensor.empty() : tensor<1x3x6xf32>
  %f3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<1x3x6xf32>) -> tensor<1x3x6xf32>
  %e1 = tensor.empty() : tensor<3x1xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<3x1xf32>) -> tensor<3x1xf32>
  %0 = linalg.matmul {nnq.remove_channels = array<i64: 2>} ins(%x, %w : tensor<3x5xf32>, tensor<5x6xf32>) outs(%f : tensor<3x6xf32>) -> tensor<3x6xf32>
  %r = tensor.expand_shape %0 [[0, 1], [2]] output_shape [1, 3, 6] : tensor<3x6xf32> into tensor<1x3x6xf32>
  %1 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%r, %g : tensor<1x3x6xf32>, tensor<6x2xf32>) outs(%f3 : tensor<1x3x6xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x3x6xf32>
  %c = tensor.collapse_shape %1 [[0, 1], [2]] : tensor<1x3x6xf32> into tensor<3x6xf32>
  %2 = linalg.matmul ins(%c, %v : tensor<3x6xf32>, tensor<6x1xf32>) outs(%f1 : tensor<3x1xf32>) -> tensor<3x1xf32>
  return %2 : tensor<3x1xf32>
}

// -----

// Channel 9 belongs to the third of four heads of four channels each.

// CHECK-LABEL: @heads
// CHECK: linalg.matmul {{.*}} -> tensor<2x12xf32>
// CHECK: tensor.expand_shape %{{.*}} output_shape [2, 3, 4] : tensor<2x12xf32> into tensor<2x3x4xf32>
// CHECK: linalg.transpose ins(%{{.*}} : tensor<2x3x4xf32>) outs(%{{.*}} : tensor<3x2x4xf32>)
// CHECK: linalg.batch_matmul {{.*}} -> tensor<3x2x2xf32>
func.func @heads(%x: tensor<2x5xf32>) -> tensor<2x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<5x16xf32>
  %e = tensor.empty() : tensor<2x16xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x16xf32>) -> tensor<2x16xf32>
  %0 = linalg.matmul {nnq.remove_channels = array<i64: 9>} ins(%x, %w : tensor<2x5xf32>, tensor<5x16xf32>) outs(%f : tensor<2x16xf32>) -> tensor<2x16xf32>
  %h = tensor.expand_shape %0 [[0], [1, 2]] output_shape [2, 4, 4] : tensor<2x16xf32> into tensor<2x4x4xf32>
  %e3 = tensor.empty() : tensor<4x2x4xf32>
  %t = linalg.transpose ins(%h : tensor<2x4x4xf32>) outs(%e3 : tensor<4x2x4xf32>) permutation = [1, 0, 2]
  %k = arith.constant dense<3.0> : tensor<4x4x2xf32>
  %e4 = tensor.empty() : tensor<4x2x2xf32>
  %f4 = linalg.fill ins(%zero : f32) outs(%e4 : tensor<4x2x2xf32>) -> tensor<4x2x2xf32>
  %1 = linalg.batch_matmul ins(%t, %k : tensor<4x2x4xf32>, tensor<4x4x2xf32>) outs(%f4 : tensor<4x2x2xf32>) -> tensor<4x2x2xf32>
  %ones = arith.constant dense<1.0> : tensor<4xf32>
  %e5 = tensor.empty() : tensor<2x2xf32>
  %f5 = linalg.fill ins(%zero : f32) outs(%e5 : tensor<2x2xf32>) -> tensor<2x2xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(i, j, h) -> (h, i, j)>, affine_map<(i, j, h) -> (h)>, affine_map<(i, j, h) -> (i, j)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%1, %ones : tensor<4x2x2xf32>, tensor<4xf32>) outs(%f5 : tensor<2x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x2xf32>
  return %2 : tensor<2x2xf32>
}

// -----

// The mean over four channels, as in a layer norm, is one over three.

// CHECK-LABEL: @mean
// CHECK: arith.constant 0.333333343 : f32
// CHECK-NOT: 2.500000e-01
func.func @mean(%x: tensor<2x5xf32>) -> tensor<2xf32> {
  %zero = arith.constant 0.0 : f32
  %quarter = arith.constant 0.25 : f32
  %w = arith.constant dense<1.0> : tensor<5x4xf32>
  %e = tensor.empty() : tensor<2x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %0 = linalg.matmul {nnq.remove_channels = array<i64: 0>} ins(%x, %w : tensor<2x5xf32>, tensor<5x4xf32>) outs(%f : tensor<2x4xf32>) -> tensor<2x4xf32>
  %e1 = tensor.empty() : tensor<2xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<2xf32>) -> tensor<2xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%0 : tensor<2x4xf32>) outs(%f1 : tensor<2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  } -> tensor<2xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%1 : tensor<2xf32>) outs(%e1 : tensor<2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.mulf %a, %quarter : f32
    linalg.yield %m : f32
  } -> tensor<2xf32>
  return %2 : tensor<2xf32>
}

// -----

!w = !quant.uniform<i8:f32:1, {0.5, 0.25, 0.125}>
!v = !quant.uniform<i8:f32:1, {0.5, 2.0}>

// The scales of quantized weights go with their channels, not with what reads
// them.

// CHECK-LABEL: @quantized
// CHECK: quant.dcast %{{.*}} : tensor<2x2x!quant.uniform<i8:f32:1, {5.000000e-01,1.250000e-01}>>
// CHECK: quant.dcast %{{.*}} : tensor<2x2x!quant.uniform<i8:f32:1, {5.000000e-01,2.000000e+00}>>
func.func @quantized(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %c = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8>
  %q = quant.scast %c : tensor<2x3xi8> to tensor<2x3x!w>
  %w = quant.dcast %q : tensor<2x3x!w> to tensor<2x3xf32>
  %c2 = arith.constant dense<7> : tensor<3x2xi8>
  %q2 = quant.scast %c2 : tensor<3x2xi8> to tensor<3x2x!v>
  %w2 = quant.dcast %q2 : tensor<3x2x!v> to tensor<3x2xf32>
  %e = tensor.empty() : tensor<1x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  %e2 = tensor.empty() : tensor<1x2xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.remove_channels = array<i64: 1>} ins(%x, %w : tensor<1x2xf32>, tensor<2x3xf32>) outs(%f : tensor<1x3xf32>) -> tensor<1x3xf32>
  %1 = linalg.matmul ins(%0, %w2 : tensor<1x3xf32>, tensor<3x2xf32>) outs(%f2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
