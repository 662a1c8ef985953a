// RUN: nnq-opt %s --nnq-prune-weights | FileCheck %s --check-prefix=MAGNITUDE
// RUN: nnq-opt %s --nnq-prune-weights=criterion=wanda | FileCheck %s --check-prefix=WANDA
// RUN: nnq-opt %s --nnq-prune-weights="criterion=obs damping=0" | FileCheck %s --check-prefix=OBS

// The first two numbers are equal up to little, the third is small: magnitude
// takes the first, wanda the third. With obs the second
// does what the first did: 2 + 0.99.
// MAGNITUDE: pruned: "0x40000000000000000000004000004040"
// WANDA: pruned: "0x400000000000803F0000004000000000"
// OBS: pruned: "0x4000000000000000295C3F4000004040"
func.func @net(%x: tensor<1x3xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1.0], [2.0], [3.0]]> : tensor<3x1xf32>
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.layer = "fc", nnq.sparsity = {pattern = "unstructured", zeros = 1}, nnq.input_stats = #nnq.input_stats<min = dense<0.0> : tensor<1x3xf32>, max = dense<1.0> : tensor<1x3xf32>, mean = dense<0.0> : tensor<1x3xf32>, second_moment = dense<[[1.0, 1.0, 0.01]]> : tensor<1x3xf32>, count = 8, output_mean = dense<0.0> : tensor<1xf32>, correlation = dense<[[1.0, 0.99, 1.0, 0.0, 0.0, 0.01]]> : tensor<1x6xf32>>}
    ins(%x, %w : tensor<1x3xf32>, tensor<3x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
