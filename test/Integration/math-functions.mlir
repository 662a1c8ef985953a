// Polynomials against the functions of libm, which the reference calls.
// RUN: %python %S/../Inputs/make_arrays.py %t.npy x=f4:1x4097:iota
// RUN: nnq-run %s --data=%t.npy --compare=%s --compare-reference --max-diff=4e-7 --repeat=0 | FileCheck %s
// CHECK: largest difference

#id = affine_map<(d0, d1) -> (d0, d1)>

// From -8 to 8, but for the logarithm, which sees (0, 16].
func.func @functions(%x: tensor<1x4097xf32>) -> (tensor<1x4097xf32>, tensor<1x4097xf32>, tensor<1x4097xf32>, tensor<1x4097xf32>) {
  %scale = arith.constant 0.00390625 : f32
  %shift = arith.constant -8.0 : f32
  %tiny = arith.constant 1.0e-3 : f32
  %e = tensor.empty() : tensor<1x4097xf32>
  %erf = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<1x4097xf32>) outs(%e : tensor<1x4097xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.mulf %a, %scale : f32
    %t = arith.addf %s, %shift : f32
    %r = math.erf %t : f32
    linalg.yield %r : f32
  } -> tensor<1x4097xf32>
  %tanh = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<1x4097xf32>) outs(%e : tensor<1x4097xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.mulf %a, %scale : f32
    %t = arith.addf %s, %shift : f32
    %r = math.tanh %t : f32
    linalg.yield %r : f32
  } -> tensor<1x4097xf32>
  // As in a softmax: of what is not positive.
  %exp = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<1x4097xf32>) outs(%e : tensor<1x4097xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.mulf %a, %scale : f32
    %t = arith.negf %s : f32
    %r = math.exp %t : f32
    linalg.yield %r : f32
  } -> tensor<1x4097xf32>
  %log = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<1x4097xf32>) outs(%e : tensor<1x4097xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.mulf %a, %scale : f32
    %t = arith.addf %s, %tiny : f32
    %r = math.log %t : f32
    linalg.yield %r : f32
  } -> tensor<1x4097xf32>
  return %erf, %tanh, %exp, %log : tensor<1x4097xf32>, tensor<1x4097xf32>, tensor<1x4097xf32>, tensor<1x4097xf32>
}
