// RUN: not nnq-opt %s --nnq-select-ranks 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not nnq-opt %s --nnq-select-ranks="rank=0" 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not nnq-opt %s --nnq-select-ranks="ratio=1" 2>&1 | FileCheck %s --check-prefix=ONE
// RUN: not nnq-opt %s --nnq-select-ranks="ratio=-0.5" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not nnq-opt %s --nnq-select-ranks="energy=1.5" 2>&1 | FileCheck %s --check-prefix=ENERGY
// RUN: not nnq-opt %s --nnq-select-ranks="latency=1" 2>&1 | FileCheck %s --check-prefix=LATENCY
// RUN: not nnq-opt %s --nnq-select-ranks="latency=0.001" 2>&1 | FileCheck %s --check-prefix=REACH
// RUN: not nnq-opt %s --nnq-select-ranks="rank=1 energy=0.5" 2>&1 | FileCheck %s --check-prefix=BOTH
// RUN: not nnq-opt %s --nnq-select-ranks="rank=1 round-to=-1" 2>&1 | FileCheck %s --check-prefix=ROUND
// RUN: not nnq-opt %s --nnq-select-ranks="method=cp energy=0.5" 2>&1 | FileCheck %s --check-prefix=CP
// RUN: not nnq-opt %s --nnq-select-ranks="method=qr rank=1" 2>&1 | FileCheck %s --check-prefix=METHOD
// RUN: not nnq-opt %s --nnq-select-ranks="rank=1 exclude=fc[" 2>&1 | FileCheck %s --check-prefix=REGEX
// RUN: not nnq-opt %s --nnq-select-ranks="rank=1 exclude=conv" 2>&1 | FileCheck %s --check-prefix=UNUSED
// RUN: not nnq-opt %s --nnq-select-ranks="rank=1 layers=conv=svd" 2>&1 | FileCheck %s --check-prefix=REQUEST
// RUN: not nnq-opt %s --nnq-select-ranks="layers=fc=svd:0" 2>&1 | FileCheck %s --check-prefix=HOW
// RUN: not nnq-opt %s --nnq-select-ranks="layers=fc" 2>&1 | FileCheck %s --check-prefix=FORM
// RUN: not nnq-opt %s --nnq-select-ranks="rank=1 method=tucker" 2>&1 | FileCheck %s --check-prefix=NOTHING
// RUN: not nnq-opt %s --factorize="rank=1 samples=3" 2>&1 | FileCheck %s --check-prefix=SAMPLES
// RUN: sed 's/2.0, 1.5/2.0, 0x7FC00000/' %s > %t.nan.mlir
// RUN: not nnq-opt %t.nan.mlir --nnq-select-ranks="rank=1" 2>&1 | FileCheck %s --check-prefix=NAN

// NONE: error: nnq-select-ranks: nothing says what the ranks are; give rank, ratio, energy, vbmf or latency
// ZERO: error: nnq-select-ranks: rank=0 has to be 1 at least
// ONE: error: nnq-select-ranks: ratio=1{{.*}} has to lie between 0 and 1
// NEGATIVE: error: nnq-select-ranks: ratio=-0.5{{.*}} has to lie between 0 and 1
// ENERGY: error: nnq-select-ranks: energy=1.5{{.*}} has to lie between 0 and 1
// LATENCY: error: nnq-select-ranks: latency=1{{.*}} has to lie between 0 and 1
// REACH: error: nnq-select-ranks: latency=0.00{{.*}} is out of reach: at the least ranks the layers take {{.*}} of the estimated time
// BOTH: error: nnq-select-ranks: rank, ratio, energy, vbmf and latency exclude each other
// ROUND: error: nnq-select-ranks: round-to=-1 has to be positive, or 0
// CP: error: nnq-select-ranks: cp has no singular values, which energy asks for; give rank or ratio
// METHOD: unknown value 'qr', expected one of: auto, svd, spatial-svd, channel-svd, tucker, cp
// REGEX: error: nnq-select-ranks: exclude: 'fc[' is no regular expression: {{.+}}
// UNUSED: error: nnq-select-ranks: exclude: no layer with weights answers 'conv'
// REQUEST: error: nnq-select-ranks: layers: no layer with weights answers 'conv=svd'
// HOW: error: nnq-select-ranks: layers: 'fc=svd:0' asks for 'svd:0'; there are keep, auto, svd,
// FORM: error: nnq-select-ranks: layers: 'fc' is not of the form WHICH=HOW, such as conv1=svd:16
// NOTHING: error: nnq-select-ranks: no layer can be factorized
// NOTHING: note: layer 'fc': it has no window, which tucker is about; svd fits
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
