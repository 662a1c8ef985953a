// RUN: not nnq-opt %s --nnq-select-kernel-groups 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not nnq-opt %s --nnq-select-kernel-groups="groups=2 ratio=0.5" 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not nnq-opt %s --nnq-select-kernel-groups="groups=0" 2>&1 | FileCheck %s --check-prefix=GROUPS
// RUN: not nnq-opt %s --nnq-select-kernel-groups="ratio=1" 2>&1 | FileCheck %s --check-prefix=RATIO
// RUN: not nnq-opt %s --nnq-select-kernel-groups="ratio=0.5 round-to=-1" 2>&1 | FileCheck %s --check-prefix=ROUND
// RUN: not nnq-opt %s --nnq-select-kernel-groups="groups=1 exclude=other" 2>&1 | FileCheck %s --check-prefix=EXCLUDE
// RUN: not nnq-opt %s --nnq-select-kernel-groups="groups=2" 2>&1 | FileCheck %s --check-prefix=FEW

// NONE: give one of groups and ratio
// GROUPS: groups=0 has to be 1 at least
// RATIO: ratio={{1.*}} has to lie between 0 and 1
// ROUND: round-to=-1 has to be positive, or 0
// EXCLUDE: exclude: no layer with weights answers 'other'
// FEW: no layer has kernels to share
// FEW: layer 'c': 2 groups are no fewer than its 2 kernels
func.func @net(%x: tensor<1x1x4x4xf32>) -> tensor<1x2x3x3xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<0.5> : tensor<2x1x2x2xf32>
  %e = tensor.empty() : tensor<1x2x3x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "c", strides = dense<1> : vector<2xi64>, dilations = dense<1> : vector<2xi64>} ins(%x, %w : tensor<1x1x4x4xf32>, tensor<2x1x2x2xf32>) outs(%f : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  return %0 : tensor<1x2x3x3xf32>
}
