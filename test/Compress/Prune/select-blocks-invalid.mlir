// RUN: %python %inputs/make_arrays.py %t.npz x=f4:4x2:iota y=i8:4:7 short=i8:3:0
// RUN: %python %inputs/make_arrays.py %t.nan.npz x=f4:4x2:nan
// RUN: not nnq-opt %s --prune-layers=data=%t.npz 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not nnq-opt %s --prune-layers="ratio=0 data=%t.npz" 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not nnq-opt %s --prune-layers="count=1 ratio=0.5 data=%t.npz" 2>&1 | FileCheck %s --check-prefix=BOTH
// RUN: not nnq-opt %s --prune-layers="count=-1 data=%t.npz" 2>&1 | FileCheck %s --check-prefix=COUNT
// RUN: not nnq-opt %s --prune-layers="ratio=1 data=%t.npz" 2>&1 | FileCheck %s --check-prefix=ONE
// RUN: not nnq-opt %s --prune-layers="ratio=1.5 data=%t.npz" 2>&1 | FileCheck %s --check-prefix=ABOVE
// RUN: not nnq-opt %s --prune-layers="ratio=-0.5 data=%t.npz" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not nnq-opt %s --prune-layers="ratio=0.1 data=%t.npz" 2>&1 | FileCheck %s --check-prefix=FEW
// RUN: not nnq-opt %s --prune-layers="count=2 data=%t.npz" 2>&1 | FileCheck %s --check-prefix=MANY
// RUN: not nnq-opt %s --prune-layers="count=1" 2>&1 | FileCheck %s --check-prefix=DATA
// RUN: not nnq-opt %s --prune-layers="count=1 data=%t.nan.npz" 2>&1 | FileCheck %s --check-prefix=NAN
// RUN: not nnq-opt %s --prune-layers="count=1 data=%t.npz criterion=loss" 2>&1 | FileCheck %s --check-prefix=LABELS
// RUN: not nnq-opt %s --prune-layers="count=1 data=%t.npz criterion=loss labels=short" 2>&1 | FileCheck %s --check-prefix=SHORT
// RUN: not nnq-opt %s --prune-layers="count=1 data=%t.npz criterion=loss labels=y" 2>&1 | FileCheck %s --check-prefix=CLASS
// RUN: not nnq-opt %s --prune-layers="count=1 data=%t.npz exclude=conv" 2>&1 | FileCheck %s --check-prefix=UNUSED
// RUN: not nnq-opt %s --prune-layers="count=1 data=%t.npz exclude=fc[" 2>&1 | FileCheck %s --check-prefix=REGEX
// RUN: not nnq-opt %s --prune-layers="count=1 data=%t.npz exclude=fc1" 2>&1 | FileCheck %s --check-prefix=NOTHING
// RUN: not nnq-opt %s --nnq-reconstruct-blocks="damping=2" 2>&1 | FileCheck %s --check-prefix=DAMPING

// NONE: error: nnq-select-blocks: nothing says how many blocks go; give count, ratio (the share of the blocks, between 0 and 1) or accuracy-drop (points that may be lost)
// BOTH: error: nnq-select-blocks: count, ratio and accuracy-drop exclude each other
// COUNT: error: nnq-select-blocks: count=-1 has to be positive
// ONE: error: nnq-select-blocks: ratio=1{{.*}} has to lie between 0 and 1
// ABOVE: error: nnq-select-blocks: ratio=1.5{{.*}} has to lie between 0 and 1
// NEGATIVE: error: nnq-select-blocks: ratio=-0.5{{.*}} has to lie between 0 and 1
// FEW: error: nnq-select-blocks: ratio=0.1{{.*}} of 1 blocks is none
// MANY: error: nnq-select-blocks: count=2: only 1 blocks can go
// DATA: error: nnq-select-blocks: no data given; pass data=FILE
// NAN: error: nnq-select-blocks: {{.*}}, array 'x': {{.*}}sample 0
// LABELS: error: nnq-select-blocks: criterion=loss compares with labels; pass labels=NAME of their array
// SHORT: error: nnq-select-blocks: {{.*}}, array 'short': has 3 labels for 4 samples
// CLASS: error: nnq-select-blocks: label 7 of sample 0 is none of 3 classes
// UNUSED: error: nnq-select-blocks: exclude: no layer of a block that could go answers 'conv'
// REGEX: error: nnq-select-blocks: exclude: 'fc[' is no regular expression: {{.+}}
// NOTHING: error: nnq-select-blocks: the network has no block that can go
// NOTHING: note: 'fc2': makes tensor<1x3xf32> of tensor<1x2xf32>
// DAMPING: error: nnq-reconstruct-blocks: damping is a share; pass 0 to 1

func.func @net(%x: tensor<1x2xf32>) -> tensor<1x3xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %w2 = arith.constant dense<[[1.0, 2.0, 3.0], [3.0, 4.0, 2.0]]> : tensor<2x3xf32>
  %e2 = tensor.empty() : tensor<1x2xf32>
  %z2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %e3 = tensor.empty() : tensor<1x3xf32>
  %z3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<1x3xf32>) -> tensor<1x3xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w1 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%z2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.matmul {nnq.layer = "fc2"} ins(%0, %w2 : tensor<1x2xf32>, tensor<2x3xf32>) outs(%z3 : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %1 : tensor<1x3xf32>
}
