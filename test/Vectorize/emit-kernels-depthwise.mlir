// RUN: nnq-opt %s --nnq-emit-kernels --canonicalize --cse | FileCheck %s
// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-emit-kernels --canonicalize --cse --nnq-lower-contract-to-dot \
// RUN:   | FileCheck %s --check-prefix=DOT

#x = affine_map<(n, h, w, c, kh, kw) -> (n, h + kh, w + kw, c)>
#w = affine_map<(n, h, w, c, kh, kw) -> (kh, kw, c)>
#y = affine_map<(n, h, w, c, kh, kw) -> (n, h, w, c)>

// Nine taps are five pairs, the last one with weights of zero; each pair is two
// products of eight lanes. Of 20 channels the second block has four.
// CHECK-LABEL: @depthwise
// CHECK: scf.for
// CHECK: vector.shuffle %{{.+}}, %{{.+}} [0, 16, 1, 17, 2, 18, 3, 19, 8, 24, 9, 25, 10, 26, 11, 27] : vector<16xi16>, vector<16xi16>
// CHECK: vector.shuffle %{{.+}}, %{{.+}} [4, 20, 5, 21, 6, 22, 7, 23, 12, 28, 13, 29, 14, 30, 15, 31] : vector<16xi16>, vector<16xi16>
// CHECK-COUNT-10: vector.contract {{.*}} vector<8x2xi32>, vector<8x2xi32> into vector<8xi32>
// CHECK: vector.shuffle %{{.+}}, %{{.+}} [0, 1, 2, 3, 8, 9, 10, 11] : vector<8xi32>, vector<8xi32>
// CHECK: vector.shuffle %{{.+}}, %{{.+}} [4, 5, 6, 7, 12, 13, 14, 15] : vector<8xi32>, vector<8xi32>
// CHECK: vector.store {{.*}} vector<8xi32>
// CHECK: vector.store {{.*}} vector<8xi32>
// CHECK-COUNT-10: vector.contract
// CHECK: vector.store {{.*}} vector<4xi32>
// CHECK-NOT: vector.store
// CHECK-NOT: linalg.
// DOT-LABEL: @depthwise
// DOT-COUNT-20: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"
// DOT-NOT: vector.contract
func.func @depthwise(%x: memref<1x6x3x20xi16>, %w: memref<3x3x20xi8>, %y: memref<1x4x1x20xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<1x4x1x20xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<1x6x3x20xi16>, memref<3x3x20xi8>) outs(%y : memref<1x4x1x20xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 1, blocks = 1>} {
  ^bb0(%a: i16, %f: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %f : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}
