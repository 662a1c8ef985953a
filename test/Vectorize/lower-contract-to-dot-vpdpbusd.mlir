// RUN: nnq-opt %s --nnq-set-target=target=znver4 --nnq-lower-contract-to-dot \
// RUN:   | FileCheck %s

// u8 by s8 in groups of four. The row is repeated for each lane.
#row = affine_map<(l, v) -> (v)>
#columns = affine_map<(l, v) -> (l, v)>
#acc = affine_map<(l, v) -> (l)>

// CHECK-LABEL: @lanes16
// CHECK-SAME: %[[X:[a-z0-9]+]]: vector<4xi8>, %[[W:[a-z0-9]+]]: vector<16x4xi8>, %[[ACC:[a-z0-9]+]]: vector<16xi32>
// CHECK-DAG: %[[FLAT:.+]] = vector.shape_cast %[[W]] : vector<16x4xi8> to vector<64xi8>
// CHECK-DAG: %[[ROW:.+]] = vector.bitcast %{{.+}} : vector<16xi32> to vector<64xi8>
// CHECK: %[[DOT:.+]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%[[ACC]], %[[ROW]], %[[FLAT]])
// CHECK: return %[[DOT]]
func.func @lanes16(%x: vector<4xi8>, %w: vector<16x4xi8>, %acc: vector<16xi32>) -> vector<16xi32> {
  %p = arith.extui %x : vector<4xi8> to vector<4xi32>
  %q = arith.extsi %w : vector<16x4xi8> to vector<16x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<4xi32>, vector<16x4xi32> into vector<16xi32>
  return %0 : vector<16xi32>
}

// CHECK-LABEL: @lanes8
// CHECK-SAME: %[[X:[a-z0-9]+]]: vector<4xi8>, %[[W:[a-z0-9]+]]: vector<8x4xi8>, %[[ACC:[a-z0-9]+]]: vector<8xi32>
// CHECK-DAG: %[[FLAT:.+]] = vector.shape_cast %[[W]] : vector<8x4xi8> to vector<32xi8>
// CHECK-DAG: %[[ROW:.+]] = vector.bitcast %{{.+}} : vector<8xi32> to vector<32xi8>
// CHECK: %[[DOT:.+]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.256"(%[[ACC]], %[[ROW]], %[[FLAT]])
// CHECK: return %[[DOT]]
func.func @lanes8(%x: vector<4xi8>, %w: vector<8x4xi8>, %acc: vector<8xi32>) -> vector<8xi32> {
  %p = arith.extui %x : vector<4xi8> to vector<4xi32>
  %q = arith.extsi %w : vector<8x4xi8> to vector<8x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<4xi32>, vector<8x4xi32> into vector<8xi32>
  return %0 : vector<8xi32>
}

// CHECK-LABEL: @lanes4
// CHECK-SAME: %[[X:[a-z0-9]+]]: vector<4xi8>, %[[W:[a-z0-9]+]]: vector<4x4xi8>, %[[ACC:[a-z0-9]+]]: vector<4xi32>
// CHECK-DAG: %[[FLAT:.+]] = vector.shape_cast %[[W]] : vector<4x4xi8> to vector<16xi8>
// CHECK-DAG: %[[ROW:.+]] = vector.bitcast %{{.+}} : vector<4xi32> to vector<16xi8>
// CHECK: %[[DOT:.+]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.128"(%[[ACC]], %[[ROW]], %[[FLAT]])
// CHECK: return %[[DOT]]
func.func @lanes4(%x: vector<4xi8>, %w: vector<4x4xi8>, %acc: vector<4xi32>) -> vector<4xi32> {
  %p = arith.extui %x : vector<4xi8> to vector<4xi32>
  %q = arith.extsi %w : vector<4x4xi8> to vector<4x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<4xi32>, vector<4x4xi32> into vector<4xi32>
  return %0 : vector<4xi32>
}

// The instruction reads the row without a sign.
// CHECK-LABEL: @signed_row
// CHECK: vector.contract
func.func @signed_row(%x: vector<4xi8>, %w: vector<16x4xi8>, %acc: vector<16xi32>) -> vector<16xi32> {
  %p = arith.extsi %x : vector<4xi8> to vector<4xi32>
  %q = arith.extsi %w : vector<16x4xi8> to vector<16x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<4xi32>, vector<16x4xi32> into vector<16xi32>
  return %0 : vector<16xi32>
}

// CHECK-LABEL: @unsigned_columns
// CHECK: vector.contract
func.func @unsigned_columns(%x: vector<4xi8>, %w: vector<16x4xi8>, %acc: vector<16xi32>) -> vector<16xi32> {
  %p = arith.extui %x : vector<4xi8> to vector<4xi32>
  %q = arith.extui %w : vector<16x4xi8> to vector<16x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<4xi32>, vector<16x4xi32> into vector<16xi32>
  return %0 : vector<16xi32>
}

// CHECK-LABEL: @other_group
// CHECK: vector.contract
func.func @other_group(%x: vector<8xi8>, %w: vector<16x8xi8>, %acc: vector<16xi32>) -> vector<16xi32> {
  %p = arith.extui %x : vector<8xi8> to vector<8xi32>
  %q = arith.extsi %w : vector<16x8xi8> to vector<16x8xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<8xi32>, vector<16x8xi32> into vector<16xi32>
  return %0 : vector<16xi32>
}

// CHECK-LABEL: @other_lanes
// CHECK: vector.contract
func.func @other_lanes(%x: vector<4xi8>, %w: vector<2x4xi8>, %acc: vector<2xi32>) -> vector<2xi32> {
  %p = arith.extui %x : vector<4xi8> to vector<4xi32>
  %q = arith.extsi %w : vector<2x4xi8> to vector<2x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<4xi32>, vector<2x4xi32> into vector<2xi32>
  return %0 : vector<2xi32>
}

// CHECK-LABEL: @wide_accumulator
// CHECK: vector.contract
func.func @wide_accumulator(%x: vector<4xi8>, %w: vector<16x4xi8>, %acc: vector<16xi64>) -> vector<16xi64> {
  %p = arith.extui %x : vector<4xi8> to vector<4xi64>
  %q = arith.extsi %w : vector<16x4xi8> to vector<16x4xi64>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<4xi64>, vector<16x4xi64> into vector<16xi64>
  return %0 : vector<16xi64>
}

// CHECK-LABEL: @product
// CHECK: vector.contract
func.func @product(%x: vector<4xi8>, %w: vector<16x4xi8>, %acc: vector<16xi32>) -> vector<16xi32> {
  %p = arith.extui %x : vector<4xi8> to vector<4xi32>
  %q = arith.extsi %w : vector<16x4xi8> to vector<16x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<mul>}
    %p, %q, %acc : vector<4xi32>, vector<16x4xi32> into vector<16xi32>
  return %0 : vector<16xi32>
}

// Each lane has a row of its own.
// CHECK-LABEL: @row_by_lane
// CHECK-NOT: bitcast
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.256"
func.func @row_by_lane(%x: vector<8x4xi8>, %w: vector<8x4xi8>, %acc: vector<8xi32>) -> vector<8xi32> {
  %p = arith.extui %x : vector<8x4xi8> to vector<8x4xi32>
  %q = arith.extsi %w : vector<8x4xi8> to vector<8x4xi32>
  %0 = vector.contract {indexing_maps = [#columns, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<8x4xi32>, vector<8x4xi32> into vector<8xi32>
  return %0 : vector<8xi32>
}
