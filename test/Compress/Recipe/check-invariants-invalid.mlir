// RUN: nnq-opt %s --nnq-check-invariants=step=quantize-int8 --split-input-file --verify-diagnostics

func.func @zeros(%x: tensor<1x2xf32>) -> tensor<1x4xf32> attributes {nnq.invariants = [{layer = "fc.0", nonzero = 7 : i64, sizes = array<i64: 2, 4>, step = "prune-weights", values = 0 : i64, zeros = array<i8: 1>}]} {
  %zero = arith.constant 0.0 : f32
  %v = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 0.0]]> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  // expected-error @+1 {{step 'quantize-int8' undoes step 'prune-weights': layer 'fc.0' has lost 1 zeros; put it in front of that step, or exclude the layer from one of the two}}
  %0 = linalg.matmul {nnq.layer = "fc.0"} ins(%x, %v : tensor<1x2xf32>, tensor<2x4xf32>) outs(%i : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

func.func @nonzeros(%x: tensor<1x2xf32>) -> tensor<1x4xf32> attributes {nnq.invariants = [{layer = "fc.0", nonzero = 5 : i64, sizes = array<i64: 4, 2>, step = "prune-weights", values = 0 : i64, zeros = array<i8>}]} {
  %zero = arith.constant 0.0 : f32
  %v = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 0.0]]> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  // expected-error @+1 {{layer 'fc.0' has 7 weights that are not zero, and had 5; put it in front of that step, or exclude the layer from one of the two}}
  %0 = linalg.matmul {nnq.layer = "fc.0"} ins(%x, %v : tensor<1x2xf32>, tensor<2x4xf32>) outs(%i : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

func.func @sizes(%x: tensor<1x2xf32>) -> tensor<1x4xf32> attributes {nnq.invariants = [{layer = "fc.0", nonzero = 7 : i64, sizes = array<i64: 4, 1>, step = "prune-channels", values = 0 : i64, zeros = array<i8>}]} {
  %zero = arith.constant 0.0 : f32
  %v = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 0.0]]> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  // expected-error @+1 {{step 'quantize-int8' undoes step 'prune-channels': layer 'fc.0' has weights of 2x4, and had 4x1; put it in front of that step, or exclude the layer from one of the two}}
  %0 = linalg.matmul {nnq.layer = "fc.0"} ins(%x, %v : tensor<1x2xf32>, tensor<2x4xf32>) outs(%i : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

func.func @values(%x: tensor<1x2xf32>) -> tensor<1x4xf32> attributes {nnq.invariants = [{layer = "fc.0", nonzero = 7 : i64, sizes = array<i64: 2, 4>, step = "share-weights", values = 3 : i64, zeros = array<i8>}]} {
  %zero = arith.constant 0.0 : f32
  %v = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 0.0]]> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  // expected-error @+1 {{layer 'fc.0' has more values than the 3 it shared; put it in front of that step, or exclude the layer from one of the two}}
  %0 = linalg.matmul {nnq.layer = "fc.0"} ins(%x, %v : tensor<1x2xf32>, tensor<2x4xf32>) outs(%i : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

func.func @fine(%x: tensor<1x2xf32>) -> tensor<1x4xf32> attributes {nnq.invariants = [{layer = "fc.0", nonzero = 7 : i64, sizes = array<i64: 2, 4>, step = "prune-weights", values = 0 : i64, zeros = array<i8: -128>}]} {
  %zero = arith.constant 0.0 : f32
  %v = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 0.0]]> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul {nnq.layer = "fc.0"} ins(%x, %v : tensor<1x2xf32>, tensor<2x4xf32>) outs(%i : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

func.func @grown_where_no_step_was(%x: tensor<1x2xf32>) -> tensor<1x4xf32> attributes {nnq.invariants = [{layer = "fc.0", nonzero = 5 : i64, sizes = array<i64: 2, 4>, step = "", values = 0 : i64, zeros = array<i8>}]} {
  %zero = arith.constant 0.0 : f32
  %v = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 0.0]]> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul {nnq.layer = "fc.0"} ins(%x, %v : tensor<1x2xf32>, tensor<2x4xf32>) outs(%i : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

func.func @factors(%x: tensor<1x2xf32>) -> tensor<1x4xf32> attributes {nnq.invariants = [{layer = "fc", nonzero = 9 : i64, sizes = array<i64: 4, 4>, step = "prune-weights", values = 0 : i64, zeros = array<i8>}]} {
  %zero = arith.constant 0.0 : f32
  %v = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 0.0]]> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul {nnq.layer = "fc.0"} ins(%x, %v : tensor<1x2xf32>, tensor<2x4xf32>) outs(%i : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

// expected-error @+1 {{layer 'fc' has factors with 7 weights that are not zero, and had 6; put it in front of that step, or exclude the layer from one of the two}}
func.func @too_many_factors(%x: tensor<1x2xf32>) -> tensor<1x4xf32> attributes {nnq.invariants = [{layer = "fc", nonzero = 6 : i64, sizes = array<i64: 4, 4>, step = "prune-weights", values = 0 : i64, zeros = array<i8>}]} {
  %zero = arith.constant 0.0 : f32
  %v = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 0.0]]> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul {nnq.layer = "fc.0"} ins(%x, %v : tensor<1x2xf32>, tensor<2x4xf32>) outs(%i : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

// expected-error @+1 {{layer 'other' is gone; put it in front of that step, or exclude the layer from one of the two}}
func.func @gone(%x: tensor<1x2xf32>) -> tensor<1x4xf32> attributes {nnq.invariants = [{layer = "other", nonzero = 7 : i64, sizes = array<i64: 2, 4>, step = "prune-weights", values = 0 : i64, zeros = array<i8>}]} {
  %zero = arith.constant 0.0 : f32
  %v = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 0.0]]> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul {nnq.layer = "fc.0"} ins(%x, %v : tensor<1x2xf32>, tensor<2x4xf32>) outs(%i : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

// expected-error @+1 {{nnq.invariants has to be an array of {layer, step, sizes, nonzero, zeros, values}}}
func.func @malformed(%x: tensor<1x2xf32>) -> tensor<1x4xf32> attributes {nnq.invariants = [1 : i64]} {
  %zero = arith.constant 0.0 : f32
  %v = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 0.0]]> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul {nnq.layer = "fc.0"} ins(%x, %v : tensor<1x2xf32>, tensor<2x4xf32>) outs(%i : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}
