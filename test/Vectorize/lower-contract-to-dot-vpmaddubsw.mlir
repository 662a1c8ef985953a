// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-lower-contract-to-dot | FileCheck %s

// Parts of four u8 by s8: their sums of 16 bits are added up and widened once.
#row = affine_map<(l, p, v) -> (p, v)>
#columns = affine_map<(l, p, v) -> (p, l, v)>
#acc = affine_map<(l, p, v) -> (l)>

// CHECK-LABEL: @two_parts
// CHECK-SAME: %[[X:[a-z0-9]+]]: vector<2x4xi8>, %[[W:[a-z0-9]+]]: vector<2x8x4xi8>, %[[ACC:[a-z0-9]+]]: vector<8xi32>
// CHECK-DAG: %[[ONES:.+]] = arith.constant dense<1> : vector<16xi16>
// CHECK-DAG: vector.extract %[[X]][0]
// CHECK-DAG: vector.extract %[[W]][0]
// CHECK: %[[FIRST:.+]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"(%{{.+}}, %{{.+}}) : (vector<32xi8>, vector<32xi8>) -> vector<16xi16>
// CHECK-DAG: vector.extract %[[X]][1]
// CHECK-DAG: vector.extract %[[W]][1]
// CHECK: %[[SECOND:.+]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"
// CHECK: %[[SUM:.+]] = arith.addi %[[FIRST]], %[[SECOND]] : vector<16xi16>
// CHECK: %[[WIDE:.+]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[SUM]], %[[ONES]])
// CHECK: %[[DOT:.+]] = arith.addi %[[ACC]], %[[WIDE]] : vector<8xi32>
// CHECK: return %[[DOT]]
func.func @two_parts(%x: vector<2x4xi8>, %w: vector<2x8x4xi8>, %acc: vector<8xi32>) -> vector<8xi32> {
  %p = arith.extui %x : vector<2x4xi8> to vector<2x4xi32>
  %q = arith.extsi %w : vector<2x8x4xi8> to vector<2x8x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction", "reduction"],
    kind = #vector.kind<add>, nnq.fits_i16} %p, %q, %acc : vector<2x4xi32>, vector<2x8x4xi32> into vector<8xi32>
  return %0 : vector<8xi32>
}

// CHECK-LABEL: @lanes4
// CHECK: llvm.call_intrinsic "llvm.x86.ssse3.pmadd.ub.sw.128"
// CHECK: llvm.call_intrinsic "llvm.x86.sse2.pmadd.wd"
func.func @lanes4(%x: vector<1x4xi8>, %w: vector<1x4x4xi8>, %acc: vector<4xi32>) -> vector<4xi32> {
  %p = arith.extui %x : vector<1x4xi8> to vector<1x4xi32>
  %q = arith.extsi %w : vector<1x4x4xi8> to vector<1x4x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction", "reduction"],
    kind = #vector.kind<add>, nnq.fits_i16} %p, %q, %acc : vector<1x4xi32>, vector<1x4x4xi32> into vector<4xi32>
  return %0 : vector<4xi32>
}

// CHECK-LABEL: @lanes16
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.pmaddubs.w.512"
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.pmaddw.d.512"
func.func @lanes16(%x: vector<1x4xi8>, %w: vector<1x16x4xi8>, %acc: vector<16xi32>) -> vector<16xi32> {
  %p = arith.extui %x : vector<1x4xi8> to vector<1x4xi32>
  %q = arith.extsi %w : vector<1x16x4xi8> to vector<1x16x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction", "reduction"],
    kind = #vector.kind<add>, nnq.fits_i16} %p, %q, %acc : vector<1x4xi32>, vector<1x16x4xi32> into vector<16xi32>
  return %0 : vector<16xi32>
}

// Without the promise the instruction may saturate.
// CHECK-LABEL: @may_saturate
// CHECK: vector.contract
func.func @may_saturate(%x: vector<2x4xi8>, %w: vector<2x8x4xi8>, %acc: vector<8xi32>) -> vector<8xi32> {
  %p = arith.extui %x : vector<2x4xi8> to vector<2x4xi32>
  %q = arith.extsi %w : vector<2x8x4xi8> to vector<2x8x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction", "reduction"],
    kind = #vector.kind<add>} %p, %q, %acc : vector<2x4xi32>, vector<2x8x4xi32> into vector<8xi32>
  return %0 : vector<8xi32>
}

// Signed activations.
// CHECK-LABEL: @signed
// CHECK: vector.contract
func.func @signed(%x: vector<2x4xi8>, %w: vector<2x8x4xi8>, %acc: vector<8xi32>) -> vector<8xi32> {
  %p = arith.extsi %x : vector<2x4xi8> to vector<2x4xi32>
  %q = arith.extsi %w : vector<2x8x4xi8> to vector<2x8x4xi32>
  %0 = vector.contract {indexing_maps = [#row, #columns, #acc], iterator_types = ["parallel", "reduction", "reduction"],
    kind = #vector.kind<add>, nnq.fits_i16} %p, %q, %acc : vector<2x4xi32>, vector<2x8x4xi32> into vector<8xi32>
  return %0 : vector<8xi32>
}

#xp = affine_map<(l, h, v) -> (h, v)>
#wp = affine_map<(l, h, v) -> (l, h, v)>
#yp = affine_map<(l, h, v) -> (l, h)>

// Sums of pairs stay in 16 bits until all are added up.
// CHECK-LABEL: @pairs
// CHECK: %[[ONES:.+]] = arith.constant dense<1> : vector<16xi16>
// CHECK: %[[P:.+]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"
// CHECK: %[[S:.+]] = arith.addi %{{.+}}, %[[P]] : vector<16xi16>
// CHECK: %[[W:.+]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[S]], %[[ONES]])
// CHECK: arith.addi %{{.+}}, %[[W]] : vector<8xi32>
func.func @pairs(%x: vector<2x2xi8>, %w: vector<8x2x2xi8>, %s: vector<8x2xi16>, %acc: vector<8xi32>) -> vector<8xi32> {
  %a = arith.extui %x : vector<2x2xi8> to vector<2x2xi16>
  %b = arith.extsi %w : vector<8x2x2xi8> to vector<8x2x2xi16>
  %0 = vector.contract {indexing_maps = [#xp, #wp, #yp], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>, nnq.fits_i16} %a, %b, %s : vector<2x2xi16>, vector<8x2x2xi16> into vector<8x2xi16>
  %1 = arith.extsi %0 : vector<8x2xi16> to vector<8x2xi32>
  %2 = vector.multi_reduction <add>, %1, %acc [1] : vector<8x2xi32> to vector<8xi32>
  return %2 : vector<8xi32>
}

// Without the promise the instruction might saturate.
// CHECK-LABEL: @pairs_may_saturate
// CHECK-NOT: pmadd.ub.sw
func.func @pairs_may_saturate(%x: vector<2x2xi8>, %w: vector<8x2x2xi8>, %s: vector<8x2xi16>) -> vector<8x2xi16> {
  %a = arith.extui %x : vector<2x2xi8> to vector<2x2xi16>
  %b = arith.extsi %w : vector<8x2x2xi8> to vector<8x2x2xi16>
  %0 = vector.contract {indexing_maps = [#xp, #wp, #yp], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>} %a, %b, %s : vector<2x2xi16>, vector<8x2x2xi16> into vector<8x2xi16>
  return %0 : vector<8x2xi16>
}

// Each lane has a row of its own.
// CHECK-LABEL: @pairs_by_lane
// CHECK-NOT: bitcast
// CHECK: llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"
func.func @pairs_by_lane(%x: vector<8x2x2xi8>, %w: vector<8x2x2xi8>, %s: vector<8x2xi16>) -> vector<8x2xi16> {
  %a = arith.extui %x : vector<8x2x2xi8> to vector<8x2x2xi16>
  %b = arith.extsi %w : vector<8x2x2xi8> to vector<8x2x2xi16>
  %0 = vector.contract {indexing_maps = [#wp, #wp, #yp], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>, nnq.fits_i16} %a, %b, %s : vector<8x2x2xi16>, vector<8x2x2xi16> into vector<8x2xi16>
  return %0 : vector<8x2xi16>
}

// Constants that have been extended are as narrow as they were; others stay.
// CHECK-LABEL: @constant_pairs
// CHECK: %[[ROW:.+]] = arith.constant dense<{{.*}}> : vector<{{.*}}xi8>
// CHECK: llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"
// CHECK-NOT: arith.addi
// CHECK: return
func.func @constant_pairs(%w: vector<8x2x2xi8>) -> vector<8x2xi16> {
  %a = arith.constant dense<[[1, 4], [1, 255]]> : vector<2x2xi16>
  %s = arith.constant dense<0> : vector<8x2xi16>
  %b = arith.extsi %w : vector<8x2x2xi8> to vector<8x2x2xi16>
  %0 = vector.contract {indexing_maps = [#xp, #wp, #yp], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>, nnq.fits_i16} %a, %b, %s : vector<2x2xi16>, vector<8x2x2xi16> into vector<8x2xi16>
  return %0 : vector<8x2xi16>
}

// CHECK-LABEL: @wide_constant_pairs
// CHECK: vector.contract
func.func @wide_constant_pairs(%w: vector<8x2x2xi8>) -> vector<8x2xi16> {
  %a = arith.constant dense<[[1, 4], [1, 256]]> : vector<2x2xi16>
  %s = arith.constant dense<0> : vector<8x2xi16>
  %b = arith.extsi %w : vector<8x2x2xi8> to vector<8x2x2xi16>
  %0 = vector.contract {indexing_maps = [#xp, #wp, #yp], iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>, nnq.fits_i16} %a, %b, %s : vector<2x2xi16>, vector<8x2x2xi16> into vector<8x2xi16>
  return %0 : vector<8x2xi16>
}
