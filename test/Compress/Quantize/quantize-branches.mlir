// RUN: nnq-opt %s --nnq-quantize --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-quantize --nnq-quantize --split-input-file | FileCheck %s

#stats = #nnq.tensor_stats<min = 0.0, max = 4.0, mean = 1.0, second_moment = 2.0, count = 64, histogram = []>
#id = affine_map<(n, c, h, w) -> (n, c, h, w)>

// The skip branch is stored, and int8 for both of its readers; what the second
// convolution computes is added in its epilogue and stays f32.
// CHECK-LABEL: @residual
// CHECK: %[[Q:.+]] = quant.qcast %[[RELU:.+]] : tensor<1x2x4x4xf32>
// CHECK: %[[D:.+]] = quant.dcast %[[Q]]
// CHECK: %[[CONV:.+]] = linalg.conv_2d_nchw_fchw {{.*}} ins(%[[D]],
// CHECK: linalg.generic {{.*}} ins(%[[CONV]], %[[D]] :
func.func @residual(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[[1.0]], [[0.5]]], [[[0.25]], [[-1.0]]]]> : tensor<2x2x1x1xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %0 = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) outs(%f : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0 : tensor<1x2x4x4xf32>) outs(%e : tensor<1x2x4x4xf32>) attrs = {nnq.stats = #stats} {
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    linalg.yield %m : f32
  } -> tensor<1x2x4x4xf32>
  %2 = linalg.conv_2d_nchw_fchw ins(%1, %w : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) outs(%f : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %3 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%2, %1 : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) outs(%e : tensor<1x2x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<1x2x4x4xf32>
  return %3 : tensor<1x2x4x4xf32>
}

// -----

#stats = #nnq.tensor_stats<min = 0.0, max = 4.0, mean = 1.0, second_moment = 2.0, count = 64, histogram = []>
#id = affine_map<(n, c, h, w) -> (n, c, h, w)>

// x * clamp(x) is one function of the convolution: nothing is stored between.
// CHECK-LABEL: @no_join
// CHECK: %[[CONV:.+]] = linalg.conv_2d_nchw_fchw
// CHECK-NOT: quant.qcast
// CHECK: return
func.func @no_join(%x: tensor<1x2x4x4xf32> {nnq.stats = #stats}) -> tensor<1x2x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[[1.0]], [[0.5]]], [[[0.25]], [[-1.0]]]]> : tensor<2x2x1x1xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.stats = #stats} ins(%x, %w : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) outs(%f : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0 : tensor<1x2x4x4xf32>) outs(%e : tensor<1x2x4x4xf32>) attrs = {nnq.stats = #stats} {
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    linalg.yield %m : f32
  } -> tensor<1x2x4x4xf32>
  %3 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %1 : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) outs(%e : tensor<1x2x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.mulf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<1x2x4x4xf32>
  return %3 : tensor<1x2x4x4xf32>
}

// -----

#stats = #nnq.tensor_stats<min = 0.0, max = 4.0, mean = 1.0, second_moment = 2.0, count = 64, histogram = []>

// A concatenation between convolutions: the operand that another op reads is
// int8 for both, the other will have the scale of the result.
// CHECK-LABEL: @concat
// CHECK: %[[A:.+]] = linalg.conv_2d_nchw_fchw
// CHECK: %[[QA:.+]] = quant.qcast %[[A]]
// CHECK: %[[DA:.+]] = quant.dcast %[[QA]]
// CHECK: %[[B:.+]] = linalg.conv_2d_nchw_fchw {{.*}} ins(%[[DA]],
// CHECK: %[[C:.+]] = tensor.concat dim(1) %[[DA]], %[[B]]
// CHECK: %[[QC:.+]] = quant.qcast %[[C]]
// CHECK: %[[DC:.+]] = quant.dcast %[[QC]]
// CHECK: linalg.exp {{.*}} ins(%[[DC]]
func.func @concat(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[[1.0]], [[0.5]]], [[[0.25]], [[-1.0]]]]> : tensor<2x2x1x1xf32>
  %v = arith.constant dense<1.0> : tensor<2x4x1x1xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %a = linalg.conv_2d_nchw_fchw {nnq.stats = #stats} ins(%x, %w : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) outs(%f : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %b = linalg.conv_2d_nchw_fchw {nnq.stats = #stats} ins(%a, %w : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) outs(%f : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %c = tensor.concat dim(1) %a, %b {nnq.stats = #stats} : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x4x4x4xf32>
  %g = tensor.empty() : tensor<1x4x4x4xf32>
  %r = linalg.exp {nnq.stats = #stats} ins(%c : tensor<1x4x4x4xf32>) outs(%g : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %d = linalg.conv_2d_nchw_fchw ins(%r, %v : tensor<1x4x4x4xf32>, tensor<2x4x1x1xf32>) outs(%f : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return %d : tensor<1x2x4x4xf32>
}

// -----

#stats = #nnq.tensor_stats<min = 0.0, max = 4.0, mean = 1.0, second_moment = 2.0, count = 64, histogram = []>

// Results of a dense block that a classifier reads, here of one pixel: the
// operand of two readers and what is put together are int8, too.
// CHECK-LABEL: @concat_for_classifier
// CHECK: %[[A:.+]] = linalg.conv_2d_nchw_fchw
// CHECK: %[[QA:.+]] = quant.qcast %[[A]]
// CHECK: %[[DA:.+]] = quant.dcast %[[QA]]
// CHECK: %[[B:.+]] = linalg.conv_2d_nchw_fchw {{.*}} ins(%[[DA]],
// CHECK: %[[C:.+]] = tensor.concat dim(1) %[[DA]], %[[B]]
// CHECK: %[[QC:.+]] = quant.qcast %[[C]]
// CHECK: %[[DC:.+]] = quant.dcast %[[QC]]
// CHECK: linalg.exp {{.*}} ins(%[[DC]]
func.func @concat_for_classifier(%x: tensor<1x2x1x1xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[[1.0]], [[0.5]]], [[[0.25]], [[-1.0]]]]> : tensor<2x2x1x1xf32>
  %v = arith.constant dense<[[1.0, 0.5], [0.25, -1.0], [0.0, 1.0], [0.5, 0.5]]> : tensor<4x2xf32>
  %e = tensor.empty() : tensor<1x2x1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  %a = linalg.conv_2d_nchw_fchw {nnq.stats = #stats} ins(%x, %w : tensor<1x2x1x1xf32>, tensor<2x2x1x1xf32>) outs(%f : tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  %b = linalg.conv_2d_nchw_fchw {nnq.stats = #stats} ins(%a, %w : tensor<1x2x1x1xf32>, tensor<2x2x1x1xf32>) outs(%f : tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  %c = tensor.concat dim(1) %a, %b {nnq.stats = #stats} : (tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>) -> tensor<1x4x1x1xf32>
  %g = tensor.empty() : tensor<1x4x1x1xf32>
  %r = linalg.exp {nnq.stats = #stats} ins(%c : tensor<1x4x1x1xf32>) outs(%g : tensor<1x4x1x1xf32>) -> tensor<1x4x1x1xf32>
  %flat = tensor.collapse_shape %r [[0], [1, 2, 3]] : tensor<1x4x1x1xf32> into tensor<1x4xf32>
  %h = tensor.empty() : tensor<1x2xf32>
  %i = linalg.fill ins(%zero : f32) outs(%h : tensor<1x2xf32>) -> tensor<1x2xf32>
  %d = linalg.matmul ins(%flat, %v : tensor<1x4xf32>, tensor<4x2xf32>) outs(%i : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %d : tensor<1x2xf32>
}

// -----

#stats = #nnq.tensor_stats<min = 0.0, max = 4.0, mean = 1.0, second_moment = 2.0, count = 64, histogram = []>

// No layer reads what is put together here.
// CHECK-LABEL: @concat_of_results
// CHECK: %[[A:.+]] = linalg.conv_2d_nchw_fchw
// CHECK: %[[C:.+]] = tensor.concat dim(1) %[[A]], %[[A]]
// CHECK: linalg.exp ins(%[[C]]
func.func @concat_of_results(%x: tensor<1x2x4x4xf32>) -> tensor<1x4x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[[1.0]], [[0.5]]], [[[0.25]], [[-1.0]]]]> : tensor<2x2x1x1xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %a = linalg.conv_2d_nchw_fchw {nnq.stats = #stats} ins(%x, %w : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) outs(%f : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %c = tensor.concat dim(1) %a, %a {nnq.stats = #stats} : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x4x4x4xf32>
  %g = tensor.empty() : tensor<1x4x4x4xf32>
  %r = linalg.exp ins(%c : tensor<1x4x4x4xf32>) outs(%g : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  return %r : tensor<1x4x4x4xf32>
}

// -----

#stats = #nnq.tensor_stats<min = 0.0, max = 1.0, mean = 0.5, second_moment = 0.5, count = 64, histogram = []>
#id = affine_map<(n, c, h, w) -> (n, c, h, w)>
#channel = affine_map<(n, c, h, w) -> (n, c, 0, 0)>

// The gate of a squeeze-excite block, which a layer computes for whole channels;
// what it scales is computed last, and numbers that no layer computes stay.
// CHECK-LABEL: @gate
// CHECK: %[[X:.+]] = linalg.conv_2d_nchw_fchw {nnq.layer = "stem"
// CHECK: linalg.conv_2d_nchw_fchw {nnq.layer = "excite"
// CHECK: %[[GATE:.+]] = linalg.generic {{.*}} attrs = {nnq.layer = "sigmoid"
// CHECK: %[[QG:.+]] = quant.qcast %[[GATE]]
// CHECK: %[[DG:.+]] = quant.dcast %[[QG]]
// CHECK: %[[SCALED:.+]] = linalg.generic {{.*}} ins(%[[X]], %[[DG]] :
// CHECK-NOT: quant.qcast
// CHECK: linalg.generic {{.*}} ins(%[[SCALED]], %{{.*}} :
// CHECK: return
func.func @gate(%x: tensor<1x2x4x4xf32>, %s: tensor<1x2x1x1xf32>, %given: tensor<1x2x1x1xf32> {nnq.stats = #stats}) -> tensor<1x2x4x4xf32> {
  %one = arith.constant 1.0 : f32
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[[1.0]], [[0.5]]], [[[0.25]], [[-1.0]]]]> : tensor<2x2x1x1xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %e1 = tensor.empty() : tensor<1x2x1x1xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "stem", nnq.stats = #stats} ins(%x, %w : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) outs(%f : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = linalg.conv_2d_nchw_fchw {nnq.layer = "excite"} ins(%s, %w : tensor<1x2x1x1xf32>, tensor<2x2x1x1xf32>) outs(%f1 : tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%1 : tensor<1x2x1x1xf32>) outs(%e1 : tensor<1x2x1x1xf32>) attrs = {nnq.layer = "sigmoid", nnq.stats = #stats} {
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    %n = arith.minimumf %m, %one : f32
    linalg.yield %n : f32
  } -> tensor<1x2x1x1xf32>
  %3 = linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %2 : tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) outs(%e : tensor<1x2x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    linalg.yield %m : f32
  } -> tensor<1x2x4x4xf32>
  %4 = linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%3, %given : tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) outs(%e : tensor<1x2x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    linalg.yield %m : f32
  } -> tensor<1x2x4x4xf32>
  return %4 : tensor<1x2x4x4xf32>
}

// -----

#stats = #nnq.tensor_stats<min = -1.0, max = 3.0, mean = 1.0, second_moment = 2.0, count = 64, histogram = []>

// Channels are stored once they are shuffled, for both readers of the halves.
// CHECK-LABEL: func.func @shuffle
// CHECK:         %[[T:.+]] = linalg.transpose
// CHECK:         %[[C:.+]] = tensor.collapse_shape
// CHECK:         %[[Q:.+]] = quant.qcast %[[C]]
// CHECK:         %[[D:.+]] = quant.dcast %[[Q]]
// CHECK-DAG:     tensor.extract_slice %[[D]][0, 0, 0, 0]
// CHECK-DAG:     tensor.extract_slice %[[D]][0, 2, 0, 0]
func.func @shuffle(%x: tensor<1x2x4x4xf32>) -> (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[[1.0]], [[0.5]]], [[[0.25]], [[-1.0]]]]> : tensor<2x2x1x1xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "a", nnq.stats = #stats} ins(%x, %w : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) outs(%f : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = tensor.concat dim(1) %x, %0 : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x4x4x4xf32>
  %2 = tensor.expand_shape %1 [[0], [1, 2], [3], [4]] output_shape [1, 2, 2, 4, 4] : tensor<1x4x4x4xf32> into tensor<1x2x2x4x4xf32>
  %t = tensor.empty() : tensor<1x2x2x4x4xf32>
  %3 = linalg.transpose ins(%2 : tensor<1x2x2x4x4xf32>) outs(%t : tensor<1x2x2x4x4xf32>) permutation = [0, 2, 1, 3, 4] {nnq.stats = #stats}
  %4 = tensor.collapse_shape %3 [[0], [1, 2], [3], [4]] : tensor<1x2x2x4x4xf32> into tensor<1x4x4x4xf32>
  %5 = tensor.extract_slice %4[0, 0, 0, 0] [1, 2, 4, 4] [1, 1, 1, 1] : tensor<1x4x4x4xf32> to tensor<1x2x4x4xf32>
  %6 = tensor.extract_slice %4[0, 2, 0, 0] [1, 2, 4, 4] [1, 1, 1, 1] : tensor<1x4x4x4xf32> to tensor<1x2x4x4xf32>
  %7 = linalg.conv_2d_nchw_fchw {nnq.layer = "b"} ins(%6, %w : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) outs(%f : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return %5, %7 : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>
}
