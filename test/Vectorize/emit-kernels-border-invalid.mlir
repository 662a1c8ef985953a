// RUN: nnq-opt %s --nnq-emit-kernels --split-input-file --verify-diagnostics

#x = affine_map<(h, w, c, kh, p, v) -> (h + kh, w + p + v, c)>
#w = affine_map<(h, w, c, kh, p, v) -> (c floordiv 16, kh, p, (c floordiv 4) mod 2, (c floordiv 8) mod 2, c mod 4, v)>
#y = affine_map<(h, w, c, kh, p, v) -> (h, w, c)>

func.func @no_fill(%w: memref<1x5x2x2x2x4x2xi16>, %y: memref<2x6x16xi32>, %x1: memref<6x8x16xi16>) {
  // expected-error @below {{reads what 'nnq.border' leaves unspecified}}
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x1, %w : memref<6x8x16xi16>, memref<1x5x2x2x2x4x2xi16>) outs(%y : memref<2x6x16xi32>)
      attrs = {nnq.border = array<i64: 2, 4, 3>,
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

// Three columns are read.
func.func @too_few_columns(%w: memref<1x5x2x2x2x4x2xi16>, %y: memref<2x6x16xi32>, %x1: memref<6x8x16xi16>) {
  %zero32 = arith.constant 0 : i32
  linalg.fill ins(%zero32 : i32) outs(%y : memref<2x6x16xi32>)
  // expected-error @below {{reads what 'nnq.border' leaves unspecified}}
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x1, %w : memref<6x8x16xi16>, memref<1x5x2x2x2x4x2xi16>) outs(%y : memref<2x6x16xi32>)
      attrs = {nnq.border = array<i64: 2, 4, 2>,
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
