// The square between the layers is the work of a pass of the embedding compiler.
func.func @net(%x: tensor<1x8xf32>) -> tensor<1x3xf32> {
  %w1 = arith.constant dense<[
    [0.5, -0.25, 1.0, 0.125], [0.25, 0.75, -0.5, 1.0], [-1.0, 0.5, 0.25, 0.5],
    [0.125, -0.5, 0.75, 0.25], [0.5, 1.0, -0.25, -0.75], [1.0, 0.25, 0.5, -1.0],
    [-0.25, 0.125, -1.0, 0.5], [0.75, -1.0, 0.125, 0.25]]> : tensor<8x4xf32>
  %w2 = arith.constant dense<[
    [0.5, -1.0, 0.25], [1.0, 0.5, -0.5], [-0.25, 0.75, 1.0], [0.5, 0.5, -0.75]]>
      : tensor<4x3xf32>
  %zero = arith.constant 0.0 : f32
  %e1 = tensor.empty() : tensor<1x4xf32>
  %i1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x4xf32>)
      -> tensor<1x4xf32>
  %h = linalg.matmul ins(%x, %w1 : tensor<1x8xf32>, tensor<8x4xf32>)
      outs(%i1 : tensor<1x4xf32>) -> tensor<1x4xf32> loc("fc1")
  %a = linalg.square ins(%h : tensor<1x4xf32>) outs(%e1 : tensor<1x4xf32>)
      -> tensor<1x4xf32> loc("square")
  %e2 = tensor.empty() : tensor<1x3xf32>
  %i2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x3xf32>)
      -> tensor<1x3xf32>
  %y = linalg.matmul ins(%a, %w2 : tensor<1x4xf32>, tensor<4x3xf32>)
      outs(%i2 : tensor<1x3xf32>) -> tensor<1x3xf32> loc("fc2")
  return %y : tensor<1x3xf32>
}
