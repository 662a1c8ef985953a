// RUN: nnq-opt %s --nnq-set-target=target=aarch64+dotprod --nnq-lower-contract-to-dot \
// RUN:   | FileCheck %s
// A target with i8mm has it too.
// RUN: nnq-opt %s --nnq-set-target=target=aarch64+dotprod+i8mm --nnq-lower-contract-to-dot \
// RUN:   | FileCheck %s

// s8 by s8 in groups of four, four lanes.
#row = affine_map<(l, v) -> (v)>
#columns = affine_map<(l, v) -> (l, v)>
#acc = affine_map<(l, v) -> (l)>

// CHECK-LABEL: @lanes4
// CHECK-SAME: %[[X:[a-z0-9]+]]: vector<4xi8>, %[[W:[a-z0-9]+]]: vector<4x4xi8>, %[[ACC:[a-z0-9]+]]: vector<4xi32>
// CHECK-DAG: %[[FLAT:.+]] = vector.shape_cast %[[W]] : vector<4x4xi8> to vector<16xi8>
// CHECK-DAG: %[[ROW:.+]] = vector.bitcast %{{.+}} : vector<4xi32> to vector<16xi8>
// CHECK: %[[DOT:.+]] = llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"(%[[ACC]], %[[FLAT]], %[[ROW]])
// CHECK: return %[[DOT]]
func.func @lanes4(%x: vector<4xi8>, %w: vector<4x4xi8>, %acc: vector<4xi32>) -> vector<4xi32> {
  %p = arith.extsi %x : vector<4xi8> to vector<4xi32>
  %q = arith.extsi %w : vector<4x4xi8> to vector<4x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<4xi32>, vector<4x4xi32> into vector<4xi32>
  return %0 : vector<4xi32>
}

// CHECK-LABEL: @unsigned_row
// CHECK: vector.contract
func.func @unsigned_row(%x: vector<4xi8>, %w: vector<4x4xi8>, %acc: vector<4xi32>) -> vector<4xi32> {
  %p = arith.extui %x : vector<4xi8> to vector<4xi32>
  %q = arith.extsi %w : vector<4x4xi8> to vector<4x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<4xi32>, vector<4x4xi32> into vector<4xi32>
  return %0 : vector<4xi32>
}

// CHECK-LABEL: @lanes8
// CHECK: vector.contract
func.func @lanes8(%x: vector<4xi8>, %w: vector<8x4xi8>, %acc: vector<8xi32>) -> vector<8xi32> {
  %p = arith.extsi %x : vector<4xi8> to vector<4xi32>
  %q = arith.extsi %w : vector<8x4xi8> to vector<8x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<4xi32>, vector<8x4xi32> into vector<8xi32>
  return %0 : vector<8xi32>
}

// CHECK-LABEL: @other_group
// CHECK: vector.contract
func.func @other_group(%x: vector<8xi8>, %w: vector<4x8xi8>, %acc: vector<4xi32>) -> vector<4xi32> {
  %p = arith.extsi %x : vector<8xi8> to vector<8xi32>
  %q = arith.extsi %w : vector<4x8xi8> to vector<4x8xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<8xi32>, vector<4x8xi32> into vector<4xi32>
  return %0 : vector<4xi32>
}

// CHECK-LABEL: @wide_accumulator
// CHECK: vector.contract
func.func @wide_accumulator(%x: vector<4xi8>, %w: vector<4x4xi8>, %acc: vector<4xi64>) -> vector<4xi64> {
  %p = arith.extsi %x : vector<4xi8> to vector<4xi64>
  %q = arith.extsi %w : vector<4x4xi8> to vector<4x4xi64>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<4xi64>, vector<4x4xi64> into vector<4xi64>
  return %0 : vector<4xi64>
}

// Each lane has a row of its own.
// CHECK-LABEL: @row_by_lane
// CHECK-DAG: %[[W:.+]] = vector.shape_cast %{{.+}} : vector<4x4xi8> to vector<16xi8>
// CHECK-NOT: bitcast
// CHECK: llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"(%{{.+}}, %{{.+}}, %{{.+}})
func.func @row_by_lane(%x: vector<4x4xi8>, %w: vector<4x4xi8>, %acc: vector<4xi32>) -> vector<4xi32> {
  %p = arith.extsi %x : vector<4x4xi8> to vector<4x4xi32>
  %q = arith.extsi %w : vector<4x4xi8> to vector<4x4xi32>
  %0 = vector.contract {indexing_maps = [#columns, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<4x4xi32>, vector<4x4xi32> into vector<4xi32>
  return %0 : vector<4xi32>
}
