// RUN: not nnq-opt %s --nnq-select-channels 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not nnq-opt %s --nnq-select-channels="ratio=1" 2>&1 | FileCheck %s --check-prefix=ONE
// RUN: not nnq-opt %s --nnq-select-channels="ratio=-0.5" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not nnq-opt %s --nnq-select-channels="macs=1.5" 2>&1 | FileCheck %s --check-prefix=MACS
// RUN: not nnq-opt %s --nnq-select-channels="latency=-0.1" 2>&1 | FileCheck %s --check-prefix=LATENCY
// RUN: not nnq-opt %s --nnq-select-channels="latency=0.5 macs=0.5" 2>&1 | FileCheck %s --check-prefix=BOTH
// RUN: not nnq-opt %S/select-channels.mlir --nnq-select-channels="latency=0.01" 2>&1 | FileCheck %s --check-prefix=SLOW
// RUN: not nnq-opt %s --nnq-select-channels="ratio=0.5 macs=0.5" 2>&1 | FileCheck %s --check-prefix=BOTH
// RUN: not nnq-opt %s --nnq-select-channels="ratio=0.5 round-to=-1" 2>&1 | FileCheck %s --check-prefix=ROUND
// RUN: not nnq-opt %s --nnq-select-channels="ratio=0.5 exclude=fc[" 2>&1 | FileCheck %s --check-prefix=REGEX
// RUN: not nnq-opt %s --nnq-select-channels="ratio=0.5" 2>&1 | FileCheck %s --check-prefix=NOTHING
// RUN: not nnq-opt %s --nnq-select-channels="ratio=0.5 exclude=fc" 2>&1 | FileCheck %s --check-prefix=UNUSED
// RUN: not nnq-opt %S/select-channels.mlir --nnq-select-channels="ratio=0.5 criterion=obs" 2>&1 | FileCheck %s --check-prefix=UNSEEN
// RUN: not nnq-opt %S/select-channels.mlir --nnq-select-channels="macs=0.01" 2>&1 | FileCheck %s --check-prefix=LEAST
// RUN: not nnq-opt %s --nnq-select-channels="ratio=0.5 criterion=bn-scale" 2>&1 | FileCheck %s --check-prefix=SCALES
// RUN: not nnq-opt %s --nnq-select-channels="ratio=0.5 criterion=taylor" 2>&1 | FileCheck %s --check-prefix=GRADIENTS
// RUN: not nnq-opt %s --nnq-select-channels="ratio=0.5 criterion=taylor gradients=%t.none.npz" 2>&1 | FileCheck %s --check-prefix=FILE

// NONE: error: nnq-select-channels: nothing says how much to remove; give ratio (the share of the channels that go), macs (the share of the multiply-adds that stay) or latency (the share of the estimated time that stays)
// ONE: error: nnq-select-channels: ratio=1{{.*}} has to lie between 0 and 1
// NEGATIVE: error: nnq-select-channels: ratio=-{{.*}} has to lie between 0 and 1
// MACS: error: nnq-select-channels: macs={{.*}} has to lie between 0 and 1
// LATENCY: error: nnq-select-channels: latency={{.*}} has to lie between 0 and 1
// SLOW: error: nnq-select-channels: latency={{.*}} cannot be reached: with one register of channels left in each group, {{0\.[0-9]+}} of the estimated time stays
// BOTH: error: nnq-select-channels: ratio, macs and latency exclude each other
// ROUND: error: nnq-select-channels: round-to=-1 has to be positive, or 0
// REGEX: error: nnq-select-channels: exclude: 'fc[' is no regular expression: {{.+}}
// NOTHING: error: nnq-select-channels: no channel can go
// NOTHING: note: channels of layer 'fc' stay: a result of the network has it
// UNUSED: error: nnq-select-channels: exclude: no layer whose channels could go answers 'fc'
// UNSEEN: error: {{.*}}layer 'fc1' nothing was seen of what reads its channels; pass data=FILE
// UNSEEN: note: layer 'fc2': there are no statistics of what it multiplies
// SCALES: error: nnq-select-channels: criterion=bn-scale asks for scales=FILE.npz, an array for each layer; import folds batch normalization into weights, so read them before
// GRADIENTS: error: nnq-select-channels: criterion=taylor asks for gradients=FILE.npz, an array for each layer
// FILE: error: nnq-select-channels: {{.+}}.none.npz{{.+}}
// LEAST: error: nnq-select-channels: macs={{.*}} cannot be reached: with one register of channels left in each group, {{0\.[0-9]+}} of the multiply-adds stay

func.func @net(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<3x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<1x3xf32>, tensor<3x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
