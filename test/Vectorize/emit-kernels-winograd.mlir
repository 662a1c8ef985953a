// RUN: nnq-opt %s --nnq-emit-kernels --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-set-target="target=x86-64-v3 threads=2" --nnq-emit-kernels --split-input-file \
// RUN:   | FileCheck %s --check-prefix=SHARED

#x = affine_map<(h, w, c, i, r, v) -> (h + i, w * 8 + r * 2 + v)>
#w = affine_map<(h, w, c, i, r, v) -> (c floordiv 8, i, r, c mod 8, v)>
#y = affine_map<(h, w, c, i, r, v) -> (h, w, c)>
#id = affine_map<(h, w, c) -> (h, w, c)>
#channel = affine_map<(h, w, c) -> (c)>

// Six rows in tiles of 4x4: the second tile overlaps the first. One strip, so
// weights are transformed for the twelve channels where they are needed: one
// block of eight and four lanes of a second.
// CHECK-LABEL: @conv
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<8x80xi16>, %[[W:[a-z0-9]+]]: memref<2x3x12x8x2xi8>, %[[B:[a-z0-9]+]]: memref<12xi32>, %[[Y:[a-z0-9]+]]: memref<6x8x12xi16>
// CHECK-NOT: linalg
// Transformed factors and products lie point by point; each point ends in a
// line of the cache that is not used.
// CHECK: %[[V:.+]] = memref.alloc() {alignment = 64 : i64} : memref<1x36x64xi16>
// CHECK: %[[U:.+]] = memref.alloc() {alignment = 64 : i64} : memref<1x36x96xi16>
// CHECK: %[[M:.+]] = memref.alloc() {alignment = 64 : i64} : memref<1x36x48xi32>
// The activation, for each tile: it shares two of six columns, of which the
// rows are transformed, with the one before.
// CHECK: scf.for %[[TY:.+]] = %c0{{.*}} to %c2
// CHECK: affine.min
// CHECK-COUNT-12: vector.load %[[X]]{{.*}} vector<8xi16>
// CHECK-NOT: vector.load
// CHECK: scf.for %[[TX:.+]] = %c0{{.*}} to %c2{{.*}} iter_args
// CHECK-COUNT-24: vector.load %[[X]]{{.*}} vector<8xi16>
// CHECK-NOT: vector.load %[[X]]
// CHECK-NOT: arith.muli {{.*}}i32
// CHECK: vector.store %{{.+}}, %[[V]][%c0{{.*}} : memref<1x36x64xi16>, vector<8xi16>
// CHECK: vector.store %{{.+}}, %[[V]][%c0{{[_0-9]*}}, %c35{{.*}} : memref<1x36x64xi16>, vector<8xi16>
// The weights of the whole block, widened, for each pair of inputs.
// CHECK: scf.for {{.*}} = %c0{{.*}} to %c4
// CHECK: vector.load %{{.+}} : memref<2x3x12x16xi8>, vector<16xi8>
// CHECK: arith.extsi {{.*}} : vector<16xi8> to vector<16xi16>
// CHECK: vector.store %{{.+}}, %[[U]]{{.*}} vector<16xi16>
// Sums of products for each point.
// CHECK: scf.for %{{.+}} = %c0{{.*}} to %c36
// CHECK: vector.load %[[U]]{{.*}} vector<16xi16>
// CHECK: vector.load %[[V]]{{.*}} vector<2xi16>
// CHECK: vector.contract
// CHECK: vector.store %{{.+}}, %[[M]]{{.*}} vector<8xi32>
// The result: 576 times the sum is multiplied by the inverse of 9 modulo 2^32
// and shifted by 6; the epilogue follows in registers, for two columns at once,
// which fill a register when they are narrow.
// CHECK-DAG: %[[INVERSE:.+]] = arith.constant dense<954437177> : vector<8xi32>
// CHECK-DAG: %[[SHIFT:.+]] = arith.constant dense<6> : vector<8xi32>
// CHECK: vector.load %[[M]]{{.*}} vector<8xi32>
// CHECK: %[[NINTH:.+]] = arith.muli %{{.+}}, %{{.+}} : vector<8xi32>
// CHECK: arith.shrsi %[[NINTH]], %{{.+}} : vector<8xi32>
// CHECK: vector.load %[[B]]{{.*}} vector<8xi32>
// CHECK: %[[TWO:.+]] = arith.trunci {{.*}} : vector<16xi32> to vector<16xi16>
// CHECK: %[[FIRST:.+]] = vector.extract_strided_slice %[[TWO]] {offsets = [0], sizes = [8], strides = [1]}
// CHECK: %[[SECOND:.+]] = vector.extract_strided_slice %[[TWO]] {offsets = [8], sizes = [8], strides = [1]}
// CHECK: vector.store %[[FIRST]], %[[Y]]{{.*}} vector<8xi16>
// CHECK: vector.store %[[SECOND]], %[[Y]]{{.*}} vector<8xi16>
// The four lanes of the second block.
// CHECK: vector.store %{{.+}}, %[[Y]]{{.*}} vector<4xi16>
// CHECK-NOT: linalg
func.func @conv(%x: memref<8x80xi16>, %w: memref<2x3x12x8x2xi8>, %b: memref<12xi32>, %y: memref<6x8x12xi16>) {
  %zero = arith.constant 0 : i32
  %acc = memref.alloc() : memref<6x8x12xi32>
  linalg.fill ins(%zero : i32) outs(%acc : memref<6x8x12xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<8x80xi16>, memref<2x3x12x8x2xi8>) outs(%acc : memref<6x8x12xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 4, blocks = 1, winograd = 4, strip = 2>} {
  ^bb0(%a: i16, %c: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %c : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%acc, %b : memref<6x8x12xi32>, memref<12xi32>) outs(%y : memref<6x8x12xi16>) {
  ^bb0(%a: i32, %c: i32, %o: i16):
    %s = arith.addi %a, %c : i32
    %t = arith.trunci %s : i32 to i16
    linalg.yield %t : i16
  }
  return
}

// -----

#x = affine_map<(h, w, c, i, r, v) -> (h + i, w * 8 + r * 2 + v)>
#w = affine_map<(h, w, c, i, r, v) -> (c floordiv 8, i, r, c mod 8, v)>
#y = affine_map<(h, w, c, i, r, v) -> (h, w, c)>

// Strips of one row of 2x2 tiles find all weights transformed, once.
// CHECK-LABEL: @strips
// CHECK: memref.alloc() {{.*}} : memref<1x16x64xi16>
// CHECK: memref.alloc() {{.*}} : memref<2x16x96xi16>
// CHECK: memref.alloc() {{.*}} : memref<1x16x48xi32>
// CHECK: arith.extsi {{.*}} : vector<16xi8> to vector<16xi16>
// CHECK: scf.for %{{.+}} = %c0{{.*}} to %c3
// CHECK: vector.load %{{.+}} : memref<8x80xi8>, vector<8xi8>
// CHECK: arith.extui {{.*}} : vector<8xi8> to vector<8xi16>
// CHECK-NOT: arith.extsi {{.*}} : vector<16xi8> to vector<16xi16>
// Threads share the strips, each with scratch memory of its own.
// SHARED-LABEL: @strips
// SHARED: memref.alloc() {{.*}} : memref<2x16x64xi16>
// SHARED: memref.alloc() {{.*}} : memref<2x16x96xi16>
// SHARED: memref.alloc() {{.*}} : memref<2x16x48xi32>
// SHARED: scf.for %[[SHARE:.+]] = %c0{{.*}} to %c2
// SHARED: %[[FROM:.+]] = affine.apply {{.*}}(%[[SHARE]])
// SHARED: scf.for %{{.+}} = %[[FROM]] to
// SHARED: vector.store %{{.+}} %{{.+}}[%[[SHARE]], {{.*}} : memref<2x16x64xi16>
func.func @strips(%x: memref<8x80xi8>, %w: memref<2x3x12x8x2xi8>, %y: memref<6x8x16xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<6x8x16xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<8x80xi8>, memref<2x3x12x8x2xi8>) outs(%y : memref<6x8x16xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 4, blocks = 1, winograd = 2, strip = 1>} {
  ^bb0(%a: i8, %c: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %c : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}

// -----

#x = affine_map<(h, w, c, i, r, v) -> (h + i, w * 512 + r * 2 + v)>
#w = affine_map<(h, w, c, i, r, v) -> (c floordiv 8, i, r, c mod 8, v)>
#y = affine_map<(h, w, c, i, r, v) -> (h, w, c)>

// The transformed weights of all points would fill the second-level cache: they
// are multiplied as soon as those of one or two rows of the transform are
// there, in memory that the next ones use again.
// CHECK-LABEL: @parts
// CHECK-SAME: %{{.+}}: memref<6x3072xi16>, %[[W:.+]]: memref<1x3x768x8x2xi8>
// CHECK: %[[V:.+]] = memref.alloc() {{.*}} : memref<1x36x544xi16>
// CHECK: %[[U:.+]] = memref.alloc() {{.*}} : memref<1x12x4128xi16>
// CHECK: %[[M:.+]] = memref.alloc() {{.*}} : memref<1x36x24xi32>
// Row 0 of the transform reads one row of taps, rows 1 and 2 read all.
// CHECK-COUNT-3: arith.extsi {{.*}} : vector<16xi8> to vector<16xi16>
// CHECK-NOT: arith.extsi {{.*}} : vector<16xi8>
// CHECK: scf.for %{{.+}} = %c0{{.*}} to %c6{{(_[0-9]+)?}} step
// CHECK: vector.store %{{.+}}, %[[M]]
// CHECK-COUNT-9: arith.extsi {{.*}} : vector<16xi8> to vector<16xi16>
// CHECK-NOT: arith.extsi {{.*}} : vector<16xi8>
// CHECK: vector.store %{{.+}}, %[[U]]{{.*}} vector<16xi16>
// CHECK: scf.for %[[P:.+]] = %c0{{.*}} to %c12{{(_[0-9]+)?}} step
// CHECK: %[[Q:.+]] = affine.apply #{{.+}}(%[[P]])
// CHECK: vector.load %[[U]][%c0{{.*}}, %[[P]],
// CHECK: vector.load %[[V]][%c0{{[_0-9]*}}, %[[Q]],
// CHECK: vector.store %{{.+}}, %[[M]][%c0{{.*}}, %[[Q]],
// CHECK-COUNT-9: arith.extsi {{.*}} : vector<16xi8> to vector<16xi16>
// CHECK: scf.for %{{.+}} = %c0{{.*}} to %c12{{(_[0-9]+)?}} step
// CHECK-COUNT-3: arith.extsi {{.*}} : vector<16xi8> to vector<16xi16>
// CHECK-NOT: arith.extsi {{.*}} : vector<16xi8>
// CHECK: scf.for %{{.+}} = %c0{{.*}} to %c6{{(_[0-9]+)?}} step
func.func @parts(%x: memref<6x3072xi16>, %w: memref<1x3x768x8x2xi8>, %y: memref<4x4x8xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<4x4x8xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<6x3072xi16>, memref<1x3x768x8x2xi8>) outs(%y : memref<4x4x8xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 1, blocks = 1, winograd = 4, strip = 1>} {
  ^bb0(%a: i16, %c: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %c : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}

// -----

#x = affine_map<(h, w, c, i, r, v) -> (h + i, w * 8 + r * 2 + v)>
#w = affine_map<(h, w, c, i, r, v) -> (c floordiv 8, i, r, c mod 8, v)>
#y = affine_map<(h, w, c, i, r, v) -> (h, w, c)>
#id = affine_map<(h, w, c) -> (h, w, c)>
#channel = affine_map<(h, w, c) -> (c)>

memref.global "private" constant @w : memref<1x3x12x8x2xi8> = dense<2>
memref.global "private" constant @small : memref<8xi32> = dense<[1, 2, 3, 4, 5, 6, 7, -8]>
// 72 taps times 2 times 255, and this, need 27 bits: 26 are left of 32.
memref.global "private" constant @large : memref<8xi32> = dense<[1, 2, 3, 4, 5, 6, 7, 33520000]>

// A bias that is known to be small goes into point (1, 1), 576 times as large:
// sums are 576 times theirs, and all results read this point with a factor of
// 1. The epilogue has nothing left to add.
// CHECK-LABEL: @bias
// CHECK: %[[B:.+]] = memref.get_global @small
// CHECK: vector.load %{{.+}}[%{{.+}}, %c7{{.*}} : memref<1x36x48xi32>, vector<8xi32>
// CHECK: %[[V:.+]] = vector.load %[[B]]
// CHECK: %[[SCALED:.+]] = arith.muli %[[V]], %{{.+}} : vector<8xi32>
// CHECK: arith.addi %{{.+}}, %[[SCALED]] : vector<8xi32>
// CHECK: arith.shrsi %{{.+}}, %{{.+}} exact : vector<8xi32>
// CHECK-NOT: memref<8xi32>
func.func @bias(%x: memref<8x80xi8>, %y: memref<6x8x8xi16>) {
  %zero = arith.constant 0 : i32
  %w = memref.get_global @w : memref<1x3x12x8x2xi8>
  %b = memref.get_global @small : memref<8xi32>
  %acc = memref.alloc() : memref<6x8x8xi32>
  linalg.fill ins(%zero : i32) outs(%acc : memref<6x8x8xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<8x80xi8>, memref<1x3x12x8x2xi8>) outs(%acc : memref<6x8x8xi32>)
      attrs = {nnq.range = array<i64: 0, 255>,
               nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 4, blocks = 1, winograd = 4, strip = 2>} {
  ^bb0(%a: i8, %c: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %c : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%acc, %b : memref<6x8x8xi32>, memref<8xi32>) outs(%y : memref<6x8x8xi16>) {
  ^bb0(%a: i32, %c: i32, %o: i16):
    %s = arith.addi %a, %c : i32
    %t = arith.trunci %s : i32 to i16
    linalg.yield %t : i16
  }
  return
}

// CHECK-LABEL: @large_bias
// CHECK: arith.shrsi %{{.+}}, %{{.+}} exact : vector<8xi32>
// CHECK: vector.load %{{.+}} : memref<8xi32>, vector<8xi32>
func.func @large_bias(%x: memref<8x80xi8>, %y: memref<6x8x8xi16>) {
  %zero = arith.constant 0 : i32
  %w = memref.get_global @w : memref<1x3x12x8x2xi8>
  %b = memref.get_global @large : memref<8xi32>
  %acc = memref.alloc() : memref<6x8x8xi32>
  linalg.fill ins(%zero : i32) outs(%acc : memref<6x8x8xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<8x80xi8>, memref<1x3x12x8x2xi8>) outs(%acc : memref<6x8x8xi32>)
      attrs = {nnq.range = array<i64: 0, 255>,
               nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 4, blocks = 1, winograd = 4, strip = 2>} {
  ^bb0(%a: i8, %c: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %c : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%acc, %b : memref<6x8x8xi32>, memref<8xi32>) outs(%y : memref<6x8x8xi16>) {
  ^bb0(%a: i32, %c: i32, %o: i16):
    %s = arith.addi %a, %c : i32
    %t = arith.trunci %s : i32 to i16
    linalg.yield %t : i16
  }
  return
}

// -----

#x = affine_map<(h, w, c, i, r, v) -> (h + i, w * 32 + r * 2 + v)>
#w = affine_map<(h, w, c, i, r, v) -> (c floordiv 16, i, r, c mod 16, v)>
#y = affine_map<(h, w, c, i, r, v) -> (h, w, c)>

#taps = affine_map<(b, t, r, c, v) -> (b, t, r, c, v)>
#pair = affine_map<(b, t, r, c, v) -> (b, r, c, v, t floordiv 2)>
#one = affine_map<(b, t, r, c, v) -> (b, r, c, v)>

module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu", cpu = "znver4", features = "",
    vector_bits = 512, vector_registers = 32, dot = vpdpbusd>} {
memref.global "private" constant @outer : memref<2x48x16x2x2xi8> = dense<1>
memref.global "private" constant @middle : memref<2x48x16x2xi8> = dense<2>

// Weights are transformed where four tiles multiply them: of row 0, which reads
// the first taps of columns, five points at once and the last, of four pairs of
// inputs, apart; of rows 1 and 2, which read all, two columns at a time, and
// those at the ends, which read two columns of taps, together. The first and
// the third tap are neighbours, multiplied and added up at once, by factors that
// the transform of the results then lacks. What other points of the same rows
// read again of columns of which the rows are transformed is stored.
// CHECK-LABEL: @fused
// CHECK: %[[OUTER:.+]] = memref.get_global @outer
// CHECK: %[[MIDDLE:.+]] = memref.get_global @middle
// CHECK: %[[V:.+]] = memref.alloc() {alignment = 64 : i64} : memref<1x36x160xi16>
// CHECK: %[[H:.+]] = memref.alloc() {alignment = 64 : i64} : memref<1x18x544xi16>
// CHECK: %[[M:.+]] = memref.alloc() {alignment = 64 : i64} : memref<1x36x80xi32>
// CHECK-NOT: memref.alloc
// CHECK: vector.store %{{.+}}, %[[V]][%c0{{[_0-9]*}}, %c35
// CHECK: scf.for %{{.+}} = %c0{{.*}} to %c2
// CHECK: scf.for
// CHECK: %[[PAIRS:.+]] = memref.collapse_shape %[[OUTER]] {{\[}}[0], [1], [2, 3, 4]]
// CHECK: %[[BYTES:.+]] = vector.load %[[PAIRS]]{{.*}} vector<64xi8>
// CHECK: %[[FACTORS:.+]] = arith.constant dense<[6, 0, 6, 0]> : vector<4xi8>
// CHECK: vector.contract {{.*}} : vector<2x2xi16>, vector<16x2x2xi16> into vector<16x2xi16>
// CHECK-COUNT-2: vector.load {{.*}} vector<64xi8>
// CHECK-NOT: vector.load {{.*}} vector<64xi8>
// CHECK: vector.load %[[V]][%c0{{[_0-9]*}}, %{{.+}}] : memref<1x36x160xi16>, vector<2xi16>
// CHECK: vector.contract {{.*}} : vector<2xi32>, vector<16x2xi32> into vector<16xi32>
// CHECK-NOT: vector.load {{.*}} vector<64xi8>
// CHECK: vector.store %{{.+}}, %[[M]][%c0{{[_0-9]*}}, %c0{{[_0-9]*}},
// CHECK: vector.store %{{.+}}, %[[M]][%c0{{[_0-9]*}}, %c4{{[_0-9]*}},
// CHECK: scf.for
// CHECK-COUNT-4: vector.load %[[H]][{{.*}} vector<32xi16>
// CHECK-NOT: vector.load {{.*}}i8>
// CHECK: vector.store %{{.+}}, %[[M]][%c0{{[_0-9]*}}, %c5{{[_0-9]*}},
// CHECK: scf.for
// CHECK: vector.load {{.*}} vector<64xi8>
// CHECK: dense<4> : vector<4xi8>
// CHECK: memref.collapse_shape %[[MIDDLE]] {{\[}}[0], [1], [2, 3]]
// CHECK: vector.load {{.*}} vector<32xi8>
// CHECK: vector.load {{.*}} vector<64xi8>
// CHECK: vector.load {{.*}} vector<32xi8>
// CHECK-NOT: vector.load {{.*}}xi8>
// CHECK: vector.store %{{.+}}, %[[M]][%c0{{[_0-9]*}}, %c6{{[_0-9]*}},
// CHECK: vector.store %{{.+}}, %[[M]][%c0{{[_0-9]*}}, %c17{{[_0-9]*}},
// CHECK: scf.for
// CHECK: vector.load {{.*}} vector<64xi8>
// CHECK: vector.load {{.*}} vector<32xi8>
// CHECK-COUNT-2: vector.store %{{.+}}, %[[H]]
// CHECK-COUNT-4: vector.load %[[H]][{{.*}} vector<32xi16>
// CHECK-NOT: vector.load {{.*}}xi8>
// CHECK: vector.store %{{.+}}, %[[M]][%c0{{[_0-9]*}}, %c7{{[_0-9]*}},
// CHECK-DAG: arith.constant dense<6> : vector<16xi32>
// CHECK-DAG: arith.constant dense<954437177> : vector<16xi32>
func.func @fused(%x: memref<10x320xi16>, %y: memref<8x8x32xi32>) {
  %zero = arith.constant 0 : i32
  %outer = memref.get_global @outer : memref<2x48x16x2x2xi8>
  %middle = memref.get_global @middle : memref<2x48x16x2xi8>
  %w = memref.alloc() : memref<2x3x48x16x2xi8>
  linalg.generic {indexing_maps = [#pair, #one, #taps],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%outer, %middle : memref<2x48x16x2x2xi8>, memref<2x48x16x2xi8>) outs(%w : memref<2x3x48x16x2xi8>) {
  ^bb0(%a: i8, %c: i8, %o: i8):
    %tap = linalg.index 1 : index
    %c1 = arith.constant 1 : index
    %is = arith.cmpi eq, %tap, %c1 : index
    %s = arith.select %is, %c, %a : i8
    linalg.yield %s : i8
  }
  linalg.fill ins(%zero : i32) outs(%y : memref<8x8x32xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<10x320xi16>, memref<2x3x48x16x2xi8>) outs(%y : memref<8x8x32xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 4, blocks = 1, winograd = 4, strip = 2, fused = true>} {
  ^bb0(%a: i16, %c: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %c : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}

// All tiles share what the first four transform.
// CHECK-LABEL: @fused_groups
// CHECK-SAME: memref<10x576xi16>
// CHECK: memref.alloc() {alignment = 64 : i64} : memref<1x36x288xi16>
// CHECK: %[[H:.+]] = memref.alloc() {alignment = 64 : i64} : memref<1x18x544xi16>
// CHECK: %[[M:.+]] = memref.alloc() {alignment = 64 : i64} : memref<1x36x144xi32>
// CHECK-COUNT-3: vector.store %{{.+}}, %[[H]]
// CHECK: vector.store %{{.+}}, %[[M]][%c0{{[_0-9]*}}, %c35{{[_0-9]*}}, %{{.+}}]
// CHECK-COUNT-4: vector.store %{{.+}}, %[[M]][%c0{{[_0-9]*}}, %c0{{[_0-9]*}}, %{{.+}}]
// CHECK-NOT: xi8>
// CHECK: vector.store %{{.+}}, %[[M]][%c0{{[_0-9]*}}, %c35{{[_0-9]*}}, %{{.+}}]
func.func @fused_groups(%x: memref<10x576xi16>, %y: memref<8x16x32xi32>) {
  %zero = arith.constant 0 : i32
  %outer = memref.get_global @outer : memref<2x48x16x2x2xi8>
  %middle = memref.get_global @middle : memref<2x48x16x2xi8>
  %w = memref.alloc() : memref<2x3x48x16x2xi8>
  linalg.generic {indexing_maps = [#pair, #one, #taps],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%outer, %middle : memref<2x48x16x2x2xi8>, memref<2x48x16x2xi8>) outs(%w : memref<2x3x48x16x2xi8>) {
  ^bb0(%a: i8, %c: i8, %o: i8):
    %tap = linalg.index 1 : index
    %c1 = arith.constant 1 : index
    %is = arith.cmpi eq, %tap, %c1 : index
    %s = arith.select %is, %c, %a : i8
    linalg.yield %s : i8
  }
  linalg.fill ins(%zero : i32) outs(%y : memref<8x16x32xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<10x576xi16>, memref<2x3x48x16x2xi8>) outs(%y : memref<8x16x32xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 4, blocks = 1, winograd = 4, strip = 2, fused = true>} {
  ^bb0(%a: i16, %c: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %c : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}
}

// -----

#x = affine_map<(h, w, c, i, r, v) -> (h + i, w * 8 + r * 2 + v)>
#w = affine_map<(h, w, c, i, r, v) -> (c floordiv 16, i, r, c mod 16, v)>
#y = affine_map<(h, w, c, i, r, v) -> (h, w, c)>
#id = affine_map<(h, w, c) -> (h, w, c)>

// Bytes of four columns of 16 channels are neighbours and fill a register: they
// are bounded and narrowed together, and stored at once.
// CHECK-LABEL: @bytes_of_columns
// CHECK-SAME: %[[Y:[a-z0-9]+]]: memref<8x8x16xi8>
// CHECK: %[[WIDE:.+]] = vector.shuffle %{{.+}} : vector<32xi32>, vector<32xi32>
// CHECK: %[[MAX:.+]] = arith.maxsi %[[WIDE]], %{{.+}} : vector<64xi32>
// CHECK: %[[MIN:.+]] = arith.minsi %[[MAX]], %{{.+}} : vector<64xi32>
// CHECK: %[[BYTES:.+]] = arith.trunci %[[MIN]] : vector<64xi32> to vector<64xi8>
// CHECK: %[[FLAT:.+]] = memref.collapse_shape %[[Y]] {{\[}}[0], [1, 2]] : memref<8x8x16xi8> into memref<8x128xi8>
// CHECK: vector.store %[[BYTES]], %[[FLAT]]{{.*}} : memref<8x128xi8>, vector<64xi8>
// CHECK-NOT: vector<16xi8>
func.func @bytes_of_columns(%x: memref<10x80xi8>, %w: memref<1x3x12x16x2xi8>, %y: memref<8x8x16xi8>) {
  %zero = arith.constant 0 : i32
  %acc = memref.alloc() : memref<8x8x16xi32>
  linalg.fill ins(%zero : i32) outs(%acc : memref<8x8x16xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<10x80xi8>, memref<1x3x12x16x2xi8>) outs(%acc : memref<8x8x16xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 4, blocks = 1, winograd = 4, strip = 2>} {
  ^bb0(%a: i8, %c: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %c : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%acc : memref<8x8x16xi32>) outs(%y : memref<8x8x16xi8>) {
  ^bb0(%a: i32, %o: i8):
    %c0 = arith.constant 0 : i32
    %c255 = arith.constant 255 : i32
    %c3 = arith.constant 3 : i32
    %shift = arith.shrsi %a, %c3 : i32
    %max = arith.maxsi %shift, %c0 : i32
    %min = arith.minsi %max, %c255 : i32
    %t = arith.trunci %min : i32 to i8
    linalg.yield %t : i8
  }
  return
}
