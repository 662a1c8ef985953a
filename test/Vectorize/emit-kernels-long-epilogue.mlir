// RUN: nnq-opt %s --nnq-emit-kernels | FileCheck %s

#x = affine_map<(h, c, r, v) -> (h, r + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 8, r, c mod 8, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>
#id = affine_map<(h, c) -> (h, c)>
#c = affine_map<(h, c) -> (c)>

// The epilogue with a function that becomes a polynomial takes four rows at
// once, then two, so that their chains are interleaved.
// CHECK-LABEL: @long_epilogue
// CHECK-SAME: memref<6x53xf32>
// CHECK: %[[A:.+]] = vector.shuffle %{{.+}}, %{{.+}} : vector<8xf32>, vector<8xf32>
// CHECK: %[[B:.+]] = vector.shuffle %{{.+}}, %{{.+}} : vector<8xf32>, vector<8xf32>
// CHECK: vector.shuffle %[[A]], %[[B]] {{.*}} : vector<16xf32>, vector<16xf32>
// CHECK: arith.addf {{.*}} : vector<32xf32>
// CHECK: %[[FOUR:.+]] = math.erf {{.*}} : vector<32xf32>
// CHECK: %[[LAST:.+]] = vector.extract_strided_slice %[[FOUR]] {offsets = [24], sizes = [8], strides = [1]}
// CHECK: vector.store %[[LAST]]
// CHECK: math.erf {{.*}} : vector<16xf32>
// CHECK-NOT: math.erf
// CHECK: return
func.func @long_epilogue(%x: memref<6x53xf32>, %w: memref<1x53x8x1xf32>, %bias: memref<8xf32>, %y: memref<6x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %t = memref.alloc() : memref<6x8xf32>
  linalg.fill ins(%zero : f32) outs(%t : memref<6x8xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<6x53xf32>, memref<1x53x8x1xf32>) outs(%t : memref<6x8xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 8, group = 1, rows = 6, blocks = 1>} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  linalg.generic {indexing_maps = [#id, #c, #id], iterator_types = ["parallel", "parallel"]}
      ins(%t, %bias : memref<6x8xf32>, memref<8xf32>) outs(%y : memref<6x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    %e = math.erf %s : f32
    linalg.yield %e : f32
  }
  return
}
