// RUN: nnq-opt %s --nnq-verify-lowered --split-input-file --verify-diagnostics

func.func @lowered(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @cast(%x: tensor<4x!quant.uniform<u8:f32, 0.5:10>>) -> tensor<4xf32> {
  // expected-error @below {{'quant.dcast' op of layer 'act' cannot be lowered to integer linalg; lower by definition with --lower-to-llvm=reference}}
  %0 = quant.dcast %x {nnq.layer = "act"} : tensor<4x!quant.uniform<u8:f32, 0.5:10>> to tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @dynamic_cast(%x: tensor<4xi8>, %s: f32, %z: i32) -> tensor<4xf32> {
  // expected-error @below {{'nnq.dynamic_dcast' op cannot be lowered to integer linalg}}
  %0 = nnq.dynamic_dcast %x, %s, %z : tensor<4xi8> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @quantized_elements(%x: tensor<2x2x!quant.uniform<u8:f32, 0.5:10>>)
    -> tensor<4x!quant.uniform<u8:f32, 0.5:10>> {
  // expected-error @below {{'tensor.collapse_shape' op still has quantized elements}}
  %0 = tensor.collapse_shape %x [[0, 1]] : tensor<2x2x!quant.uniform<u8:f32, 0.5:10>>
    into tensor<4x!quant.uniform<u8:f32, 0.5:10>>
  return %0 : tensor<4x!quant.uniform<u8:f32, 0.5:10>>
}

// -----

// expected-error @below {{'func.func' op still has quantized elements}}
func.func @quantized_argument(%x: tensor<4x!quant.uniform<u8:f32, 0.5:10>>) {
  return
}

// -----

func.func @named(%x: tensor<1x3xf32>, %w: tensor<3x2xf32>, %f: tensor<1x2xf32>) -> tensor<1x2xf32> {
  // expected-error @below {{'linalg.matmul' op of layer 'fc' is still a named op}}
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

func.func @observed(%x: tensor<4xf32>) -> tensor<4xf32> {
  nnq.observe %x {id = 0 : i64} : tensor<4xf32>
  return %x : tensor<4xf32>
}
