// RUN: nnq-compile %s --target=znver4 -o %t.s
// RUN: FileCheck %s --input-file=%t.s

// The cost of pairs on targets with VNNI counts on LLVM to add products up with
// the instruction that multiplies them.
// CHECK-NOT: vpmaddwd
// CHECK: vpdpwssd
// CHECK-NOT: vpmaddwd
#x = affine_map<(n, h, w, c, i, j, k) -> (n, h + i, w + j, k)>
#w = affine_map<(n, h, w, c, i, j, k) -> (c, i, j, k)>
#y = affine_map<(n, h, w, c, i, j, k) -> (n, h, w, c)>
func.func @conv(%x: tensor<1x34x34x64xi8>) -> tensor<1x32x32x64xi32> {
  %w = arith.constant dense<1> : tensor<64x3x3x64xi8>
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<1x32x32x64xi32>
  %f = linalg.fill ins(%zero : i32) outs(%e : tensor<1x32x32x64xi32>) -> tensor<1x32x32x64xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x34x34x64xi8>, tensor<64x3x3x64xi8>) outs(%f : tensor<1x32x32x64xi32>) attrs = {nnq.range = array<i64: 0, 255>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x32x32x64xi32>
  return %0 : tensor<1x32x32x64xi32>
}
