// What one of our passes refuses is cut down to the op that it refuses.

// RUN: nnq-reduce %s --reduction-tree='traversal-mode=0 test=%S/Inputs/refused.sh' | FileCheck %s
// CHECK-NOT: @other
// CHECK-LABEL: func.func @net
// CHECK-NEXT: nnq.dynamic_dcast
// CHECK-NEXT: return

// Our passes make modules smaller too.
// RUN: nnq-reduce %s --opt-reduction-pass='opt-pass=nnq-fold-constant-layout test=%S/Inputs/refused.sh' \
// RUN:   | FileCheck %s --check-prefix=FOLD
// FOLD-LABEL: func.func @other
// FOLD-NOT: linalg.transpose
// FOLD: func.func @net
// FOLD: nnq.dynamic_dcast

func.func @other() -> tensor<3x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  %t = linalg.transpose ins(%w : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>) permutation = [1, 0]
  return %t : tensor<3x2xf32>
}

func.func @net(%q: tensor<4xi8>, %s: f32, %z: i32) -> tensor<4xf32> {
  %d = nnq.dynamic_dcast %q, %s, %z : tensor<4xi8> -> tensor<4xf32>
  %a = arith.addf %d, %d : tensor<4xf32>
  %b = arith.mulf %a, %a : tensor<4xf32>
  return %d : tensor<4xf32>
}
