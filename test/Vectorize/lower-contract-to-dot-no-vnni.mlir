// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-lower-contract-to-dot \
// RUN:   | FileCheck %s

// Without VNNI there is no dot product of bytes.
#row = affine_map<(l, v) -> (v)>
#columns = affine_map<(l, v) -> (l, v)>
#acc = affine_map<(l, v) -> (l)>

// CHECK-LABEL: @bytes
// CHECK: vector.contract
// CHECK-NOT: llvm.call_intrinsic
func.func @bytes(%x: vector<4xi8>, %w: vector<8x4xi8>, %acc: vector<8xi32>) -> vector<8xi32> {
  %p = arith.extui %x : vector<4xi8> to vector<4xi32>
  %q = arith.extsi %w : vector<8x4xi8> to vector<8x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<4xi32>, vector<8x4xi32> into vector<8xi32>
  return %0 : vector<8xi32>
}
