// RUN: not nnq-opt %s --nnq-set-target=target=znvr4 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: not nnq-opt %s --nnq-set-target="target=aarch64 cpu=cortex-a760" 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: not nnq-opt %s --nnq-set-target=target=x86-64-v3+avxvnn 2>&1 | FileCheck %s --check-prefix=FEATURE
// RUN: not nnq-opt %s --nnq-set-target=features=avx2 2>&1 | FileCheck %s --check-prefix=SIGN
// RUN: not nnq-opt %s --nnq-set-target=triple=klingon-unknown-linux 2>&1 | FileCheck %s --check-prefix=TRIPLE
// RUN: not nnq-opt %s --nnq-set-target=threads=0 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not nnq-opt %s --nnq-set-target=threads=5000 2>&1 | FileCheck %s --check-prefix=MANY

// NONE: error: threads=0 is out of range; from 1 to 1024 are possible
// MANY: error: threads=5000 is out of range
// TARGET: error: unknown target 'znvr4': neither an architecture (x86-64, aarch64) nor a cpu
// TARGET-NOT: error
// CPU: error: unknown cpu 'cortex-a760' for aarch64; did you mean {{.*}}'cortex-a76'
// CPU-NOT: error
// CPU-NOT: recognized
// FEATURE: error: unknown feature 'avxvnn' for x86_64; did you mean 'avxvnni'?
// FEATURE-NOT: error
// SIGN: error: feature 'avx2' must start with '+' or '-'
// SIGN-NOT: error
// TRIPLE: error: unknown triple 'klingon-unknown-linux'
// TRIPLE-NOT: error

module {}
