// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-lower-contract-to-dot \
// RUN:   | FileCheck %s
// A target with VNNI has it too.
// RUN: nnq-opt %s --nnq-set-target=target=znver4 --nnq-lower-contract-to-dot \
// RUN:   | FileCheck %s

// s16 by s8 in pairs: products of 16 bits, then an addition.
#row = affine_map<(l, v) -> (v)>
#columns = affine_map<(l, v) -> (l, v)>
#acc = affine_map<(l, v) -> (l)>

// CHECK-LABEL: @lanes4
// CHECK-SAME: %[[X:[a-z0-9]+]]: vector<2xi16>, %[[W:[a-z0-9]+]]: vector<4x2xi8>, %[[ACC:[a-z0-9]+]]: vector<4xi32>
// CHECK: %[[WIDE:.+]] = arith.extsi %{{.+}} : vector<8xi8> to vector<8xi16>
// CHECK: %[[ROW:.+]] = vector.bitcast %{{.+}} : vector<4xi32> to vector<8xi16>
// CHECK: %[[PRODUCTS:.+]] = llvm.call_intrinsic "llvm.x86.sse2.pmadd.wd"(%[[ROW]], %[[WIDE]])
// CHECK: %[[DOT:.+]] = arith.addi %[[ACC]], %[[PRODUCTS]]
// CHECK: return %[[DOT]]
func.func @lanes4(%x: vector<2xi16>, %w: vector<4x2xi8>, %acc: vector<4xi32>) -> vector<4xi32> {
  %p = arith.extsi %x : vector<2xi16> to vector<2xi32>
  %q = arith.extsi %w : vector<4x2xi8> to vector<4x2xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<2xi32>, vector<4x2xi32> into vector<4xi32>
  return %0 : vector<4xi32>
}

// CHECK-LABEL: @lanes8
// CHECK-SAME: %[[X:[a-z0-9]+]]: vector<2xi16>, %[[W:[a-z0-9]+]]: vector<8x2xi8>, %[[ACC:[a-z0-9]+]]: vector<8xi32>
// CHECK: %[[WIDE:.+]] = arith.extsi %{{.+}} : vector<16xi8> to vector<16xi16>
// CHECK: %[[ROW:.+]] = vector.bitcast %{{.+}} : vector<8xi32> to vector<16xi16>
// CHECK: %[[PRODUCTS:.+]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[ROW]], %[[WIDE]])
// CHECK: %[[DOT:.+]] = arith.addi %[[ACC]], %[[PRODUCTS]]
// CHECK: return %[[DOT]]
func.func @lanes8(%x: vector<2xi16>, %w: vector<8x2xi8>, %acc: vector<8xi32>) -> vector<8xi32> {
  %p = arith.extsi %x : vector<2xi16> to vector<2xi32>
  %q = arith.extsi %w : vector<8x2xi8> to vector<8x2xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<2xi32>, vector<8x2xi32> into vector<8xi32>
  return %0 : vector<8xi32>
}

// CHECK-LABEL: @lanes16
// CHECK-SAME: %[[X:[a-z0-9]+]]: vector<2xi16>, %[[W:[a-z0-9]+]]: vector<16x2xi8>, %[[ACC:[a-z0-9]+]]: vector<16xi32>
// CHECK: %[[WIDE:.+]] = arith.extsi %{{.+}} : vector<32xi8> to vector<32xi16>
// CHECK: %[[ROW:.+]] = vector.bitcast %{{.+}} : vector<16xi32> to vector<32xi16>
// CHECK: %[[PRODUCTS:.+]] = llvm.call_intrinsic "llvm.x86.avx512.pmaddw.d.512"(%[[ROW]], %[[WIDE]])
// CHECK: %[[DOT:.+]] = arith.addi %[[ACC]], %[[PRODUCTS]]
// CHECK: return %[[DOT]]
func.func @lanes16(%x: vector<2xi16>, %w: vector<16x2xi8>, %acc: vector<16xi32>) -> vector<16xi32> {
  %p = arith.extsi %x : vector<2xi16> to vector<2xi32>
  %q = arith.extsi %w : vector<16x2xi8> to vector<16x2xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<2xi32>, vector<16x2xi32> into vector<16xi32>
  return %0 : vector<16xi32>
}

// Columns that are 16 bits wide already are read as they are.
// CHECK-LABEL: @wide_columns
// CHECK-SAME: %[[W:[a-z0-9]+]]: vector<8x2xi16>
// CHECK: %[[FLAT:.+]] = vector.shape_cast %[[W]] : vector<8x2xi16> to vector<16xi16>
// CHECK: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%{{.+}}, %[[FLAT]])
func.func @wide_columns(%x: vector<2xi16>, %w: vector<8x2xi16>, %acc: vector<8xi32>) -> vector<8xi32> {
  %p = arith.extsi %x : vector<2xi16> to vector<2xi32>
  %q = arith.extsi %w : vector<8x2xi16> to vector<8x2xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<2xi32>, vector<8x2xi32> into vector<8xi32>
  return %0 : vector<8xi32>
}

// CHECK-LABEL: @unsigned_row
// CHECK: vector.contract
func.func @unsigned_row(%x: vector<2xi16>, %w: vector<8x2xi8>, %acc: vector<8xi32>) -> vector<8xi32> {
  %p = arith.extui %x : vector<2xi16> to vector<2xi32>
  %q = arith.extsi %w : vector<8x2xi8> to vector<8x2xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<2xi32>, vector<8x2xi32> into vector<8xi32>
  return %0 : vector<8xi32>
}

// Storage of s16 is what makes the sum of two products exact.
// CHECK-LABEL: @bytes
// CHECK: vector.contract
func.func @bytes(%x: vector<2xi8>, %w: vector<8x2xi8>, %acc: vector<8xi32>) -> vector<8xi32> {
  %p = arith.extsi %x : vector<2xi8> to vector<2xi32>
  %q = arith.extsi %w : vector<8x2xi8> to vector<8x2xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<2xi32>, vector<8x2xi32> into vector<8xi32>
  return %0 : vector<8xi32>
}

// CHECK-LABEL: @other_group
// CHECK: vector.contract
func.func @other_group(%x: vector<4xi16>, %w: vector<8x4xi8>, %acc: vector<8xi32>) -> vector<8xi32> {
  %p = arith.extsi %x : vector<4xi16> to vector<4xi32>
  %q = arith.extsi %w : vector<8x4xi8> to vector<8x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<4xi32>, vector<8x4xi32> into vector<8xi32>
  return %0 : vector<8xi32>
}

// CHECK-LABEL: @wide_accumulator
// CHECK: vector.contract
func.func @wide_accumulator(%x: vector<2xi16>, %w: vector<8x2xi8>, %acc: vector<8xi64>) -> vector<8xi64> {
  %p = arith.extsi %x : vector<2xi16> to vector<2xi64>
  %q = arith.extsi %w : vector<8x2xi8> to vector<8x2xi64>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<2xi64>, vector<8x2xi64> into vector<8xi64>
  return %0 : vector<8xi64>
}
