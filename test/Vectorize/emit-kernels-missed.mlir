// RUN: nnq-opt %s --nnq-emit-kernels --split-input-file --remarks-filter-missed=nnq \
// RUN:   --verify-diagnostics | FileCheck %s

#x = affine_map<(h, c, k) -> (h, k)>
#w = affine_map<(h, c, k) -> (k, c)>
#y = affine_map<(h, c, k) -> (h, c)>

// CHECK-LABEL: @not_packed
// CHECK: linalg.generic
func.func @not_packed(%x: memref<2x8xf32>, %w: memref<8x4xf32>, %y: memref<2x4xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<2x4xf32>)
  // expected-remark @below {{Layer=fc, Reason="the weights are not packed for the kernel"}}
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : memref<2x8xf32>, memref<8x4xf32>) outs(%y : memref<2x4xf32>)
      attrs = {nnq.layer = "fc",
        nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 2, rows = 2, blocks = 1>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %c : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#x = affine_map<(h, c, r, v) -> (h, r + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>

// CHECK-LABEL: @no_fill
// CHECK: linalg.generic
func.func @no_fill(%x: memref<2x8xf32>, %w: memref<1x8x4x1xf32>, %y: memref<2x4xf32>) {
  // expected-remark @below {{the accumulator does not start from a fill}}
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<2x8xf32>, memref<1x8x4x1xf32>) outs(%y : memref<2x4xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 2, blocks = 1>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %c : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#x = affine_map<(h, c, r, v) -> (h, r + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>

// What is written through a view of the accumulator counts.
// CHECK-LABEL: @written_as_view
// CHECK: linalg.generic
func.func @written_as_view(%v: memref<8xf32>, %x: memref<2x8xf32>, %w: memref<1x8x4x1xf32>, %y: memref<2x4xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<2x4xf32>)
  %view = memref.collapse_shape %y [[0, 1]] : memref<2x4xf32> into memref<8xf32>
  memref.copy %v, %view : memref<8xf32> to memref<8xf32>
  // expected-remark @below {{the accumulator does not start from a fill}}
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<2x8xf32>, memref<1x8x4x1xf32>) outs(%y : memref<2x4xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 2, blocks = 1>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %c : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#x = affine_map<(h, c, r, v) -> (h, r + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>

// A view of it alone does not.
// CHECK-LABEL: @seen_as_view
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @seen_as_view(%v: memref<8xf32>, %x: memref<2x8xf32>, %w: memref<1x8x4x1xf32>, %y: memref<2x4xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<2x4xf32>)
  %view = memref.collapse_shape %y [[0, 1]] : memref<2x4xf32> into memref<8xf32>
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<2x8xf32>, memref<1x8x4x1xf32>) outs(%y : memref<2x4xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 2, blocks = 1>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %c : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  memref.copy %view, %v : memref<8xf32> to memref<8xf32>
  return
}

// -----

#x = affine_map<(h, c, r, v) -> (r * 4 + v, h)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>

// CHECK-LABEL: @group_not_contiguous
// CHECK: linalg.generic
func.func @group_not_contiguous(%x: memref<8x2xi8>, %w: memref<1x2x4x4xi8>, %y: memref<2x4xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<2x4xi32>)
  // expected-remark @below {{the activation is not contiguous along a group}}
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<8x2xi8>, memref<1x2x4x4xi8>) outs(%y : memref<2x4xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = sdot, lanes = 4, group = 4, rows = 2, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}

// -----

#x = affine_map<(h, c, r, v) -> (h, r + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>

// CHECK-LABEL: @result_not_contiguous
// CHECK: linalg.generic
func.func @result_not_contiguous(%x: memref<2x8xf32>, %w: memref<1x8x4x1xf32>,
    %y: memref<2x4xf32, strided<[8, 2]>>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<2x4xf32, strided<[8, 2]>>)
  // expected-remark @below {{channels of the result are not contiguous}}
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<2x8xf32>, memref<1x8x4x1xf32>) outs(%y : memref<2x4xf32, strided<[8, 2]>>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 2, blocks = 1>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %c : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#x = affine_map<(c, h, r, v) -> (h, r + v)>
#w = affine_map<(c, h, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(c, h, r, v) -> (h, c)>

// CHECK-LABEL: @loop_order
// CHECK: linalg.generic
func.func @loop_order(%x: memref<2x8xf32>, %w: memref<1x8x4x1xf32>, %y: memref<2x4xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<2x4xf32>)
  // expected-remark @below {{loops are not in the order of the result}}
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<2x8xf32>, memref<1x8x4x1xf32>) outs(%y : memref<2x4xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 2, blocks = 1>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %c : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#x = affine_map<(h, w, c, i, r, v) -> (h * 2 + i, w * 8 + r * 2 + v)>
#w = affine_map<(h, w, c, i, r, v) -> (c floordiv 8, i, r, c mod 8, v)>
#y = affine_map<(h, w, c, i, r, v) -> (h, w, c)>

// CHECK-LABEL: @winograd_with_a_stride
// CHECK: linalg.generic
func.func @winograd_with_a_stride(%x: memref<11x48xi16>, %w: memref<1x3x12x8x2xi8>, %y: memref<5x4x8xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<5x4x8xi32>)
  // expected-remark @below {{not a packed convolution of 3x3 taps with a stride of 1 over a multiple of 4 channels}}
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<11x48xi16>, memref<1x3x12x8x2xi8>) outs(%y : memref<5x4x8xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 4, blocks = 1, winograd = 4, strip = 1>} {
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

// CHECK-LABEL: @winograd_of_a_small_result
// CHECK: linalg.generic
func.func @winograd_of_a_small_result(%x: memref<5x48xi16>, %w: memref<1x3x12x8x2xi8>, %y: memref<3x4x8xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<3x4x8xi32>)
  // expected-remark @below {{the result is smaller than a tile of F(m, 3)}}
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<5x48xi16>, memref<1x3x12x8x2xi8>) outs(%y : memref<3x4x8xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 4, blocks = 1, winograd = 4, strip = 1>} {
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

// Tiles overlap: what they have in common would be added twice.
// CHECK-LABEL: @winograd_in_place
// CHECK: linalg.generic
func.func @winograd_in_place(%x: memref<7x56xi16>, %w: memref<1x3x12x8x2xi8>, %y: memref<5x5x8xi32>) {
  %zero = arith.constant 0 : i32
  %acc = memref.alloc() : memref<5x5x8xi32>
  linalg.fill ins(%zero : i32) outs(%acc : memref<5x5x8xi32>)
  // expected-remark @below {{the epilogue reads what it overwrites}}
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<7x56xi16>, memref<1x3x12x8x2xi8>) outs(%acc : memref<5x5x8xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 4, blocks = 1, winograd = 4, strip = 1>} {
  ^bb0(%a: i16, %c: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %c : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%acc, %y : memref<5x5x8xi32>, memref<5x5x8xi32>) outs(%y : memref<5x5x8xi32>) {
  ^bb0(%a: i32, %c: i32, %o: i32):
    %s = arith.addi %a, %c : i32
    linalg.yield %s : i32
  }
  return
}

// -----

#x = affine_map<(h, w, c, i, r, v) -> (h + i, w * 8 + r * 2 + v)>
#w = affine_map<(h, w, c, i, r, v) -> (c floordiv 8, i, r, c mod 8, v)>
#y = affine_map<(h, w, c, i, r, v) -> (h, w, c)>

// CHECK-LABEL: @taps_apart
// CHECK: linalg.generic
func.func @taps_apart(%x: memref<6x48xi16>, %w: memref<1x3x12x8x2xi8>, %y: memref<4x4x8xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<4x4x8xi32>)
  // expected-remark @below {{the taps of its weights are not packed in pairs}}
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<6x48xi16>, memref<1x3x12x8x2xi8>) outs(%y : memref<4x4x8xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 1, blocks = 1, winograd = 4, strip = 1, fused = true>} {
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

#x = affine_map<(n, c, k, p, v) -> (n, k * 64 + p * 4 + v)>
#w = affine_map<(n, c, k, p, v) -> (c floordiv 16, k, p, c mod 16, v)>
#y = affine_map<(n, c, k, p, v) -> (n, c)>

// CHECK-LABEL: @signed_matrices
// CHECK: linalg.generic
func.func @signed_matrices(%x: memref<16x64xi8>, %w: memref<1x1x16x16x4xi8>, %y: memref<16x16xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<16x16xi32>)
  // expected-remark @below {{tdpbusd multiplies unsigned bytes by signed ones}}
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<16x64xi8>, memref<1x1x16x16x4xi8>) outs(%y : memref<16x16xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = tdpbusd, lanes = 16, group = 64, rows = 16, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}

// -----

#x = affine_map<(n, c, k, p, v) -> (n, k * 64 + p * 4 + v)>
#w = affine_map<(n, c, k, p, v) -> (c floordiv 16, k, p, c mod 16, v)>
#y = affine_map<(n, c, k, p, v) -> (n, c)>

// CHECK-LABEL: @started_matrices
// CHECK: linalg.generic
func.func @started_matrices(%x: memref<16x64xi8>, %w: memref<1x1x16x16x4xi8>, %y: memref<16x16xi32>) {
  %one = arith.constant 1 : i32
  linalg.fill ins(%one : i32) outs(%y : memref<16x16xi32>)
  // expected-remark @below {{sums do not begin with zero}}
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<16x64xi8>, memref<1x1x16x16x4xi8>) outs(%y : memref<16x16xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = tdpbusd, lanes = 16, group = 64, rows = 16, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}
