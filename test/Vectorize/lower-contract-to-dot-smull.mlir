// RUN: nnq-opt %s --nnq-set-target=target=aarch64 --nnq-lower-contract-to-dot | FileCheck %s

#row = affine_map<(l, p, v) -> (p, v)>
#columns = affine_map<(l, p, v) -> (p, l, v)>
#acc = affine_map<(l, p, v) -> (l)>

// Parts are added up in 16 bits, and pairs of their sums in 32.
// CHECK-LABEL: @parts
// CHECK-SAME: %[[X:[a-z0-9]+]]: vector<2x2xi8>, %[[W:[a-z0-9]+]]: vector<2x4x2xi8>, %[[ACC:[a-z0-9]+]]: vector<4xi32>
// CHECK: %[[X0:.+]] = vector.extract %[[X]][0]
// CHECK: %[[W0:.+]] = vector.extract %[[W]][0]
// CHECK: %[[PAIR:.+]] = llvm.bitcast %[[X0]] : vector<2xi8> to i16
// CHECK: %[[SPLAT:.+]] = vector.broadcast %[[PAIR]] : i16 to vector<4xi16>
// CHECK: %[[ROW:.+]] = vector.bitcast %[[SPLAT]] : vector<4xi16> to vector<8xi8>
// CHECK: %[[FLAT:.+]] = vector.shape_cast %[[W0]] : vector<4x2xi8> to vector<8xi8>
// CHECK: %[[FIRST:.+]] = llvm.call_intrinsic "llvm.aarch64.neon.smull.v8i16"(%[[ROW]], %[[FLAT]])
// CHECK: vector.extract %[[X]][1]
// CHECK: %[[SECOND:.+]] = llvm.call_intrinsic "llvm.aarch64.neon.smull.v8i16"
// CHECK: %[[SUM:.+]] = arith.addi %[[FIRST]], %[[SECOND]] : vector<8xi16>
// CHECK: %[[WIDE:.+]] = llvm.call_intrinsic "llvm.aarch64.neon.saddlp.v4i32.v8i16"(%[[SUM]])
// CHECK: %[[RESULT:.+]] = arith.addi %[[ACC]], %[[WIDE]] : vector<4xi32>
// CHECK: return %[[RESULT]]
func.func @parts(%x: vector<2x2xi8>, %w: vector<2x4x2xi8>, %acc: vector<4xi32>) -> vector<4xi32> {
  %p = arith.extsi %x : vector<2x2xi8> to vector<2x2xi32>
  %q = arith.extsi %w : vector<2x4x2xi8> to vector<2x4x2xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc],
      iterator_types = ["parallel", "reduction", "reduction"], kind = #vector.kind<add>, nnq.fits_i16}
    %p, %q, %acc : vector<2x2xi32>, vector<2x4x2xi32> into vector<4xi32>
  return %0 : vector<4xi32>
}

// Nothing tells that 16 bits hold the sums.
// CHECK-LABEL: @unknown
// CHECK-NOT: call_intrinsic
// CHECK: vector.contract
func.func @unknown(%x: vector<2x2xi8>, %w: vector<2x4x2xi8>, %acc: vector<4xi32>) -> vector<4xi32> {
  %p = arith.extsi %x : vector<2x2xi8> to vector<2x2xi32>
  %q = arith.extsi %w : vector<2x4x2xi8> to vector<2x4x2xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc],
      iterator_types = ["parallel", "reduction", "reduction"], kind = #vector.kind<add>}
    %p, %q, %acc : vector<2x2xi32>, vector<2x4x2xi32> into vector<4xi32>
  return %0 : vector<4xi32>
}

// CHECK-LABEL: @unsigned_row
// CHECK-NOT: call_intrinsic
// CHECK: vector.contract
func.func @unsigned_row(%x: vector<2x2xi8>, %w: vector<2x4x2xi8>, %acc: vector<4xi32>) -> vector<4xi32> {
  %p = arith.extui %x : vector<2x2xi8> to vector<2x2xi32>
  %q = arith.extsi %w : vector<2x4x2xi8> to vector<2x4x2xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc],
      iterator_types = ["parallel", "reduction", "reduction"], kind = #vector.kind<add>, nnq.fits_i16}
    %p, %q, %acc : vector<2x2xi32>, vector<2x4x2xi32> into vector<4xi32>
  return %0 : vector<4xi32>
}

// Sums of 16 bits that are carried on, and widened later.
#pair = affine_map<(l, h, v) -> (h, v)>
#pairs = affine_map<(l, h, v) -> (l, h, v)>
#sums = affine_map<(l, h, v) -> (l, h)>

// CHECK-LABEL: @carried
// CHECK-SAME: %[[NARROW:[a-z0-9]+]]: vector<4x2xi16>, %[[ACC:[a-z0-9]+]]: vector<4xi32>
// CHECK: %[[PRODUCTS:.+]] = llvm.call_intrinsic "llvm.aarch64.neon.smull.v8i16"
// CHECK: arith.addi %{{.+}}, %[[PRODUCTS]] : vector<8xi16>
// CHECK: llvm.call_intrinsic "llvm.aarch64.neon.saddlp.v4i32.v8i16"
// CHECK: arith.addi %[[ACC]], %{{.+}} : vector<4xi32>
func.func @carried(%x: vector<2x1xi8>, %w: vector<4x2x1xi8>, %narrow: vector<4x2xi16>,
    %acc: vector<4xi32>) -> vector<4xi32> {
  %p = arith.extsi %x : vector<2x1xi8> to vector<2x1xi16>
  %q = arith.extsi %w : vector<4x2x1xi8> to vector<4x2x1xi16>
  %0 = vector.contract {indexing_maps = [#pair, #pairs, #sums],
      iterator_types = ["parallel", "parallel", "reduction"], kind = #vector.kind<add>, nnq.fits_i16}
    %p, %q, %narrow : vector<2x1xi16>, vector<4x2x1xi16> into vector<4x2xi16>
  %1 = arith.extsi %0 : vector<4x2xi16> to vector<4x2xi32>
  %2 = vector.multi_reduction <add>, %1, %acc [1] : vector<4x2xi32> to vector<4xi32>
  return %2 : vector<4xi32>
}
