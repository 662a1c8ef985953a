// RUN: nnq-opt %s --split-input-file --nnq-lower-lookup | FileCheck %s

module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu",
    cpu = "x86-64-v3", features = "", vector_bits = 256, vector_registers = 16,
    dot = vpmaddwd>} {
  // Each half of a register has the table of its own.
  // CHECK-LABEL: func.func @register(
  // CHECK-SAME:    %[[T:.*]]: vector<16xi8>, %[[I:.*]]: vector<32xi8>)
  // CHECK:         %[[W:.*]] = vector.shuffle %[[T]], %[[T]] [0, 1, 2, {{.*}}, 15, 0, 1, {{.*}}, 15]
  // CHECK:         %[[R:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pshuf.b"(%[[W]], %[[I]])
  // CHECK:         return %[[R]]
  func.func @register(%t: vector<16xi8>, %i: vector<32xi8>) -> vector<32xi8> {
    %r = nnq.lookup %t, %i : vector<16xi8>, vector<32xi8>
    return %r : vector<32xi8>
  }

  // CHECK-LABEL: func.func @half(
  // CHECK:         llvm.call_intrinsic "llvm.x86.ssse3.pshuf.b.128"
  func.func @half(%t: vector<16xi8>, %i: vector<16xi8>) -> vector<16xi8> {
    %r = nnq.lookup %t, %i : vector<16xi8>, vector<16xi8>
    return %r : vector<16xi8>
  }

  // What is shorter than the table is filled up.
  // CHECK-LABEL: func.func @short(
  // CHECK:         vector.shuffle %{{.*}} [0, 1, 2, 3, 4, 5, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7]
  // CHECK:         llvm.call_intrinsic "llvm.x86.ssse3.pshuf.b.128"
  // CHECK:         vector.extract_strided_slice %{{.*}} {offsets = [0], sizes = [8], strides = [1]}
  func.func @short(%t: vector<16xi8>, %i: vector<8xi8>) -> vector<8xi8> {
    %r = nnq.lookup %t, %i : vector<16xi8>, vector<8xi8>
    return %r : vector<8xi8>
  }

  // Bits 4 to 6 of an index are not read; a shift of 16 bits does no harm where
  // bit 7 stays zero.
  // CHECK-LABEL: func.func @halves(
  // CHECK:         %[[BOTH:.*]] = arith.ori
  // CHECK:         llvm.call_intrinsic "llvm.x86.avx2.pshuf.b"(%{{.*}}, %[[BOTH]])
  // CHECK:         %[[WORDS:.*]] = vector.bitcast %[[BOTH]] : vector<32xi8> to vector<16xi16>
  // CHECK:         %[[HIGH:.*]] = arith.shrui %[[WORDS]], %{{.*}} : vector<16xi16>
  // CHECK:         %[[BYTES:.*]] = vector.bitcast %[[HIGH]] : vector<16xi16> to vector<32xi8>
  // CHECK:         llvm.call_intrinsic "llvm.x86.avx2.pshuf.b"(%{{.*}}, %[[BYTES]])
  func.func @halves(%t: vector<16xi8>, %i: vector<32xi8>) -> (vector<32xi8>, vector<32xi8>) {
    %read = arith.constant dense<0x33> : vector<32xi8>
    %first = arith.constant dense<0x44> : vector<32xi8>
    %mask = arith.constant dense<15> : vector<32xi8>
    %four = arith.constant dense<4> : vector<32xi8>
    %places = arith.andi %i, %read : vector<32xi8>
    %both = arith.ori %places, %first : vector<32xi8>
    %low = arith.andi %both, %mask : vector<32xi8>
    %high = arith.shrui %both, %four : vector<32xi8>
    %r = nnq.lookup %t, %low : vector<16xi8>, vector<32xi8>
    %s = nnq.lookup %t, %high : vector<16xi8>, vector<32xi8>
    return %r, %s : vector<32xi8>, vector<32xi8>
  }

  // Bit 7 may be one: nothing is dropped.
  // CHECK-LABEL: func.func @whole_bytes(
  // CHECK:         %[[LOW:.*]] = arith.andi
  // CHECK:         %[[HIGH:.*]] = arith.shrui %{{.*}} : vector<32xi8>
  // CHECK:         llvm.call_intrinsic "llvm.x86.avx2.pshuf.b"(%{{.*}}, %[[LOW]])
  // CHECK:         llvm.call_intrinsic "llvm.x86.avx2.pshuf.b"(%{{.*}}, %[[HIGH]])
  func.func @whole_bytes(%t: vector<16xi8>, %i: vector<32xi8>) -> (vector<32xi8>, vector<32xi8>) {
    %mask = arith.constant dense<15> : vector<32xi8>
    %four = arith.constant dense<4> : vector<32xi8>
    %low = arith.andi %i, %mask : vector<32xi8>
    %high = arith.shrui %i, %four : vector<32xi8>
    %r = nnq.lookup %t, %low : vector<16xi8>, vector<32xi8>
    %s = nnq.lookup %t, %high : vector<16xi8>, vector<32xi8>
    return %r, %s : vector<32xi8>, vector<32xi8>
  }

  // CHECK-LABEL: func.func @registers(
  // CHECK-COUNT-2: llvm.call_intrinsic "llvm.x86.avx2.pshuf.b"
  func.func @registers(%t: vector<16xi8>, %i: vector<64xi8>) -> vector<64xi8> {
    %r = nnq.lookup %t, %i : vector<16xi8>, vector<64xi8>
    return %r : vector<64xi8>
  }
}

// -----

module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu",
    cpu = "znver4", features = "", vector_bits = 512, vector_registers = 32,
    dot = vpdpbusd>} {
  // Nothing is said of the upper half of a register that no index reads.
  // CHECK-LABEL: func.func @wide(
  // CHECK-SAME:    %[[T:.*]]: vector<32xi8>, %[[I:.*]]: vector<64xi8>)
  // CHECK:         %[[W:.*]] = vector.shuffle %[[T]], %[[T]] [0, 1, {{.*}}, 31, -1, {{.*}}, -1]
  // CHECK:         llvm.call_intrinsic "llvm.x86.avx512.permvar.qi.512"(%[[W]], %[[I]])
  func.func @wide(%t: vector<32xi8>, %i: vector<64xi8>) -> vector<64xi8> {
    %r = nnq.lookup %t, %i : vector<32xi8>, vector<64xi8>
    return %r : vector<64xi8>
  }

  // Tables of 16 bytes leave bits of indices unread.
  // CHECK-LABEL: func.func @narrow(
  // CHECK:         llvm.call_intrinsic "llvm.x86.avx512.pshuf.b.512"
  func.func @narrow(%t: vector<16xi8>, %i: vector<64xi8>) -> vector<64xi8> {
    %r = nnq.lookup %t, %i : vector<16xi8>, vector<64xi8>
    return %r : vector<64xi8>
  }
}

// -----

module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu",
    cpu = "skylake-avx512", features = "", vector_bits = 512, vector_registers = 32,
    dot = vpmaddwd>} {
  // CHECK-LABEL: func.func @without_vbmi(
  // CHECK-NOT:     permvar.qi
  // CHECK:         return
  func.func @without_vbmi(%t: vector<32xi8>, %i: vector<64xi8>) -> vector<64xi8> {
    %r = nnq.lookup %t, %i : vector<32xi8>, vector<64xi8>
    return %r : vector<64xi8>
  }
}

// -----

module attributes {nnq.target = #nnq.target<triple = "aarch64-unknown-linux-gnu",
    cpu = "generic", features = "+dotprod", vector_bits = 128, vector_registers = 32,
    dot = sdot>} {
  // CHECK-LABEL: func.func @neon(
  // CHECK-COUNT-2: llvm.call_intrinsic "llvm.aarch64.neon.tbl1.v16i8"
  func.func @neon(%t: vector<16xi8>, %i: vector<32xi8>) -> vector<32xi8> {
    %r = nnq.lookup %t, %i : vector<16xi8>, vector<32xi8>
    return %r : vector<32xi8>
  }
}

// -----

// One by one without a target.
// CHECK-LABEL: func.func @none(
// CHECK-COUNT-16: vector.extract %{{.*}}[%{{.*}}] : i8 from vector<16xi8>
// CHECK:         vector.from_elements
func.func @none(%t: vector<16xi8>, %i: vector<16xi8>) -> vector<16xi8> {
  %r = nnq.lookup %t, %i : vector<16xi8>, vector<16xi8>
  return %r : vector<16xi8>
}
