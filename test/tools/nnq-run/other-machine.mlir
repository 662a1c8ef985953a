// REQUIRES: x86_64
// Code for another machine is refused before it crashes.

// RUN: %python %inputs/make_arrays.py %t.npy x=f4:5x4:iota
// RUN: nnq-compile %s --reference --target=aarch64 -o %t.so
// RUN: not nnq-run %t.so --data %t.npy 2>&1 | FileCheck %s --check-prefix=LIBRARY
// LIBRARY: error: {{.*}}.so: made for aarch64, but this machine is x86_64
// LIBRARY-NOT: error
// RUN: not nnq-run %s --reference --target=aarch64 --data %t.npy 2>&1 | FileCheck %s --check-prefix=MODULE
// MODULE: error: {{.*}}.mlir: made for cpu 'generic' of aarch64-unknown-linux-gnu, whose code this machine cannot run; compile with --target=native
// MODULE-NOT: error

// No machine has both.
// RUN: nnq-compile %s --reference --target=x86-64+xop+avx512fp16 -o %t.x86.so
// RUN: not nnq-run %t.x86.so --data %t.npy 2>&1 | FileCheck %s --check-prefix=FEATURES
// FEATURES: error: {{.*}}.so: made for cpu 'x86-64,+xop,+avx512fp16' of {{.*}}, whose code this machine cannot run

func.func @f(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %0 = linalg.add ins(%x, %x : tensor<1x4xf32>, tensor<1x4xf32>) outs(%x : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}
