// RUN: not nnq-opt %s --nnq-select-codebooks=bits=0 2>&1 | FileCheck %s --check-prefix=BITS0
// RUN: not nnq-opt %s --share-weights=bits=9 2>&1 | FileCheck %s --check-prefix=BITS9
// RUN: not nnq-opt %s --nnq-select-codebooks=channels=-1 2>&1 | FileCheck %s --check-prefix=CHANNELS
// RUN: not nnq-opt %s --nnq-select-codebooks=vector=3 2>&1 | FileCheck %s --check-prefix=VECTOR
// RUN: not nnq-opt %s --nnq-select-codebooks=exclude=conv 2>&1 | FileCheck %s --check-prefix=UNUSED
// RUN: not nnq-opt %s --nnq-select-codebooks="exclude=(" 2>&1 | FileCheck %s --check-prefix=PATTERN
// RUN: not nnq-opt %s --nnq-select-codebooks=bits=4 2>&1 | FileCheck %s --check-prefix=NONE

// BITS0: error: nnq-select-codebooks: bits=0: codebooks are of 1 to 8 bits
// BITS9: error: nnq-select-codebooks: bits=9: codebooks are of 1 to 8 bits
// CHANNELS: error: nnq-select-codebooks: channels=-1 is no number of channels; pass 0 for all of them
// VECTOR: error: nnq-select-codebooks: vector=3: entries are for 1, 2 or 4 weights
// UNUSED: error: nnq-select-codebooks: exclude: no layer with weights answers 'conv'
// PATTERN: error: nnq-select-codebooks: exclude: '('
// NONE: error: nnq-select-codebooks: no layer has weights to share
// NONE: note: layer 'fc': a codebook of 16 numbers is for more than its 16 weights
func.func @layer(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<4x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%f : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}
