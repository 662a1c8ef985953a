// RUN: nnq-opt %s --nnq-export-entry --split-input-file --verify-diagnostics

// expected-error @+1 {{module has no 'nnq.target'; run --nnq-set-target first}}
module {
}

// -----

#t = #nnq.target<triple = "x86_64-unknown-linux-gnu", cpu = "x86-64", features = "", vector_bits = 128, vector_registers = 16, dot = vpmaddwd>
// expected-error @+1 {{module has no public function to export}}
module attributes {nnq.target = #t} {
  func.func private @f()
}

// -----

#t = #nnq.target<triple = "x86_64-unknown-linux-gnu", cpu = "x86-64", features = "", vector_bits = 128, vector_registers = 16, dot = vpmaddwd>
module attributes {nnq.target = #t} {
  // expected-error @+1 {{'torch.main' is no name of a C function}}
  func.func @torch.main(%y: memref<4xf32> {bufferize.result}) {
    return
  }
}

// -----

#t = #nnq.target<triple = "x86_64-unknown-linux-gnu", cpu = "x86-64", features = "", vector_bits = 128, vector_registers = 16, dot = vpmaddwd>
module attributes {nnq.target = #t} {
  // expected-error @+1 {{entry function 'f', argument 0: type 'memref<4xf16>' has no counterpart in the C interface}}
  func.func @f(%x: memref<4xf16>, %y: memref<4xf32> {bufferize.result}) {
    return
  }
}

// -----

#t = #nnq.target<triple = "x86_64-unknown-linux-gnu", cpu = "x86-64", features = "", vector_bits = 128, vector_registers = 16, dot = vpmaddwd>
module attributes {nnq.target = #t} {
  // expected-error @+1 {{argument 0: type 'memref<?xf32>' has a size known only at run time}}
  func.func @f(%x: memref<?xf32>, %y: memref<4xf32> {bufferize.result}) {
    return
  }
}

// -----

#t = #nnq.target<triple = "x86_64-unknown-linux-gnu", cpu = "x86-64", features = "", vector_bits = 128, vector_registers = 16, dot = vpmaddwd>
module attributes {nnq.target = #t} {
  // expected-error @+1 {{entry function 'f' has no output}}
  func.func @f(%x: memref<4xf32>) {
    return
  }
}

// -----

#t = #nnq.target<triple = "x86_64-unknown-linux-gnu", cpu = "x86-64", features = "", vector_bits = 128, vector_registers = 16, dot = vpmaddwd>
module attributes {nnq.target = #t} {
  // expected-error @+1 {{entry function 'f' still returns values}}
  func.func @f(%x: memref<4xf32>) -> memref<4xf32> {
    return %x : memref<4xf32>
  }
}
