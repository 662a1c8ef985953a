// RUN: nnq-opt %s --nnq-set-target=target=aarch64+dotprod --nnq-lower-contract-to-dot \
// RUN:   | FileCheck %s

// dotprod alone has no matrix product.
#rows = affine_map<(m, n, k) -> (m, k)>
#columns = affine_map<(m, n, k) -> (n, k)>
#acc = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: @pair
// CHECK: vector.contract
// CHECK-NOT: llvm.call_intrinsic
func.func @pair(%x: vector<2x8xi8>, %w: vector<2x8xi8>, %acc: vector<2x2xi32>) -> vector<2x2xi32> {
  %p = arith.extsi %x : vector<2x8xi8> to vector<2x8xi32>
  %q = arith.extsi %w : vector<2x8xi8> to vector<2x8xi32>
  %0 = vector.contract {indexing_maps = [#rows, #columns, #acc], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>}
    %p, %q, %acc : vector<2x8xi32>, vector<2x8xi32> into vector<2x2xi32>
  return %0 : vector<2x2xi32>
}
