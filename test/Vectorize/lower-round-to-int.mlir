// RUN: nnq-opt %s --split-input-file --nnq-lower-round-to-int | FileCheck %s

module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu",
    cpu = "x86-64-v3", features = "", vector_bits = 256, vector_registers = 16,
    dot = vpmaddwd>} {
  // CHECK-LABEL: func.func @eight(
  // CHECK-SAME:    %[[X:.*]]: vector<8xf32>)
  // CHECK-NEXT:    %[[I:.*]] = llvm.call_intrinsic "llvm.x86.avx.cvt.ps2dq.256"(%[[X]])
  // CHECK-NEXT:    return %[[I]]
  func.func @eight(%x: vector<8xf32>) -> vector<8xi32> {
    %r = math.roundeven %x : vector<8xf32>
    %i = arith.fptosi %r : vector<8xf32> to vector<8xi32>
    return %i : vector<8xi32>
  }

  // CHECK-LABEL: func.func @four(
  // CHECK:         llvm.call_intrinsic "llvm.x86.sse2.cvtps2dq"
  func.func @four(%x: vector<4xf32>) -> vector<4xi32> {
    %r = math.roundeven %x : vector<4xf32>
    %i = arith.fptosi %r : vector<4xf32> to vector<4xi32>
    return %i : vector<4xi32>
  }

  // Several registers one by one.
  // CHECK-LABEL: func.func @sixteen(
  // CHECK:         vector.extract_strided_slice %{{.*}} {offsets = [0], sizes = [8], strides = [1]}
  // CHECK:         llvm.call_intrinsic "llvm.x86.avx.cvt.ps2dq.256"
  // CHECK:         vector.extract_strided_slice %{{.*}} {offsets = [8], sizes = [8], strides = [1]}
  // CHECK:         llvm.call_intrinsic "llvm.x86.avx.cvt.ps2dq.256"
  // CHECK:         vector.insert_strided_slice %{{.*}} {offsets = [8], strides = [1]}
  func.func @sixteen(%x: vector<16xf32>) -> vector<16xi32> {
    %r = math.roundeven %x : vector<16xf32>
    %i = arith.fptosi %r : vector<16xf32> to vector<16xi32>
    return %i : vector<16xi32>
  }

  // Truncation is another conversion.
  // CHECK-LABEL: func.func @truncates(
  // CHECK:         arith.fptosi
  func.func @truncates(%x: vector<8xf32>) -> vector<8xi32> {
    %i = arith.fptosi %x : vector<8xf32> to vector<8xi32>
    return %i : vector<8xi32>
  }

  // CHECK-LABEL: func.func @odd_length(
  // CHECK:         math.roundeven
  // CHECK:         arith.fptosi
  func.func @odd_length(%x: vector<6xf32>) -> vector<6xi32> {
    %r = math.roundeven %x : vector<6xf32>
    %i = arith.fptosi %r : vector<6xf32> to vector<6xi32>
    return %i : vector<6xi32>
  }
}

// -----

module attributes {nnq.target = #nnq.target<triple = "aarch64-unknown-linux-gnu",
    cpu = "generic", features = "+dotprod", vector_bits = 128,
    vector_registers = 32, dot = sdot>} {
  // CHECK-LABEL: func.func @other_target(
  // CHECK:         math.roundeven
  func.func @other_target(%x: vector<4xf32>) -> vector<4xi32> {
    %r = math.roundeven %x : vector<4xf32>
    %i = arith.fptosi %r : vector<4xf32> to vector<4xi32>
    return %i : vector<4xi32>
  }
}

// -----

module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu",
    cpu = "x86-64-v4", features = "", vector_bits = 512, vector_registers = 32,
    dot = vpmaddwd>} {
  // With the current rounding mode, and all lanes.
  // CHECK-LABEL: func.func @wide_registers(
  // CHECK-SAME:    %[[X:.*]]: vector<16xf32>)
  // CHECK-DAG:     %[[MASK:.*]] = arith.constant -1 : i16
  // CHECK-DAG:     %[[MODE:.*]] = arith.constant 4 : i32
  // CHECK:         llvm.call_intrinsic "llvm.x86.avx512.mask.cvtps2dq.512"(%[[X]], %{{.*}}, %[[MASK]], %[[MODE]])
  func.func @wide_registers(%x: vector<16xf32>) -> vector<16xi32> {
    %r = math.roundeven %x : vector<16xf32>
    %i = arith.fptosi %r : vector<16xf32> to vector<16xi32>
    return %i : vector<16xi32>
  }
}

// -----

// Without AVX, four at a time.
module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu",
    cpu = "x86-64-v2", features = "", vector_bits = 128, vector_registers = 16,
    dot = vpmaddwd>} {
  // CHECK-LABEL: func.func @narrow_registers(
  // CHECK-NOT:     avx
  // CHECK-COUNT-2: llvm.call_intrinsic "llvm.x86.sse2.cvtps2dq"
  // CHECK-NOT:     llvm.call_intrinsic
  // CHECK:         return
  func.func @narrow_registers(%x: vector<8xf32>) -> vector<8xi32> {
    %r = math.roundeven %x : vector<8xf32>
    %i = arith.fptosi %r : vector<8xf32> to vector<8xi32>
    return %i : vector<8xi32>
  }
}
