// RUN: nnq-opt %s --nnq-verify-vectorized --split-input-file --verify-diagnostics

func.func @vectorized(%x: memref<8xf32>, %y: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %v = vector.load %x[%c0] : memref<8xf32>, vector<8xf32>
  vector.store %v, %y[%c0] : memref<8xf32>, vector<8xf32>
  return
}

// -----

func.func @structured(%y: memref<8xf32>) {
  %c = arith.constant 0.0 : f32
  // expected-error @below {{'linalg.fill' op of layer 'pad' has no vector or loop form}}
  linalg.fill {nnq.layer = "pad"} ins(%c : f32) outs(%y : memref<8xf32>)
  return
}

// -----

func.func @contract(%x: vector<4xi32>, %w: vector<8x4xi32>, %acc: vector<8xi32>) -> vector<8xi32> {
  // expected-error @below {{'vector.contract' op matches no dot instruction of the target}}
  %0 = vector.contract {indexing_maps = [affine_map<(l, v) -> (v)>, affine_map<(l, v) -> (l, v)>,
      affine_map<(l, v) -> (l)>], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %x, %w, %acc : vector<4xi32>, vector<8x4xi32> into vector<8xi32>
  return %0 : vector<8xi32>
}

// -----

func.func @tensor_value() {
  // expected-error @below {{'tensor.empty' op still yields a tensor}}
  %0 = tensor.empty() : tensor<4xf32>
  return
}

// -----

// expected-error @below {{'func.func' op still has a tensor argument}}
func.func @tensor_argument(%x: tensor<4xf32>) {
  return
}
