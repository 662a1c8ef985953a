// RUN: nnq-opt %s --nnq-select-strategy --verify-diagnostics

// expected-error @below {{no 'nnq.target' on the module; run nnq-set-target before nnq-select-strategy}}
func.func @f() {
  return
}
