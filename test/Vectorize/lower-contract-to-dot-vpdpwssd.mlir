// RUN: nnq-opt %s --nnq-set-target=target=znver4 --nnq-lower-contract-to-dot --convert-vector-to-llvm \
// RUN:     --convert-func-to-llvm --convert-arith-to-llvm --reconcile-unrealized-casts --strip-debuginfo \
// RUN:   | mlir-translate --mlir-to-llvmir | llc -mcpu=znver4 -mtriple=x86_64 | FileCheck %s

// The cost of pairs on targets with VNNI counts on LLVM to add products up with
// what multiplies them.
#row = affine_map<(l, v) -> (v)>
#columns = affine_map<(l, v) -> (l, v)>
#acc = affine_map<(l, v) -> (l)>

// CHECK-LABEL: pairs:
// CHECK-NOT: vpmaddwd
// CHECK: vpdpwssd
// CHECK-NOT: vpaddd
// CHECK: ret
func.func @pairs(%x: vector<2xi16>, %w: vector<16x2xi16>, %acc: vector<16xi32>) -> vector<16xi32> {
  %p = arith.extsi %x : vector<2xi16> to vector<2xi32>
  %q = arith.extsi %w : vector<16x2xi16> to vector<16x2xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<2xi32>, vector<16x2xi32> into vector<16xi32>
  return %0 : vector<16xi32>
}
