// RUN: nnq-opt %s --nnq-fill-borders --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-fill-borders --nnq-fill-borders --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-fill-borders --nnq-emit-kernels --split-input-file \
// RUN:   | FileCheck %s --check-prefix=EMITTED

#x = affine_map<(h, w, c, kh, p, v) -> (h + kh, w + p + v, c)>
#w = affine_map<(h, w, c, kh, p, v) -> (c floordiv 16, kh, p, (c floordiv 4) mod 2, (c floordiv 8) mod 2, c mod 4, v)>
#y = affine_map<(h, w, c, kh, p, v) -> (h, w, c)>

// The kernel adds up taps in rows of padding once, at the first column of the
// result: its three taps along a row read three columns.
// CHECK-LABEL: @unread
// CHECK: %[[ALLOC:.+]] = memref.alloc
// CHECK-NEXT: %[[TOP:.+]] = memref.subview %[[ALLOC]][0, 0, 0] [2, 3, 16] [1, 1, 1]
// CHECK-NEXT: %[[TOP1:.+]] = memref.collapse_shape %[[TOP]] {{\[\[}}0], [1, 2]]
// CHECK-NEXT: linalg.fill ins(%{{.+}} : i16) outs(%[[TOP1]] : memref<2x48xi16,
// CHECK-NEXT: %[[BOTTOM:.+]] = memref.subview %[[ALLOC]][4, 0, 0] [2, 3, 16] [1, 1, 1]
// CHECK-NEXT: memref.collapse_shape %[[BOTTOM]]
// CHECK-NEXT: linalg.fill
// CHECK-NEXT: %[[LEFT:.+]] = memref.subview %[[ALLOC]][2, 0, 0] [2, 1, 16] [1, 1, 1]
// CHECK-NEXT: memref.collapse_shape %[[LEFT]]
// CHECK-NEXT: linalg.fill
// CHECK-NEXT: %[[RIGHT:.+]] = memref.subview %[[ALLOC]][2, 7, 0] [2, 1, 16] [1, 1, 1]
// CHECK-NEXT: memref.collapse_shape %[[RIGHT]]
// CHECK-NEXT: linalg.fill
// CHECK-NEXT: memref.subview %[[ALLOC]][2, 1, 0] [2, 6, 16]
// CHECK-NOT: i16) outs
// CHECK: nnq.border = array<i64: 2, 4, 3>
// EMITTED-LABEL: @unread
// EMITTED-NOT: linalg.generic
// EMITTED: vector.contract
func.func @unread(%x: memref<2x6x16xi16>, %w: memref<1x5x2x2x2x4x2xi16>, %y: memref<2x6x16xi32>) {
  %zero = arith.constant 7 : i16
  %zero32 = arith.constant 0 : i32
  %alloc = memref.alloc() : memref<6x8x16xi16>
  linalg.fill ins(%zero : i16) outs(%alloc : memref<6x8x16xi16>)
  %interior = memref.subview %alloc[2, 1, 0] [2, 6, 16] [1, 1, 1] : memref<6x8x16xi16> to memref<2x6x16xi16, strided<[128, 16, 1], offset: 272>>
  memref.copy %x, %interior : memref<2x6x16xi16> to memref<2x6x16xi16, strided<[128, 16, 1], offset: 272>>
  linalg.fill ins(%zero32 : i32) outs(%y : memref<2x6x16xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%alloc, %w : memref<6x8x16xi16>, memref<1x5x2x2x2x4x2xi16>) outs(%y : memref<2x6x16xi32>)
      attrs = {nnq.border = array<i64: 2, 4>,
               nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 4, blocks = 1>} {
  ^bb0(%a: i16, %f: i16, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %f : i16 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}

// -----

#x = affine_map<(h, w, c, kh, p, v) -> (h + kh, w + p + v, c)>
#w = affine_map<(h, w, c, kh, p, v) -> (c floordiv 16, kh, p, (c floordiv 4) mod 2, (c floordiv 8) mod 2, c mod 4, v)>
#y = affine_map<(h, w, c, kh, p, v) -> (h, w, c)>

// Whoever else reads the rows of padding reads all of them.
// CHECK-LABEL: @read_elsewhere
// CHECK: linalg.fill {{.*}} outs(%{{.+}} : memref<6x8x16xi16>)
// CHECK: nnq.border = array<i64: 2, 4>
func.func @read_elsewhere(%x: memref<2x6x16xi16>, %w: memref<1x5x2x2x2x4x2xi16>, %y: memref<2x6x16xi32>, %z: memref<6x8x16xi16>) {
  %zero = arith.constant 7 : i16
  %zero32 = arith.constant 0 : i32
  %alloc = memref.alloc() : memref<6x8x16xi16>
  linalg.fill ins(%zero : i16) outs(%alloc : memref<6x8x16xi16>)
  %interior = memref.subview %alloc[2, 1, 0] [2, 6, 16] [1, 1, 1] : memref<6x8x16xi16> to memref<2x6x16xi16, strided<[128, 16, 1], offset: 272>>
  memref.copy %x, %interior : memref<2x6x16xi16> to memref<2x6x16xi16, strided<[128, 16, 1], offset: 272>>
  linalg.fill ins(%zero32 : i32) outs(%y : memref<2x6x16xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%alloc, %w : memref<6x8x16xi16>, memref<1x5x2x2x2x4x2xi16>) outs(%y : memref<2x6x16xi32>)
      attrs = {nnq.border = array<i64: 2, 4>,
               nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 4, blocks = 1>} {
  ^bb0(%a: i16, %f: i16, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %f : i16 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  memref.copy %alloc, %z : memref<6x8x16xi16> to memref<6x8x16xi16>
  return
}

// -----

#x = affine_map<(h, w, c, kh, p, v) -> (h + kh, w + p + v, c)>
#w = affine_map<(h, w, c, kh, p, v) -> (c floordiv 16, kh, p, (c floordiv 4) mod 2, (c floordiv 8) mod 2, c mod 4, v)>
#y = affine_map<(h, w, c, kh, p, v) -> (h, w, c)>

// CHECK-LABEL: @view_of_padding
// CHECK: linalg.fill {{.*}} outs(%{{.+}} : memref<6x8x16xi16>)
// CHECK: nnq.border = array<i64: 2, 4>
func.func @view_of_padding(%x: memref<2x6x16xi16>, %w: memref<1x5x2x2x2x4x2xi16>, %y: memref<2x6x16xi32>, %z: memref<8x16xi16>) {
  %zero = arith.constant 7 : i16
  %zero32 = arith.constant 0 : i32
  %alloc = memref.alloc() : memref<6x8x16xi16>
  linalg.fill ins(%zero : i16) outs(%alloc : memref<6x8x16xi16>)
  %interior = memref.subview %alloc[2, 1, 0] [2, 6, 16] [1, 1, 1] : memref<6x8x16xi16> to memref<2x6x16xi16, strided<[128, 16, 1], offset: 272>>
  memref.copy %x, %interior : memref<2x6x16xi16> to memref<2x6x16xi16, strided<[128, 16, 1], offset: 272>>
  linalg.fill ins(%zero32 : i32) outs(%y : memref<2x6x16xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%alloc, %w : memref<6x8x16xi16>, memref<1x5x2x2x2x4x2xi16>) outs(%y : memref<2x6x16xi32>)
      attrs = {nnq.border = array<i64: 2, 4>,
               nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 4, blocks = 1>} {
  ^bb0(%a: i16, %f: i16, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %f : i16 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  %row = memref.subview %alloc[1, 0, 0] [1, 8, 16] [1, 1, 1]
    : memref<6x8x16xi16> to memref<8x16xi16, strided<[16, 1], offset: 128>>
  memref.copy %row, %z : memref<8x16xi16, strided<[16, 1], offset: 128>> to memref<8x16xi16>
  return
}

// -----

#x = affine_map<(h, w, c, kh, p, v) -> (h + kh, w + p + v, c)>
#w = affine_map<(h, w, c, kh, p, v) -> (c floordiv 16, kh, p, (c floordiv 4) mod 2, (c floordiv 8) mod 2, c mod 4, v)>
#y = affine_map<(h, w, c, kh, p, v) -> (h, w, c)>

// Readers of the interior do not mind.
// CHECK-LABEL: @interior_read
// CHECK: linalg.fill {{.*}} memref<2x48xi16,
// CHECK: nnq.border = array<i64: 2, 4, 3>
func.func @interior_read(%x: memref<2x6x16xi16>, %w: memref<1x5x2x2x2x4x2xi16>, %y: memref<2x6x16xi32>, %z: memref<2x6x16xi16>) {
  %zero = arith.constant 7 : i16
  %zero32 = arith.constant 0 : i32
  %alloc = memref.alloc() : memref<6x8x16xi16>
  linalg.fill ins(%zero : i16) outs(%alloc : memref<6x8x16xi16>)
  %interior = memref.subview %alloc[2, 1, 0] [2, 6, 16] [1, 1, 1] : memref<6x8x16xi16> to memref<2x6x16xi16, strided<[128, 16, 1], offset: 272>>
  memref.copy %x, %interior : memref<2x6x16xi16> to memref<2x6x16xi16, strided<[128, 16, 1], offset: 272>>
  linalg.fill ins(%zero32 : i32) outs(%y : memref<2x6x16xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%alloc, %w : memref<6x8x16xi16>, memref<1x5x2x2x2x4x2xi16>) outs(%y : memref<2x6x16xi32>)
      attrs = {nnq.border = array<i64: 2, 4>,
               nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 4, blocks = 1>} {
  ^bb0(%a: i16, %f: i16, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %f : i16 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  memref.copy %interior, %z : memref<2x6x16xi16, strided<[128, 16, 1], offset: 272>> to memref<2x6x16xi16>
  return
}

// -----

#x = affine_map<(h, w, c, kh, p, v) -> (h + kh, w + p + v, c)>
#w = affine_map<(h, w, c, kh, p, v) -> (c floordiv 16, kh, p, (c floordiv 4) mod 2, (c floordiv 8) mod 2, c mod 4, v)>
#y = affine_map<(h, w, c, kh, p, v) -> (h, w, c)>

// No kernel comes of it: loops would read the whole.
// CHECK-LABEL: @no_kernel
// CHECK: linalg.fill {{.*}} outs(%{{.+}} : memref<6x8x16xi16>)
// CHECK: nnq.border = array<i64: 2, 4>
func.func @no_kernel(%x: memref<2x6x16xi16>, %w: memref<1x5x2x2x2x4x2xi16>, %y: memref<2x6x16xi32>) {
  %zero = arith.constant 7 : i16
  %zero32 = arith.constant 0 : i32
  %alloc = memref.alloc() : memref<6x8x16xi16>
  linalg.fill ins(%zero : i16) outs(%alloc : memref<6x8x16xi16>)
  %interior = memref.subview %alloc[2, 1, 0] [2, 6, 16] [1, 1, 1] : memref<6x8x16xi16> to memref<2x6x16xi16, strided<[128, 16, 1], offset: 272>>
  memref.copy %x, %interior : memref<2x6x16xi16> to memref<2x6x16xi16, strided<[128, 16, 1], offset: 272>>
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%alloc, %w : memref<6x8x16xi16>, memref<1x5x2x2x2x4x2xi16>) outs(%y : memref<2x6x16xi32>)
      attrs = {nnq.border = array<i64: 2, 4>,
               nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 4, blocks = 1>} {
  ^bb0(%a: i16, %f: i16, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %f : i16 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}
