// RUN: nnq-opt %s --nnq-profile-layers --split-input-file --verify-diagnostics

// expected-error @+1 {{module has no 'nnq.target'; run --nnq-set-target first}}
module {}

// -----

// expected-error @+1 {{no clock is known of "riscv64-unknown-linux-gnu"; compile without profile}}
module attributes {nnq.target = #nnq.target<triple = "riscv64-unknown-linux-gnu", cpu = "generic", features = "",
    vector_bits = 128, vector_registers = 32, dot = none>} {}

// -----

module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu", cpu = "x86-64", features = "",
    vector_bits = 128, vector_registers = 16, dot = none>} {
  // expected-error @+1 {{'net_8' computes 8 samples at a time; only single ones are profiled (nnq-tile-batch=tile=1)}}
  func.func @net_8(%x: memref<8x4xf32>) attributes {
      nnq.batch = #nnq.batch<entry = "net", tile = 8, inputs = [true], outputs = []>} {
    return
  }
}
