// RUN: nnq-opt %s --nnq-set-target=target=aarch64+dotprod | FileCheck %s --check-prefix=ARM
// RUN: nnq-opt %s --nnq-set-target="target=znver4 triple=x86_64-unknown-linux-gnu" | FileCheck %s --check-prefix=ZEN4
// RUN: nnq-opt %s --nnq-set-target="triple=x86_64-unknown-linux-gnu cpu=x86-64-v3 features=+avxvnni" | FileCheck %s --check-prefix=PARTS
// RUN: nnq-opt %s --nnq-set-target=target=aarch64 --nnq-set-target | FileCheck %s --check-prefix=KEPT
// RUN: nnq-opt %s --nnq-set-target | FileCheck %s --check-prefix=NATIVE
// RUN: nnq-opt %s --nnq-set-target="target=aarch64 threads=2" | FileCheck %s --check-prefix=THREADS
// RUN: nnq-opt %s --nnq-set-target="target=aarch64 threads=2" --nnq-set-target | FileCheck %s --check-prefix=THREAD

// ARM: module attributes
// ARM-SAME: llvm.data_layout = "e-m:e
// ARM-SAME: llvm.target_triple = "aarch64-unknown-linux-gnu"
// ARM-SAME: nnq.target = #nnq.target<triple = "aarch64-unknown-linux-gnu", cpu = "generic", features = "+dotprod", vector_bits = 128, vector_registers = 32, dot = sdot>

// ZEN4: cpu = "znver4", features = "", vector_bits = 512, vector_registers = 32, dot = vpdpbusd>

// PARTS: cpu = "x86-64-v3", features = "+avxvnni", vector_bits = 256, vector_registers = 16, dot = vpdpbusd>

// A target that is there stays.
// KEPT: cpu = "generic", features = "", vector_bits = 128, vector_registers = 32, dot = smull>

// One thread is not worth a word.
// THREADS: module attributes
// THREADS-SAME: nnq.threads = 2 : i64
// THREAD: module attributes
// THREAD-NOT: nnq.threads

// NATIVE: nnq.target = #nnq.target<triple = "{{.+}}", cpu = "{{.+}}",

module {}
