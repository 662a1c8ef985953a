// RUN: not nnq-opt %s --nnq-select-sparsity 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not nnq-opt %s --nnq-select-sparsity="ratio=0" 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not nnq-opt %s --nnq-select-sparsity="ratio=1" 2>&1 | FileCheck %s --check-prefix=ONE
// RUN: not nnq-opt %s --nnq-select-sparsity="ratio=1.5" 2>&1 | FileCheck %s --check-prefix=ABOVE
// RUN: not nnq-opt %s --nnq-select-sparsity="ratio=-0.5" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not nnq-opt %s --nnq-select-sparsity="ratio=0.5 pattern=4:2" 2>&1 | FileCheck %s --check-prefix=PATTERN
// RUN: not nnq-opt %s --nnq-select-sparsity="ratio=0.5 pattern=0x4" 2>&1 | FileCheck %s --check-prefix=BLOCK
// RUN: not nnq-opt %s --nnq-select-sparsity="ratio=0.5 pattern=2:4" 2>&1 | FileCheck %s --check-prefix=BOTH
// RUN: not nnq-opt %s --nnq-select-sparsity="scope=global pattern=2:4" 2>&1 | FileCheck %s --check-prefix=GLOBAL
// RUN: not nnq-opt %s --nnq-select-sparsity="ratio=0.5 damping=2" 2>&1 | FileCheck %s --check-prefix=DAMPING
// RUN: not nnq-opt %s --nnq-select-sparsity="ratio=0.5 exclude=fc[" 2>&1 | FileCheck %s --check-prefix=REGEX
// RUN: not nnq-opt %s --nnq-select-sparsity="ratio=0.5 exclude=conv" 2>&1 | FileCheck %s --check-prefix=UNUSED
// RUN: not nnq-opt %s --nnq-select-sparsity="ratio=0.5 criterion=wanda" 2>&1 | FileCheck %s --check-prefix=WANDA
// RUN: not nnq-opt %s --nnq-select-sparsity="ratio=0.5 criterion=obs" 2>&1 | FileCheck %s --check-prefix=OBS
// RUN: not nnq-opt %s --nnq-select-sparsity="pattern=2:4" 2>&1 | FileCheck %s --check-prefix=NOTHING
// RUN: not nnq-opt %s --nnq-select-sparsity="ratio=0.5 criterion=l2" 2>&1 | FileCheck %s --check-prefix=CRITERION
// RUN: not nnq-opt %s --prune-weights="ratio=0.5 criterion=obs" 2>&1 | FileCheck %s --check-prefix=OBS
// RUN: not nnq-opt %s --prune-weights="ratio=0.5 samples=3" 2>&1 | FileCheck %s --check-prefix=SAMPLES
// RUN: sed 's/2.0, 1.5/2.0, 0x7FC00000/' %s > %t.nan.mlir
// RUN: not nnq-opt %t.nan.mlir --nnq-select-sparsity="ratio=0.5" 2>&1 | FileCheck %s --check-prefix=NAN

// NONE: error: nnq-select-sparsity: nothing says how many weights go; give ratio (the share that becomes zero), between 0 and 1, or pattern=N:M
// ONE: error: nnq-select-sparsity: ratio=1{{.*}} has to lie between 0 and 1
// ABOVE: error: nnq-select-sparsity: ratio=1.5{{.*}} has to lie between 0 and 1
// NEGATIVE: error: nnq-select-sparsity: ratio=-0.5{{.*}} has to lie between 0 and 1
// PATTERN: error: nnq-select-sparsity: pattern=4:2 is none; there are unstructured, N:M (2:4) with N below M, and RxC (16x4)
// BLOCK: error: nnq-select-sparsity: pattern=0x4 is none
// BOTH: error: nnq-select-sparsity: pattern=2:4 says how many weights go; leave out ratio
// GLOBAL: error: nnq-select-sparsity: pattern=2:4 is the same in all layers; leave out scope=global
// DAMPING: error: nnq-select-sparsity: damping=2{{.*}} is no share; pass 0 to 1
// REGEX: error: nnq-select-sparsity: exclude: 'fc[' is no regular expression: {{.+}}
// UNUSED: error: nnq-select-sparsity: exclude: no layer with weights answers 'conv'
// WANDA: error: nnq-select-sparsity: criterion=wanda asks for the second moments of what layers multiply, which no layer has; pass data=FILE, or statistics=FILE of a calibration with input-statistics
// OBS: error: nnq-select-sparsity: criterion=obs asks for the correlation of what layers multiply, which no layer has; pass data=FILE, or statistics=FILE of a calibration with correlations=.*
// NOTHING: error: nnq-select-sparsity: no layer has weights that can go
// NOTHING: note: layer 'fc': its 3 input channels are no multiple of 4
// CRITERION: unknown value 'l2', expected one of: magnitude, wanda, obs
// SAMPLES: error:
// NAN: error: {{.*}}layer 'fc' has weights that are not finite numbers

func.func @net(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [2.0, 1.5]]> : tensor<3x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<1x3xf32>, tensor<3x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
