// RUN: nnq-opt %s --nnq-fold-constants --nnq-drop-checks --split-input-file \
// RUN:   --verify-diagnostics

func.func @false_constant() {
  %false = arith.constant false
  // expected-error @below {{a check of layer 'cf.assert' fails for its constants: no}}
  cf.assert %false, "no"
  return
}

// -----

#id = affine_map<(d0) -> (d0)>
func.func @fails_for_one_element() -> tensor<2xf32> {
  %v = arith.constant dense<[4.0, 0.0]> : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%v : tensor<2xf32>) outs(%e : tensor<2xf32>)
      attrs = {nnq.layer = "bn1"} {
    ^bb0(%in: f32, %out: f32):
      %c = arith.cmpf ogt, %in, %zero : f32
      // expected-error @below {{a check of layer 'bn1' fails for its constants: not positive}}
      cf.assert %c, "not positive"
      linalg.yield %in : f32
  } -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
