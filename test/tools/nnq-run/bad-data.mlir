// One clear error each, exit code 1, and no output file.

// RUN: rm -f %t.out.npz

// RUN: %python %inputs/make_arrays.py %t.npz --truncate=100 x=f4:5x4:iota
// RUN: not nnq-run %s --reference --data %t.npz --output %t.out.npz 2>&1 | FileCheck %s --check-prefix=TRUNCATED
// TRUNCATED: error: {{.*}}.npz: not a zip archive, or truncated
// TRUNCATED-NOT: error

// RUN: %python %inputs/make_arrays.py %t.npy --truncate=150 x=f4:5x4:iota
// RUN: not nnq-run %s --reference --data %t.npy --output %t.out.npz 2>&1 | FileCheck %s --check-prefix=SHORT
// SHORT: error: {{.*}}.npy: file is truncated: f32[5, 4] needs 80 bytes, 22 are there
// SHORT-NOT: error

// RUN: echo "hello, world" > %t.txt.npy
// RUN: not nnq-run %s --reference --data %t.txt.npy --output %t.out.npz 2>&1 | FileCheck %s --check-prefix=TEXT
// TEXT: error: {{.*}}.npy: not a numpy file
// TEXT-NOT: error

// RUN: not nnq-run %s --reference --data %t.missing.npz --output %t.out.npz 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: error: {{.*}}.missing.npz: No such file or directory
// MISSING-NOT: error

// RUN: %python %inputs/make_arrays.py %t.shape.npz x=f4:5x3:iota
// RUN: not nnq-run %s --reference --data %t.shape.npz --output %t.out.npz 2>&1 | FileCheck %s --check-prefix=SHAPE
// SHAPE: error: {{.*}}.npz, array 'x': is f32[5, 3], but input 0 of 'f' is f32[2, 4]: all dimensions but the first must agree
// SHAPE-NOT: error

// RUN: %python %inputs/make_arrays.py %t.dtype.npz x=f8:5x4:iota
// RUN: not nnq-run %s --reference --data %t.dtype.npz --output %t.out.npz 2>&1 | FileCheck %s --check-prefix=DTYPE
// DTYPE: error: {{.*}}.npz, array 'x': has elements of f64, but input 0 of 'f' is f32[2, 4]; convert it with .astype
// DTYPE-NOT: error

// RUN: %python %inputs/make_arrays.py %t.nan.npz x=f4:5x4:nan
// RUN: not nnq-run %s --reference --data %t.nan.npz --output %t.out.npz 2>&1 | FileCheck %s --check-prefix=NAN
// NAN: error: {{.*}}.npz, array 'x': NaN in sample 0, element 0
// NAN-NOT: error

// RUN: %python %inputs/make_arrays.py %t.empty.npz x=f4:0x4:iota
// RUN: not nnq-run %s --reference --data %t.empty.npz --output %t.out.npz 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: error: {{.*}}.npz, array 'x': is empty: f32[0, 4]
// EMPTY-NOT: error

// RUN: %python %inputs/make_arrays.py %t.key.npz a=f4:5x4:iota b=f4:5x4:iota
// RUN: not nnq-run %s --reference --data %t.key.npz --output %t.out.npz 2>&1 | FileCheck %s --check-prefix=KEY
// KEY: error: {{.*}}.npz, array 'x': there is none; the file has: a, b
// KEY-NOT: error

// RUN: %python %inputs/make_arrays.py %t.labels.npz x=f4:5x4:iota y=i8:4:0 f=f4:5:0 z=i8:5:4
// RUN: not nnq-run %s --reference --data %t.labels.npz --output %t.out.npz 2>&1 | FileCheck %s --check-prefix=LABELS
// LABELS: error: {{.*}}.npz, array 'y': is i64[4], but output 0 of 'f' is f32[5, 4]: there must be one label a sample
// LABELS-NOT: error
// RUN: not nnq-run %s --reference --data %t.labels.npz --labels-key=f --output %t.out.npz 2>&1 | FileCheck %s --check-prefix=FLOAT
// FLOAT: error: {{.*}}.npz, array 'f': has elements of f32; class labels must be integers
// FLOAT-NOT: error
// RUN: not nnq-run %s --reference --data %t.labels.npz --labels-key=z --output %t.out.npz 2>&1 | FileCheck %s --check-prefix=CLASS
// CLASS: error: {{.*}}.npz, array 'z': label 4 of sample 0 is none of the 4 classes of output 0 of 'f'
// CLASS-NOT: error
// RUN: not nnq-run %s --reference --data %t.labels.npz --labels-key=none --output %t.out.npz 2>&1 | FileCheck %s --check-prefix=NOLABELS
// NOLABELS: error: {{.*}}.npz, array 'none': there is none; the file has: x, y, f, z
// NOLABELS-NOT: error

// RUN: not ls %t.out.npz

func.func @f(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %0 = linalg.exp ins(%x : tensor<2x4xf32>) outs(%x : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
