// RUN: nnq-opt %s --nnq-emit-kernels | FileCheck %s

#x = affine_map<(h, c, r, p, v) -> (h, r * 8 + p * 4 + v)>
#w = affine_map<(h, c, r, p, v) -> (c floordiv 8, r, p, c mod 8, v)>
#y = affine_map<(h, c, r, p, v) -> (h, c)>

// CHECK-DAG: #[[NEXT:.+]] = affine_map<(d0) -> (d0 floordiv 8 + 1, 15)>

// 64 KiB of weights, read by two tiles of rows: the block behind that of the
// tile is asked for, the last one at most.
// CHECK-LABEL: @large
// CHECK: affine.min #[[NEXT]]
// CHECK: memref.prefetch %{{.+}}, read, locality<3>, data : memref<16x64x64xi8>
// CHECK: vector.contract
func.func @large(%x: memref<4x512xi8>, %w: memref<16x64x2x8x4xi8>, %y: memref<4x128xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<4x128xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<4x512xi8>, memref<16x64x2x8x4xi8>) outs(%y : memref<4x128xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 8, rows = 2, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}

// They stay in a cache.
// CHECK-LABEL: @small
// CHECK-NOT: memref.prefetch
// CHECK: return
func.func @small(%x: memref<4x512xi8>, %w: memref<8x64x2x8x4xi8>, %y: memref<4x64xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<4x64xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<4x512xi8>, memref<8x64x2x8x4xi8>) outs(%y : memref<4x64xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 8, rows = 2, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}

// Each weight is read once.
// CHECK-LABEL: @one_tile_of_rows
// CHECK-NOT: memref.prefetch
// CHECK: return
func.func @one_tile_of_rows(%x: memref<2x512xi8>, %w: memref<16x64x2x8x4xi8>, %y: memref<2x128xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<2x128xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<2x512xi8>, memref<16x64x2x8x4xi8>) outs(%y : memref<2x128xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 8, rows = 2, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}

#lx = affine_map<(l, h, c, r, p, v) -> (l, h, r * 8 + p * 4 + v)>
#lw = affine_map<(l, h, c, r, p, v) -> (c floordiv 8, r, p, c mod 8, v)>
#ly = affine_map<(l, h, c, r, p, v) -> (l, h, c)>

// With channels outermost, lines of one tile each read the same weights. More of
// them than the first-level cache holds are asked for from the next level only.
// CHECK-LABEL: @lines
// CHECK: memref.prefetch %{{.+}}, read, locality<2>, data : memref<4x512x64xi8>
func.func @lines(%x: memref<3x2x4096xi8>, %w: memref<4x512x2x8x4xi8>, %y: memref<3x2x32xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<3x2x32xi32>)
  linalg.generic {indexing_maps = [#lx, #lw, #ly],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<3x2x4096xi8>, memref<4x512x2x8x4xi8>) outs(%y : memref<3x2x32xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 8, rows = 2, blocks = 1, channels_outer = true>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}
