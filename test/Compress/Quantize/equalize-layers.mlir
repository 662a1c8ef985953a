// RUN: nnq-opt %s --nnq-equalize-layers --remarks-filter=nnq -split-input-file 2>%t | FileCheck %s
// RUN: FileCheck %s --input-file=%t --check-prefix=REMARK

#d = affine_map<(i, j) -> (i, j)>
#c = affine_map<(i, j) -> (j)>

// Channels of 8 and 0.5 meet weights of 0.5 and 8: all become 2. The bias is
// scaled with its channel, and what was seen of the channels no longer holds.
// CHECK-LABEL: @chain
// CHECK:     %[[W1:.*]] = arith.constant dense_resource<equalized> : tensor<1x2xf32>
// CHECK:     linalg.matmul {nnq.layer = "fc1"} ins(%{{.*}}, %[[W1]] :
// CHECK:     %[[B:.*]] = arith.constant dense_resource<scaled> : tensor<2xf32>
// CHECK:     linalg.generic {{.*}} ins(%{{.*}}, %[[B]] :
// CHECK-NOT: nnq.stats
// CHECK:     %[[W2:.*]] = arith.constant dense_resource<equalized_1> : tensor<2x1xf32>
// CHECK:     linalg.matmul {nnq.layer = "fc2"} ins(%{{.*}}, %[[W2]] :
// CHECK-DAG: equalized: "0x4000000000000040000000C0"
// CHECK-DAG: scaled: "0x40000000000080BE000080C0"
// CHECK-DAG: equalized_1: "0x400000000000004000000040"
// REMARK-DAG: [Passed] nnq-equalize-layers | Category:nnq | Layer=fc1, Remark="equalized with the next"
// REMARK-DAG: [Missed] nnq-equalize-layers | Category:nnq | Layer=fc2, Reason="it has one output channel"
func.func @chain(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[8.0, -0.5]]> : tensor<1x2xf32>
  %b1 = arith.constant dense<[-1.0, -1.0]> : tensor<2xf32>
  %w2 = arith.constant dense<[[0.5], [8.0]]> : tensor<2x1xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %e2 = tensor.empty() : tensor<1x1xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w1 : tensor<1x1xf32>, tensor<1x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.generic {indexing_maps = [#d, #c, #d], iterator_types = ["parallel", "parallel"]}
      ins(%0, %b1 : tensor<1x2xf32>, tensor<2xf32>) outs(%e : tensor<1x2xf32>)
      attrs = {nnq.stats = #nnq.tensor_stats<min = 0.0, max = 1.0, mean = 0.5, second_moment = 0.5, count = 8, histogram = []>} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    %m = arith.maximumf %s, %zero : f32
    linalg.yield %m : f32
  } -> tensor<1x2xf32>
  %2 = linalg.matmul {nnq.layer = "fc2"} ins(%1, %w2 : tensor<1x2xf32>, tensor<2x1xf32>) outs(%f2 : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %2 : tensor<1x1xf32>
}

// -----

#d = affine_map<(i, j) -> (i, j)>

// The channels of both layers reach a clamp, a function that is not
// homogeneous, or the other branch of an addition.
// CHECK-LABEL: @kept
// CHECK-NOT:   equalized
// REMARK-DAG: [Missed] nnq-equalize-layers | Category:nnq | Layer=clamped, Reason="'linalg.generic' of layer 'relu6': a bound of all channels does not scale with a channel"
// REMARK-DAG: [Missed] nnq-equalize-layers | Category:nnq | Layer=branch, Reason="'linalg.generic' of layer 'join' joins another branch"
// REMARK-DAG: [Missed] nnq-equalize-layers | Category:nnq | Layer=bent, Reason="'linalg.generic' of layer 'exp': 'math.exp' does not scale with a channel"
func.func @kept(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %w = arith.constant dense<[[8.0, 0.5], [1.0, 2.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "clamped"} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.generic {indexing_maps = [#d, #d], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {nnq.layer = "relu6"} {
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    %n = arith.minimumf %m, %six : f32
    linalg.yield %n : f32
  } -> tensor<1x2xf32>
  %2 = linalg.matmul {nnq.layer = "branch"} ins(%1, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %3 = linalg.generic {indexing_maps = [#d, #d, #d], iterator_types = ["parallel", "parallel"]}
      ins(%2, %1 : tensor<1x2xf32>, tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {nnq.layer = "join"} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  %4 = linalg.matmul {nnq.layer = "bent"} ins(%3, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %5 = linalg.generic {indexing_maps = [#d, #d], iterator_types = ["parallel", "parallel"]}
      ins(%4 : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) attrs = {nnq.layer = "exp"} {
  ^bb0(%a: f32, %o: f32):
    %s = math.exp %a : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  return %5 : tensor<1x2xf32>
}
