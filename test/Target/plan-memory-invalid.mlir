// RUN: nnq-opt %s --nnq-plan-memory --split-input-file --verify-diagnostics

func.func @dynamic(%n: index, %v: f32) {
  // expected-error @+1 {{'memref.alloc' op of layer 'fc1' needs a buffer of type 'memref<?xf32>', whose size is known only at run time; give the inputs of the network static shapes}}
  %a = memref.alloc(%n) {nnq.layer = "fc1"} : memref<?xf32>
  memref.store %v, %a[%n] : memref<?xf32>
  return
}

// -----

func.func @strided(%i: index, %v: f32) {
  // expected-error @+1 {{only plain row-major ones can be placed}}
  %a = memref.alloc() : memref<4xf32, strided<[2]>>
  memref.store %v, %a[%i] : memref<4xf32, strided<[2]>>
  return
}

// -----

func.func @carried(%x: memref<16xf32>, %y: memref<16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%b = %x) -> memref<16xf32> {
    // expected-error @+1 {{'memref.alloc' op needs a buffer that outlives an iteration of the loop around it}}
    %a = memref.alloc() : memref<16xf32>
    memref.copy %b, %a : memref<16xf32> to memref<16xf32>
    scf.yield %a : memref<16xf32>
  }
  memref.copy %r, %y : memref<16xf32> to memref<16xf32>
  return
}

// -----

func.func private @helper(%y: memref<16xf32>) {
  // expected-error @+1 {{'memref.alloc' op allocates in the function 'helper', which is no entry point; inline it first (--inline)}}
  %a = memref.alloc() : memref<16xf32>
  memref.copy %a, %y : memref<16xf32> to memref<16xf32>
  return
}
