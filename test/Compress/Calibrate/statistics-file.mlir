// Statistics that were saved are those of the run, and serve other passes and
// pipelines without data.
// RUN: nnq-opt %s --nnq-calibrate="data=%S/Inputs/x.npy save=%t.json" -o %t.run.mlir
// RUN: nnq-opt %s --nnq-calibrate=statistics=%t.json -o %t.read.mlir
// RUN: diff %t.run.mlir %t.read.mlir
// RUN: FileCheck %s --input-file=%t.read.mlir
// RUN: FileCheck %s --input-file=%t.json --check-prefix=JSON
// RUN: nnq-opt %s --calibrate="data=%S/Inputs/x.npy save=%t.pipeline.json" -o /dev/null
// RUN: nnq-opt %s --quantize-int8="data=%S/Inputs/x.npy weight-rounding=nearest calibration=mse" -o %t.int8.mlir
// RUN: nnq-opt %s --quantize-int8="statistics=%t.pipeline.json calibration=mse" -o %t.int8-read.mlir
// RUN: diff %t.int8.mlir %t.int8-read.mlir
// RUN: FileCheck %s --input-file=%t.int8.mlir --check-prefix=INT8

// CHECK: %arg0: tensor<1x3xf32> {nnq.stats = #nnq.tensor_stats<min = -3.000000e+00
// CHECK: linalg.exp {nnq.layer = "fc1", nnq.stats = #nnq.tensor_stats<
// CHECK: linalg.abs {nnq.layer = "fc1", nnq.stats = #nnq.tensor_stats<
// INT8-COUNT-3: quant.qcast

// JSON: "version": 1,
// JSON-NEXT: "network": "{{[0-9a-f]+}}",
// JSON: "input": 0,
// JSON-NEXT: "shape": [
// JSON-NEXT: 1,
// JSON-NEXT: 3
// JSON: "min": -3,
// JSON-NEXT: "max": 2,
// JSON-NEXT: "mean": 0.125,
// JSON-NEXT: "second_moment": 1.4375,
// JSON-NEXT: "moving_min": -1.000299,
// JSON-NEXT: "moving_max": 0.999901{{[0-9]*}},
// JSON-NEXT: "count": 12,
// JSON-NEXT: "histogram": [0, 0,
// JSON: "layer": "fc1",
// JSON-NEXT: "tensor": 1,
// JSON: "layer": "fc1",
// JSON-NEXT: "tensor": 2,

// What does not fit is an error, and nothing is written.
// RUN: sed 's/dense<1.0>/dense<1.5>/' %s > %t.other.mlir
// RUN: not nnq-opt %t.other.mlir --nnq-calibrate=statistics=%t.json -o %t.out 2>&1 \
// RUN:   | FileCheck %s --check-prefix=OTHER
// OTHER: error: cannot calibrate: {{.*}}.json: is of a network of other layers or weights; calibrate this one with data=FILE
// RUN: sed 's/"tensor": 2/"tensor": 7/' %t.json > %t.missing.json
// RUN: not nnq-opt %s --nnq-calibrate=statistics=%t.missing.json -o %t.out 2>&1 \
// RUN:   | FileCheck %s --check-prefix=MISSING
// MISSING: error: cannot calibrate: {{.*}}: has no statistics of layer 'fc1', tensor 2; calibrate again with data=FILE
// RUN: sed 's/^    3$/    4/' %t.json > %t.shape.json
// RUN: not nnq-opt %s --nnq-calibrate=statistics=%t.shape.json -o %t.out 2>&1 \
// RUN:   | FileCheck %s --check-prefix=SHAPE
// SHAPE: error: cannot calibrate: {{.*}}: input 0 has another shape
// RUN: sed 's/"min": -3/"min": 3/' %t.json > %t.order.json
// RUN: not nnq-opt %s --nnq-calibrate=statistics=%t.order.json -o %t.out 2>&1 \
// RUN:   | FileCheck %s --check-prefix=ORDER
// ORDER: error: cannot calibrate: {{.*}}: input 0: 'min' must not exceed 'max'
// RUN: sed 's/"count": 12/"count": "many"/' %t.json > %t.type.json
// RUN: not nnq-opt %s --nnq-calibrate=statistics=%t.type.json -o %t.out 2>&1 \
// RUN:   | FileCheck %s --check-prefix=TYPE
// TYPE: error: cannot calibrate: {{.*}}: input 0: there is no integer 'count'
// RUN: sed 's/"version": 1/"version": 9/' %t.json > %t.version.json
// RUN: not nnq-opt %s --nnq-calibrate=statistics=%t.version.json -o %t.out 2>&1 \
// RUN:   | FileCheck %s --check-prefix=VERSION
// VERSION: error: cannot calibrate: {{.*}}: is of version 9, not 1; calibrate again
// RUN: echo '{"version": 1' > %t.text.json
// RUN: not nnq-opt %s --nnq-calibrate=statistics=%t.text.json -o %t.out 2>&1 \
// RUN:   | FileCheck %s --check-prefix=TEXT
// TEXT: error: cannot calibrate: {{.*}}: is no JSON: {{.*}}
// RUN: echo '[]' > %t.array.json
// RUN: not nnq-opt %s --nnq-calibrate=statistics=%t.array.json -o %t.out 2>&1 \
// RUN:   | FileCheck %s --check-prefix=ARRAY
// ARRAY: error: cannot calibrate: {{.*}}: holds no statistics of a calibration
// RUN: not nnq-opt %s --nnq-calibrate=statistics=%t.none.json -o %t.out 2>&1 \
// RUN:   | FileCheck %s --check-prefix=NONE
// NONE: error: cannot calibrate: {{.*}}.none.json: No such file or directory
// RUN: not nnq-opt %s --nnq-calibrate="statistics=%t.json data=%S/Inputs/x.npy" -o %t.out 2>&1 \
// RUN:   | FileCheck %s --check-prefix=BOTH
// RUN: not nnq-opt %s --quantize-int8="statistics=%t.json samples=2" -o %t.out 2>&1 \
// RUN:   | FileCheck %s --check-prefix=BOTH
// BOTH: error: cannot calibrate: statistics=FILE takes the place of a run; leave out data, key, samples and save
// RUN: not test -e %t.out
// A run that fails leaves no statistics.
// RUN: not nnq-opt %s --nnq-calibrate="data=%S/Inputs/nan.npy save=%t.nan.json" 2> /dev/null
// RUN: not test -e %t.nan.json

func.func @net(%x: tensor<1x3xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %w = arith.constant dense<1.0> : tensor<3x2xf32>
  %v = arith.constant dense<[[0.5, -1.0], [2.0, 0.25]]> : tensor<2x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.exp {nnq.layer = "fc1"} ins(%0 : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = linalg.abs {nnq.layer = "fc1"} ins(%0 : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %3 = linalg.matmul {nnq.layer = "fc2"} ins(%1, %v : tensor<1x2xf32>, tensor<2x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %4 = linalg.matmul {nnq.layer = "fc3"} ins(%2, %v : tensor<1x2xf32>, tensor<2x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %3, %4 : tensor<1x2xf32>, tensor<1x2xf32>
}
