// RUN: nnq-opt %s --nnq-emit-kernels --split-input-file | FileCheck %s

// Where the pool or the epilogue is not the kernel's alone, the kernel writes
// its accumulators to memory.

#x = affine_map<(h, c, r, v) -> (h, r + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>
#id = affine_map<(h, c) -> (h, c)>

// CHECK-LABEL: @second_reader
// CHECK: %[[ACC:.+]] = memref.alloc() : memref<2x4xf32>
// CHECK: vector.store %{{.+}}, %[[ACC]]
// CHECK: linalg.generic {{.*}} ins(%[[ACC]] :
// CHECK: math.absf
// CHECK: linalg.generic {{.*}} ins(%[[ACC]] :
// CHECK: math.exp
func.func @second_reader(%x: memref<2x8xf32>, %w: memref<1x8x4x1xf32>, %y: memref<2x4xf32>, %z: memref<2x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %acc = memref.alloc() : memref<2x4xf32>
  linalg.fill ins(%zero : f32) outs(%acc : memref<2x4xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<2x8xf32>, memref<1x8x4x1xf32>) outs(%acc : memref<2x4xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 2, blocks = 1>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %c : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%acc : memref<2x4xf32>) outs(%y : memref<2x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = math.absf %a : f32
    linalg.yield %t : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%acc : memref<2x4xf32>) outs(%z : memref<2x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = math.exp %a : f32
    linalg.yield %t : f32
  }
  return
}

// -----

#x = affine_map<(h, c, r, v) -> (h, r + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>
#id = affine_map<(h, c) -> (h, c)>

// The caller sees the accumulators.
// CHECK-LABEL: @accumulators_are_a_result
// CHECK-SAME: %[[ACC:[a-z0-9]+]]: memref<2x4xf32>, %{{.+}}: memref<2x4xf32>)
// CHECK: vector.store %{{.+}}, %[[ACC]]
// CHECK: linalg.generic {{.*}} ins(%[[ACC]] :
func.func @accumulators_are_a_result(%x: memref<2x8xf32>, %w: memref<1x8x4x1xf32>, %acc: memref<2x4xf32>,
    %y: memref<2x4xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%acc : memref<2x4xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<2x8xf32>, memref<1x8x4x1xf32>) outs(%acc : memref<2x4xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 2, blocks = 1>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %c : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%acc : memref<2x4xf32>) outs(%y : memref<2x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = math.absf %a : f32
    linalg.yield %t : f32
  }
  return
}

// -----

#x = affine_map<(h, c, r, v) -> (h, r + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>
#id = affine_map<(h, c) -> (h, c)>

// An op in between changes the activation: the kernel cannot sink below it.
// CHECK-LABEL: @activation_overwritten
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<2x8xf32>
// CHECK: vector.store
// CHECK: memref.copy %{{.+}}, %[[X]]
// CHECK: linalg.generic
func.func @activation_overwritten(%x: memref<2x8xf32>, %next: memref<2x8xf32>, %w: memref<1x8x4x1xf32>,
    %y: memref<2x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %acc = memref.alloc() : memref<2x4xf32>
  linalg.fill ins(%zero : f32) outs(%acc : memref<2x4xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<2x8xf32>, memref<1x8x4x1xf32>) outs(%acc : memref<2x4xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 2, blocks = 1>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %c : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  memref.copy %next, %x : memref<2x8xf32> to memref<2x8xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%acc : memref<2x4xf32>) outs(%y : memref<2x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = math.absf %a : f32
    linalg.yield %t : f32
  }
  return
}

// -----

#x = affine_map<(h, c, r, v) -> (h, r + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>
#id = affine_map<(h, c) -> (h, c)>

// CHECK-LABEL: @activation_filled
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<2x8xf32>
// CHECK: vector.store
// CHECK: linalg.fill {{.*}} outs(%[[X]] :
// CHECK: linalg.generic
func.func @activation_filled(%x: memref<2x8xf32>, %w: memref<1x8x4x1xf32>, %y: memref<2x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %acc = memref.alloc() : memref<2x4xf32>
  linalg.fill ins(%zero : f32) outs(%acc : memref<2x4xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<2x8xf32>, memref<1x8x4x1xf32>) outs(%acc : memref<2x4xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 2, blocks = 1>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %c : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  linalg.fill ins(%zero : f32) outs(%x : memref<2x8xf32>)
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%acc : memref<2x4xf32>) outs(%y : memref<2x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = math.absf %a : f32
    linalg.yield %t : f32
  }
  return
}

// -----

#x = affine_map<(h, c, r, v) -> (h, r + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>
#id = affine_map<(h, c) -> (h, c)>

// The epilogue writes where rows of the activation are still to be read.
// CHECK-LABEL: @result_in_place_of_the_activation
// CHECK: %[[ACC:.+]] = memref.alloc() : memref<2x4xf32>
// CHECK: vector.store %{{.+}}, %[[ACC]]
// CHECK: linalg.generic {{.*}} ins(%[[ACC]] :
func.func @result_in_place_of_the_activation(%buffer: memref<2x8xf32>, %w: memref<1x4x4x1xf32>) {
  %zero = arith.constant 0.0 : f32
  %x = memref.subview %buffer[0, 4] [2, 4] [1, 1] : memref<2x8xf32> to memref<2x4xf32, strided<[8, 1], offset: 4>>
  %y = memref.subview %buffer[0, 2] [2, 4] [1, 1] : memref<2x8xf32> to memref<2x4xf32, strided<[8, 1], offset: 2>>
  %acc = memref.alloc() : memref<2x4xf32>
  linalg.fill ins(%zero : f32) outs(%acc : memref<2x4xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<2x4xf32, strided<[8, 1], offset: 4>>, memref<1x4x4x1xf32>) outs(%acc : memref<2x4xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 1, blocks = 1>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %c : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%acc : memref<2x4xf32>) outs(%y : memref<2x4xf32, strided<[8, 1], offset: 2>>) {
  ^bb0(%a: f32, %o: f32):
    %t = math.absf %a : f32
    linalg.yield %t : f32
  }
  return
}

// -----

#x = affine_map<(h, c, r, v) -> (h, r + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>
#in = affine_map<(h, c, i) -> (h * 2 + i, c)>
#window = affine_map<(h, c, i) -> (i)>
#out = affine_map<(h, c, i) -> (h, c)>

// The pool starts above the lowest value, which registers would forget.
// CHECK-LABEL: @pool_starts_from_zero
// CHECK: %[[ACC:.+]] = memref.alloc() : memref<4x4xf32>
// CHECK: vector.store %{{.+}}, %[[ACC]]
// CHECK: linalg.generic {{.*}} ins(%[[ACC]],
// CHECK: arith.maximumf
func.func @pool_starts_from_zero(%x: memref<4x8xf32>, %w: memref<1x8x4x1xf32>, %ew: memref<2xf32>, %y: memref<2x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %acc = memref.alloc() : memref<4x4xf32>
  linalg.fill ins(%zero : f32) outs(%acc : memref<4x4xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<4x8xf32>, memref<1x8x4x1xf32>) outs(%acc : memref<4x4xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 2, blocks = 1>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %c : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  linalg.fill ins(%zero : f32) outs(%y : memref<2x4xf32>)
  linalg.generic {indexing_maps = [#in, #window, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%acc, %ew : memref<4x4xf32>, memref<2xf32>) outs(%y : memref<2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.maximumf %a, %o : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#x = affine_map<(h, c, r, v) -> (h, r + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>
#id = affine_map<(h, c) -> (h, c)>

// What the epilogue alone reads may be copied before it, as the shortcut of a
// residual block: the kernel comes behind that.
// CHECK-LABEL: @copy_between
// CHECK: memref.copy
// CHECK: memref.copy
// CHECK-NOT: linalg.generic
// CHECK: vector.store %{{.+}}, %arg3
// CHECK-NOT: linalg.generic
func.func @copy_between(%x: memref<2x8xf32>, %w: memref<1x8x4x1xf32>, %z: memref<2x2xf32>, %y: memref<2x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %acc = memref.alloc() : memref<2x4xf32>
  %in = memref.alloc() : memref<2x8xf32>
  memref.copy %x, %in : memref<2x8xf32> to memref<2x8xf32>
  linalg.fill ins(%zero : f32) outs(%acc : memref<2x4xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%in, %w : memref<2x8xf32>, memref<1x8x4x1xf32>) outs(%acc : memref<2x4xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 2, blocks = 1>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %c : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  %wide = memref.alloc() : memref<2x4xf32>
  %part = memref.subview %wide[0, 1] [2, 2] [1, 1] : memref<2x4xf32> to memref<2x2xf32, strided<[4, 1], offset: 1>>
  memref.copy %z, %part : memref<2x2xf32> to memref<2x2xf32, strided<[4, 1], offset: 1>>
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%acc, %wide : memref<2x4xf32>, memref<2x4xf32>) outs(%y : memref<2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %t = arith.addf %a, %b : f32
    linalg.yield %t : f32
  }
  return
}

// -----

#x = affine_map<(h, c, r, v) -> (h, r + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>
#id = affine_map<(h, c) -> (h, c)>

// What the contraction reads is overwritten.
// CHECK-LABEL: @copy_of_the_input
// CHECK: vector.store
// CHECK: memref.copy
// CHECK: linalg.generic
func.func @copy_of_the_input(%x: memref<2x8xf32>, %w: memref<1x8x4x1xf32>, %z: memref<2x2xf32>, %y: memref<2x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %acc = memref.alloc() : memref<2x4xf32>
  %in = memref.alloc() : memref<2x8xf32>
  memref.copy %x, %in : memref<2x8xf32> to memref<2x8xf32>
  linalg.fill ins(%zero : f32) outs(%acc : memref<2x4xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%in, %w : memref<2x8xf32>, memref<1x8x4x1xf32>) outs(%acc : memref<2x4xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 2, blocks = 1>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %c : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  %wide = memref.alloc() : memref<2x4xf32>
  %part = memref.subview %in[0, 1] [2, 2] [1, 1] : memref<2x8xf32> to memref<2x2xf32, strided<[8, 1], offset: 1>>
  memref.copy %z, %part : memref<2x2xf32> to memref<2x2xf32, strided<[8, 1], offset: 1>>
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%acc, %wide : memref<2x4xf32>, memref<2x4xf32>) outs(%y : memref<2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %t = arith.addf %a, %b : f32
    linalg.yield %t : f32
  }
  return
}
