// RUN: nnq-opt %s --nnq-profile-layers --split-input-file --verify-diagnostics

// expected-error @+1 {{module has no 'nnq.target'; run --nnq-set-target first}}
module {}

// -----

// expected-error @+1 {{no clock is known of "riscv64-unknown-linux-gnu"; compile without profile}}
module attributes {nnq.target = #nnq.target<triple = "riscv64-unknown-linux-gnu", cpu = "generic", features = "",
    vector_bits = 128, vector_registers = 32, dot = none>} {}
