// RUN: not nnq-opt %s --nnq-calibrate -o %t.out 2>&1 | FileCheck %s --check-prefix=NODATA
// NODATA: error: cannot calibrate: no data given; pass data=FILE
// RUN: not nnq-opt %s --nnq-calibrate=data=%S/Inputs/missing.npy -o %t.out 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: error: cannot calibrate: {{.*}}missing.npy: No such file or directory
// RUN: not nnq-opt %s --nnq-calibrate=data=%S/Inputs/truncated.npy -o %t.out 2>&1 | FileCheck %s --check-prefix=TRUNCATED
// TRUNCATED: error: cannot calibrate: {{.*}}truncated.npy: file is truncated
// RUN: not nnq-opt %s --nnq-calibrate=data=%S/Inputs/shape.npy -o %t.out 2>&1 | FileCheck %s --check-prefix=SHAPE
// SHAPE: error: cannot calibrate: {{.*}}shape.npy: is f32[4, 2], but the input of 'net' is f32[1, 3]
// RUN: not nnq-opt %s --nnq-calibrate=data=%S/Inputs/f64.npy -o %t.out 2>&1 | FileCheck %s --check-prefix=DTYPE
// DTYPE: error: cannot calibrate: {{.*}}f64.npy: has elements of f64, but the input of 'net' is f32[1, 3]
// RUN: not nnq-opt %s --nnq-calibrate=data=%S/Inputs/empty.npy -o %t.out 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: error: cannot calibrate: {{.*}}empty.npy: is empty
// RUN: not nnq-opt %s --nnq-calibrate=data=%S/Inputs/nan.npy -o %t.out 2>&1 | FileCheck %s --check-prefix=NAN
// NAN: error: cannot calibrate: {{.*}}nan.npy: NaN in sample 2, element 1
// RUN: not nnq-opt %s --nnq-calibrate=data=%S/Inputs/infinity.npy -o %t.out 2>&1 | FileCheck %s --check-prefix=INFINITY
// INFINITY: error: cannot calibrate: {{.*}}infinity.npy: infinity in sample 2, element 1
// RUN: not nnq-opt %s --nnq-calibrate=data=%S/Inputs/arrays.npz -o %t.out 2>&1 | FileCheck %s --check-prefix=KEY
// KEY: error: cannot calibrate: {{.*}}arrays.npz, array 'x': there is none; the file has: features, labels; choose the input with key=NAME
// RUN: not nnq-opt %s --nnq-calibrate="data=%S/Inputs/x.npy samples=-1" -o %t.out 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// NEGATIVE: error: cannot calibrate: samples=-1 is negative
// No error leaves a file.
// RUN: not test -e %t.out
// The same through the pipeline that users type.
// RUN: not nnq-opt %s --quantize-int8=data=%S/Inputs/nan.npy 2>&1 | FileCheck %s --check-prefix=NAN
// RUN: not nnq-opt %s --quantize-int8=samples=2 2>&1 | FileCheck %s --check-prefix=NODATA
// Samples after the last one that is used may hold anything.
// RUN: nnq-opt %s --nnq-calibrate="data=%S/Inputs/nan.npy samples=2" | FileCheck %s --check-prefix=FIRST
// FIRST: count = 6

func.func @net(%x: tensor<1x3xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<1.0> : tensor<3x1xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<1x3xf32>, tensor<3x1xf32>)
    outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
