// RUN: nnq-opt %s --nnq-lower-contract-to-dot | FileCheck %s

// Without a target nothing is known of its instructions.
// CHECK: vector.contract
func.func @bytes(%x: vector<4xi8>, %w: vector<4x4xi8>, %acc: vector<4xi32>) -> vector<4xi32> {
  %p = arith.extsi %x : vector<4xi8> to vector<4xi32>
  %q = arith.extsi %w : vector<4x4xi8> to vector<4x4xi32>
  %0 = vector.contract {indexing_maps = [affine_map<(l, v) -> (v)>, affine_map<(l, v) -> (l, v)>,
      affine_map<(l, v) -> (l)>], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<4xi32>, vector<4x4xi32> into vector<4xi32>
  return %0 : vector<4xi32>
}
