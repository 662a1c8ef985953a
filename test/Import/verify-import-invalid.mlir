// RUN: nnq-opt %s --nnq-verify-import --split-input-file --verify-diagnostics

// All of a kind in one message, one message for each kind.
func.func @unsupported(%x: tensor<4xf32>, %p: !llvm.ptr) -> tensor<4xf32> {
  // expected-error @below {{unsupported operation 'tosa.exp' in layer 'first' and at 1 more places}}
  %0 = tosa.exp %x {nnq.layer = "first"} : (tensor<4xf32>) -> tensor<4xf32>
  // expected-error @below {{unsupported operation 'arith.addf'}}
  %1 = arith.addf %0, %x : tensor<4xf32>
  // expected-note @below {{also here in layer 'second'}}
  %2 = tosa.exp %1 {nnq.layer = "second"} : (tensor<4xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// -----

func.func @unsupported_in_body(%x: tensor<4xf32>, %c: i1) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
      iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%in: f32, %out: f32):
      // expected-error @below {{unsupported operation 'cf.assert'}}
      cf.assert %c, "checked"
      linalg.yield %in : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @buffers(%x: memref<4xf32>, %y: memref<4xf32>) {
  // expected-error @below {{unsupported operation 'linalg.exp'}}
  linalg.exp ins(%x : memref<4xf32>) outs(%y : memref<4xf32>)
  return
}

// -----

// A batch may be dynamic, other sizes may not.
// expected-error @below {{'func.func' op has an input of type 'tensor<4x?xf32>', but only the first size may be open, so the batch cannot be dynamic; import the network with static shapes (--shape)}}
func.func @dynamic(%x: tensor<4x?xf32>) -> tensor<4x?xf32> {
  return %x : tensor<4x?xf32>
}

// -----

func.func @samples_meet(%x: tensor<?x4xf32>) -> tensor<?xf32> {
  %0 = tensor.collapse_shape %x [[0, 1]] : tensor<?x4xf32> into tensor<?xf32>
  // expected-error @below {{returns a tensor of type 'tensor<?xf32>' whose first dimension is not the batch}}
  return %0 : tensor<?xf32>
}

// -----

func.func @init(%x: tensor<4x8xf32>, %w: tensor<8x2xf32>, %c: tensor<4x2xf32>) -> tensor<4x2xf32> {
  // expected-error @below {{'linalg.matmul' does not start from zero in layer 'fc'; run --nnq-split-bias}}
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<4x8xf32>, tensor<8x2xf32>)
    outs(%c : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

func.func @nan(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  // expected-error @below {{the weights of layer 'fc' are not finite: element [1, 0] of 'tensor<2x2xf32>' is NaN or infinite}}
  %w = arith.constant dense<[[1.0, 2.0], [0x7FC00000, 0.0]]> : tensor<2x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

// Found through the transpose that makes it an operand.
func.func @infinity_behind_a_reshape(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  // expected-error @below {{the weights of layer 'fc' are not finite: element [2]}}
  %w = arith.constant dense_resource<w> : tensor<4xf32>
  %r = tensor.expand_shape %w [[0, 1]] output_shape [2, 2] : tensor<4xf32> into tensor<2x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %r : tensor<1x2xf32>, tensor<2x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

{-#
  dialect_resources: {
    builtin: {
      w: "0x400000000000803F000000400000807F00008040"
    }
  }
#-}

// -----

// f16, f64 and bf16 are looked at too.
// expected-error @below {{element [1] of 'tensor<2xf16>'}}
%0 = arith.constant dense<[1.0, 0x7E00]> : tensor<2xf16>
// expected-error @below {{element [0] of 'tensor<2xbf16>'}}
%1 = arith.constant dense<[0x7F80, 1.0]> : tensor<2xbf16>
// expected-error @below {{element [0] of 'tensor<1xf64>'}}
%2 = arith.constant dense<[0x7FF0000000000000]> : tensor<1xf64>
