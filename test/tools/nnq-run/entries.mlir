// Several entry points, several inputs and outputs.

// RUN: %python %inputs/make_arrays.py %t.npz x0=f4:3x2:iota x1=f4:3x2:1 a=f4:3x2:2 b=f4:4x2:2
// RUN: nnq-compile %s --reference -o %t.so
// RUN: nnq-run %t.so --data %t.npz --repeat=0 --entry=two --output %t.out.npz --compare %s --compare-reference --max-diff=0
// RUN: nnq-run %t.so --data %t.npz --repeat=0 --entry=two --input-key=x0,a --compare %t.out.npz | FileCheck %s
// CHECK: largest difference    1

// RUN: not nnq-run %t.so --data %t.npz 2>&1 | FileCheck %s --check-prefix=CHOOSE
// CHOOSE: error: {{.*}}.so: several entry points: {{two, one|one, two}}; choose one
// RUN: not nnq-run %t.so --data %t.npz --entry=three 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: {{.*}}.so: no entry point 'three'; there are: {{two, one|one, two}}
// RUN: not nnq-run %t.so --data %t.npz --entry=two --input-key=x0 2>&1 | FileCheck %s --check-prefix=COUNT
// COUNT: error: --input-key names 1 arrays, the network has 2
// RUN: not nnq-run %t.so --data %t.npz --entry=two --input-key=x0,b 2>&1 | FileCheck %s --check-prefix=SAMPLES
// SAMPLES: error: {{.*}}array 'x0' has 3 samples, {{.*}}array 'b' has 4
// RUN: not nnq-run %t.so --data %t.npz --entry=two --output %t.npy 2>&1 | FileCheck %s --check-prefix=NPY
// NPY: error: {{.*}}.npy: .npy holds one array, there are 2; use .npz

func.func @two(%x: tensor<1x2xf32>, %y: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %0 = linalg.add ins(%x, %y : tensor<1x2xf32>, tensor<1x2xf32>) outs(%x : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0, %x : tensor<1x2xf32>, tensor<1x2xf32>
}
func.func @one(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  return %x : tensor<1x2xf32>
}
