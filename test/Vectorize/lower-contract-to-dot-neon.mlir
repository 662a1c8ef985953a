// RUN: nnq-opt %s --nnq-set-target=target=aarch64 --nnq-lower-contract-to-dot \
// RUN:   | FileCheck %s

// Plain NEON has no dot product.
#row = affine_map<(l, v) -> (v)>
#columns = affine_map<(l, v) -> (l, v)>
#acc = affine_map<(l, v) -> (l)>

// CHECK-LABEL: @bytes
// CHECK: vector.contract
// CHECK-NOT: llvm.call_intrinsic
func.func @bytes(%x: vector<4xi8>, %w: vector<4x4xi8>, %acc: vector<4xi32>) -> vector<4xi32> {
  %p = arith.extsi %x : vector<4xi8> to vector<4xi32>
  %q = arith.extsi %w : vector<4x4xi8> to vector<4x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<4xi32>, vector<4x4xi32> into vector<4xi32>
  return %0 : vector<4xi32>
}
