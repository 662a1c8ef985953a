// A matrix of more numbers than can be factorized is not gathered.
// RUN: %python %inputs/make_arrays.py %t.npz x=f4:2x8193:iota
// RUN: nnq-opt %s --nnq-calibrate="data=%t.npz correlations=.*" --remarks-filter-missed=nnq 2>%t.txt | FileCheck %s
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// REMARK: [Missed] nnq-calibrate | Category:nnq | Layer=fc, Reason="the correlation of the 8193 numbers that each output multiplies is too large"

// CHECK:     nnq.input_stats
// CHECK-NOT: correlation =
// CHECK:     nnq.layer = "fc"
func.func @net(%x: tensor<1x8193xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<1.0> : tensor<8193x1xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<1x8193xf32>, tensor<8193x1xf32>)
    outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
