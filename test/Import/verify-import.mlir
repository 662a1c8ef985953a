// RUN: nnq-opt %s --nnq-verify-import | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: @supported
func.func @supported(%x: tensor<4x8xf32>) -> tensor<6x2xf32> {
  %w = arith.constant dense<1.0> : tensor<8x2xf32>
  // A mask may hold infinities.
  %mask = arith.constant dense<[[0.0, 0xFF800000], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]> : tensor<4x2xf32>
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x2xf32>)
    outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%0, %mask : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
    ^bb0(%in: f32, %m: f32, %out: f32):
      %s = arith.addf %in, %m : f32
      %t = math.exp %s : f32
      linalg.yield %t : f32
  } -> tensor<4x2xf32>
  %2 = tensor.pad %1 low[1, 0] high[1, 0] {
    ^bb0(%i: index, %j: index):
      tensor.yield %lowest : f32
  } : tensor<4x2xf32> to tensor<6x2xf32>
  return %2 : tensor<6x2xf32>
}

// A scalar read of a tensor, as lowered dynamic quantization has it.
// CHECK-LABEL: @scalar
func.func @scalar(%x: tensor<f32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %s = tensor.extract %x[] : tensor<f32>
  %t = arith.negf %s : f32
  %f = linalg.fill ins(%t : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %f : tensor<4xf32>
}
