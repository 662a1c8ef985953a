// RUN: nnq-opt %s --nnq-set-target=target=aarch64+dotprod+i8mm --nnq-lower-contract-to-dot \
// RUN:   | FileCheck %s

// Two rows by two columns of eight.
#rows = affine_map<(m, n, k) -> (m, k)>
#columns = affine_map<(m, n, k) -> (n, k)>
#acc = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: @pair
// CHECK-SAME: %[[X:[a-z0-9]+]]: vector<2x8xi8>, %[[W:[a-z0-9]+]]: vector<2x8xi8>, %[[ACC:[a-z0-9]+]]: vector<2x2xi32>
// CHECK-DAG: %[[A:.+]] = vector.shape_cast %[[ACC]] : vector<2x2xi32> to vector<4xi32>
// CHECK-DAG: %[[ROWS:.+]] = vector.shape_cast %[[X]] : vector<2x8xi8> to vector<16xi8>
// CHECK-DAG: %[[COLUMNS:.+]] = vector.shape_cast %[[W]] : vector<2x8xi8> to vector<16xi8>
// CHECK: %[[DOT:.+]] = llvm.call_intrinsic "llvm.aarch64.neon.smmla.v4i32.v16i8"(%[[A]], %[[ROWS]], %[[COLUMNS]])
// CHECK: %[[Y:.+]] = vector.shape_cast %[[DOT]] : vector<4xi32> to vector<2x2xi32>
// CHECK: return %[[Y]]
func.func @pair(%x: vector<2x8xi8>, %w: vector<2x8xi8>, %acc: vector<2x2xi32>) -> vector<2x2xi32> {
  %p = arith.extsi %x : vector<2x8xi8> to vector<2x8xi32>
  %q = arith.extsi %w : vector<2x8xi8> to vector<2x8xi32>
  %0 = vector.contract {indexing_maps = [#rows, #columns, #acc], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>}
    %p, %q, %acc : vector<2x8xi32>, vector<2x8xi32> into vector<2x2xi32>
  return %0 : vector<2x2xi32>
}

// CHECK-LABEL: @unsigned_rows
// CHECK: vector.contract
func.func @unsigned_rows(%x: vector<2x8xi8>, %w: vector<2x8xi8>, %acc: vector<2x2xi32>) -> vector<2x2xi32> {
  %p = arith.extui %x : vector<2x8xi8> to vector<2x8xi32>
  %q = arith.extsi %w : vector<2x8xi8> to vector<2x8xi32>
  %0 = vector.contract {indexing_maps = [#rows, #columns, #acc], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>}
    %p, %q, %acc : vector<2x8xi32>, vector<2x8xi32> into vector<2x2xi32>
  return %0 : vector<2x2xi32>
}

// CHECK-LABEL: @four_columns
// CHECK: vector.contract
func.func @four_columns(%x: vector<2x8xi8>, %w: vector<4x8xi8>, %acc: vector<2x4xi32>) -> vector<2x4xi32> {
  %p = arith.extsi %x : vector<2x8xi8> to vector<2x8xi32>
  %q = arith.extsi %w : vector<4x8xi8> to vector<4x8xi32>
  %0 = vector.contract {indexing_maps = [#rows, #columns, #acc], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>}
    %p, %q, %acc : vector<2x8xi32>, vector<4x8xi32> into vector<2x4xi32>
  return %0 : vector<2x4xi32>
}

// CHECK-LABEL: @other_group
// CHECK: vector.contract
func.func @other_group(%x: vector<2x4xi8>, %w: vector<2x4xi8>, %acc: vector<2x2xi32>) -> vector<2x2xi32> {
  %p = arith.extsi %x : vector<2x4xi8> to vector<2x4xi32>
  %q = arith.extsi %w : vector<2x4xi8> to vector<2x4xi32>
  %0 = vector.contract {indexing_maps = [#rows, #columns, #acc], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>}
    %p, %q, %acc : vector<2x4xi32>, vector<2x4xi32> into vector<2x2xi32>
  return %0 : vector<2x2xi32>
}

// CHECK-LABEL: @wide_accumulator
// CHECK: vector.contract
func.func @wide_accumulator(%x: vector<2x8xi8>, %w: vector<2x8xi8>, %acc: vector<2x2xi64>) -> vector<2x2xi64> {
  %p = arith.extsi %x : vector<2x8xi8> to vector<2x8xi64>
  %q = arith.extsi %w : vector<2x8xi8> to vector<2x8xi64>
  %0 = vector.contract {indexing_maps = [#rows, #columns, #acc], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>}
    %p, %q, %acc : vector<2x8xi64>, vector<2x8xi64> into vector<2x2xi64>
  return %0 : vector<2x2xi64>
}
