// What layers multiply is observed number by number, behind pads.
// RUN: nnq-opt %s --nnq-calibrate="data=%S/Inputs/x.npy input-statistics" --remarks-filter-missed=nnq 2>%t.txt | FileCheck %s --check-prefixes=CHECK,MEANS
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK --allow-empty
// RUN: nnq-opt %s --nnq-calibrate="data=%S/Inputs/x.npy correlations=fc1" | FileCheck %s --check-prefixes=CHECK,MATRIX
// RUN: nnq-opt %s --nnq-calibrate="data=%S/Inputs/x.npy correlations=.* reference" -o %t.reference.mlir
// RUN: nnq-opt %s --nnq-calibrate="data=%S/Inputs/x.npy correlations=.* save=%t.json" -o %t.run.mlir
// RUN: diff %t.reference.mlir %t.run.mlir

// A file has all of it, and says what it lacks.
// RUN: nnq-opt %s --nnq-calibrate="statistics=%t.json correlations=.*" -o %t.read.mlir
// RUN: diff %t.run.mlir %t.read.mlir
// RUN: nnq-opt %s --nnq-calibrate="statistics=%t.json input-statistics" | FileCheck %s --check-prefixes=CHECK,MEANS
// RUN: nnq-opt %s --nnq-calibrate="data=%S/Inputs/x.npy input-statistics save=%t.means.json" -o /dev/null
// RUN: not nnq-opt %s --nnq-calibrate="statistics=%t.means.json correlations=fc1" 2>&1 | FileCheck %s --check-prefix=LACKS
// RUN: nnq-opt %s --nnq-calibrate="data=%S/Inputs/x.npy save=%t.tensors.json" -o /dev/null
// RUN: not nnq-opt %s --nnq-calibrate="statistics=%t.tensors.json input-statistics" 2>&1 | FileCheck %s --check-prefix=INPUTS
// RUN: sed 's/"depth": 3/"depth": 2/' %t.json > %t.shape.json
// RUN: not nnq-opt %s --nnq-calibrate="statistics=%t.shape.json input-statistics" 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: sed 's/"mean": "[^"]*"/"mean": "AADAfw=="/' %t.json > %t.nan.json
// RUN: not nnq-opt %s --nnq-calibrate="statistics=%t.nan.json input-statistics" 2>&1 | FileCheck %s --check-prefix=NUMBERS
// RUN: sed 's/"count": 4/"count": 0/' %t.json > %t.count.json
// RUN: not nnq-opt %s --nnq-calibrate="statistics=%t.count.json input-statistics" 2>&1 | FileCheck %s --check-prefix=NONE
// LACKS: error: cannot calibrate: {{.*}}: has no correlation of the input of layer 'fc1'; calibrate again with correlations=REGEX
// INPUTS: error: cannot calibrate: {{.*}}: has no statistics of the input of layer 'fc1'; calibrate again with input-statistics
// SHAPE: error: cannot calibrate: {{.*}}: input of layer 'fc1'{{.*}}: 'correlation' does not hold 3 finite numbers in base64
// NUMBERS: error: cannot calibrate: {{.*}}: input of layer 'fc1'{{.*}}: 'mean' does not hold 3 finite numbers in base64
// NONE: error: cannot calibrate: {{.*}}: input of layer 'fc1'{{.*}}: there are no positive integers 'groups', 'depth', 'channels' and 'count'

// RUN: not nnq-opt %s --nnq-calibrate="data=%S/Inputs/x.npy correlations=fc9" 2>&1 | FileCheck %s --check-prefix=MATCH
// RUN: not nnq-opt %s --nnq-calibrate="data=%S/Inputs/x.npy correlations=fc(" 2>&1 | FileCheck %s --check-prefix=REGEX
// MATCH: error: cannot calibrate: no layer is called correlations=fc9
// REGEX: error: cannot calibrate: correlations=fc( is no regular expression: parentheses not balanced

// The data are (1 0 -1), (2 0.5 0), (0 0 0), (-3 1 1).
// REMARK-NOT: nnq-calibrate
// CHECK:       linalg.matmul
// CHECK-SAME:    #nnq.input_stats<min = dense<{{\[\[}}-3.000000e+00, 0.000000e+00, -1.000000e+00]]> : tensor<1x3xf32>
// CHECK-SAME:    max = dense<{{\[\[}}2.000000e+00, 1.000000e+00, 1.000000e+00]]> : tensor<1x3xf32>
// CHECK-SAME:    mean = dense<{{\[\[}}0.000000e+00, 3.750000e-01, 0.000000e+00]]> : tensor<1x3xf32>
// CHECK-SAME:    second_moment = dense<{{\[\[}}3.500000e+00, 3.125000e-01, 5.000000e-01]]> : tensor<1x3xf32>
// CHECK-SAME:    count = 4, output_mean = dense<{{\[}}1.500000e+00, 0.000000e+00]> : tensor<2xf32>
// MEANS-SAME:    >, nnq.layer = "fc1"
// MATRIX-SAME:   , correlation = dense_resource<correlation> : tensor<1x6xf32>>, nnq.layer = "fc1"
// A pad of one on either side, and taps 1 and 2 of a kernel of two: the number
// in front is zero in one of three positions.
// CHECK:       linalg.conv_1d_ncw_fcw
// CHECK-SAME:    min = dense<{{.*}}> : tensor<1x2xf32>
// CHECK-SAME:    count = 12
// CHECK-NOT:     correlation
// CHECK-SAME:    nnq.layer = "conv"
// 3.5, -0.5, 0.3125, -1, 0.25, 0.5
// MATRIX:      correlation: "0x4000000000006040000000BF0000A03E000080BF0000803E0000003F"
func.func @net(%x: tensor<1x3xf32>) -> (tensor<1x2xf32>, tensor<1x1x3xf32>) {
  %w = arith.constant dense<[[1.0, 0.0], [4.0, 0.0], [1.0, 2.0]]> : tensor<3x2xf32>
  %k = arith.constant dense<[[[1.0, -1.0]]]> : tensor<1x1x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = tensor.expand_shape %x [[0], [1, 2]] output_shape [1, 1, 3] : tensor<1x3xf32> into tensor<1x1x3xf32>
  %p = tensor.pad %r low[0, 0, 1] high[0, 0, 0] {
  ^bb0(%i: index, %j: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x1x3xf32> to tensor<1x1x4xf32>
  %e2 = tensor.empty() : tensor<1x1x3xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x1x3xf32>) -> tensor<1x1x3xf32>
  %1 = linalg.conv_1d_ncw_fcw {nnq.layer = "conv"} ins(%p, %k : tensor<1x1x4xf32>, tensor<1x1x2xf32>)
    outs(%f2 : tensor<1x1x3xf32>) -> tensor<1x1x3xf32>
  return %0, %1 : tensor<1x2xf32>, tensor<1x1x3xf32>
}
