// RUN: not nnq-opt %s --nnq-select-precision="layers=conv1=f32" 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not nnq-opt %s --nnq-select-precision="layers=fc1" 2>&1 | FileCheck %s --check-prefix=FORM
// RUN: not nnq-opt %s --nnq-select-precision="layers=fc1=int3" 2>&1 | FileCheck %s --check-prefix=SETTING
// RUN: not nnq-opt %s --nnq-select-precision="layers=kind:dense=f32" 2>&1 | FileCheck %s --check-prefix=KIND
// RUN: not nnq-opt %s --nnq-select-precision="layers=fc[1=f32" 2>&1 | FileCheck %s --check-prefix=REGEX
// RUN: not nnq-opt %s --nnq-select-precision="layers=fc1=f32+reduced" 2>&1 | FileCheck %s --check-prefix=BOTH
// RUN: not nnq-opt %s --nnq-select-precision="layers=fc1=asymmetric+reduced" 2>&1 | FileCheck %s --check-prefix=PAIR
// RUN: not nnq-opt %s --quantize-int8="layers=fc11=f32" 2>&1 | FileCheck %s --check-prefix=WHOLE

// ABSENT:  error: layers: no layer answers 'conv1=f32'; there are: fc1
// FORM:    error: layers: 'fc1' is not of the form WHICH=HOW, such as conv1=f32
// SETTING: error: layers: 'fc1=int3' asks for 'int3'; there are: f32, symmetric, asymmetric, per-axis, per-tensor, full, reduced
// KIND:    error: layers: 'kind:dense=f32' names no kind of layer; there are: conv, depthwise, linear, matmul
// REGEX:   error: layers: 'fc[1=f32' has no valid regular expression: {{.+}}
// BOTH:    error: layers: 'fc1=f32+reduced' asks for f32 and for a format of integers
// PAIR:    error: 'linalg.matmul' op of layer 'fc1' a reduced range is about symmetric weights
// WHOLE:   error: layers: no layer answers 'fc11=f32'; there are: fc1
func.func @f(%r: tensor<1x4xf32>) -> tensor<1x3xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<0.5> : tensor<4x3xf32>
  %e = tensor.empty() : tensor<1x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%r, %w : tensor<1x4xf32>, tensor<4x3xf32>) outs(%f : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}
