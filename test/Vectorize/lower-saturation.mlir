// RUN: nnq-opt %s --split-input-file --nnq-lower-saturation | FileCheck %s

module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu",
    cpu = "x86-64-v3", features = "", vector_bits = 256, vector_registers = 16,
    dot = vpmaddwd>} {
  // CHECK-LABEL: func.func @eight(
  // CHECK-SAME:    %[[A:.*]]: vector<8xi32>, %[[B:.*]]: vector<8xi32>)
  // CHECK:         %[[I:.*]] = llvm.call_intrinsic "llvm.x86.avx2.packssdw"(%[[A]], %[[B]])
  // CHECK-NEXT:    return %[[I]] : vector<16xi16>
  func.func @eight(%a: vector<8xi32>, %b: vector<8xi32>) -> vector<16xi16> {
    %least = arith.constant dense<-32768> : vector<16xi32>
    %most = arith.constant dense<32767> : vector<16xi32>
    %x = vector.shuffle %a, %b [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15] : vector<8xi32>, vector<8xi32>
    %0 = arith.maxsi %x, %least : vector<16xi32>
    %1 = arith.minsi %0, %most : vector<16xi32>
    %2 = arith.trunci %1 : vector<16xi32> to vector<16xi16>
    return %2 : vector<16xi16>
  }

  // Bounds within 16 bits are those of the narrow numbers; 8 bits come next.
  // CHECK-LABEL: func.func @bytes(
  // CHECK-DAG:     %[[LEAST:.*]] = arith.constant dense<0> : vector<8xi16>
  // CHECK-DAG:     %[[MOST:.*]] = arith.constant dense<255> : vector<8xi16>
  // CHECK:         %[[I:.*]] = llvm.call_intrinsic "llvm.x86.sse2.packssdw.128"
  // CHECK:         %[[L:.*]] = arith.maxsi %[[I]], %[[LEAST]] : vector<8xi16>
  // CHECK:         %[[M:.*]] = arith.minsi %[[L]], %[[MOST]] : vector<8xi16>
  // CHECK:         arith.trunci %[[M]] : vector<8xi16> to vector<8xi8>
  func.func @bytes(%a: vector<4xi32>, %b: vector<4xi32>) -> vector<8xi8> {
    %least = arith.constant dense<0> : vector<8xi32>
    %most = arith.constant dense<255> : vector<8xi32>
    %x = vector.shuffle %a, %b [0, 1, 2, 3, 4, 5, 6, 7] : vector<4xi32>, vector<4xi32>
    %0 = arith.maxsi %x, %least : vector<8xi32>
    %1 = arith.minsi %0, %most : vector<8xi32>
    %2 = arith.trunci %1 : vector<8xi32> to vector<8xi8>
    return %2 : vector<8xi8>
  }

  // A zero point is added behind where what saturates is out of bounds anyway.
  // CHECK-LABEL: func.func @zero_point(
  // CHECK:         %[[I:.*]] = llvm.call_intrinsic "llvm.x86.avx2.packssdw"
  // CHECK:         llvm.intr.sadd.sat(%[[I]], %{{.*}}) : (vector<16xi16>, vector<16xi16>) -> vector<16xi16>
  // CHECK-NOT:     vector<8xi32>, vector<8xi32>
  // CHECK:         return
  func.func @zero_point(%a: vector<8xf32>, %b: vector<8xf32>) -> vector<16xi16> {
    %least = arith.constant dense<-32768> : vector<16xi32>
    %most = arith.constant dense<32767> : vector<16xi32>
    %zp = arith.constant dense<7> : vector<16xi32>
    %zero = arith.constant dense<0> : vector<16xi16>
    %i = arith.fptosi %a : vector<8xf32> to vector<8xi32>
    %j = arith.fptosi %b : vector<8xf32> to vector<8xi32>
    %x = vector.shuffle %i, %j [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15] : vector<8xi32>, vector<8xi32>
    %s = arith.addi %x, %zp : vector<16xi32>
    %0 = arith.maxsi %s, %least : vector<16xi32>
    %1 = arith.minsi %0, %most : vector<16xi32>
    %2 = arith.trunci %1 : vector<16xi32> to vector<16xi16>
    %3 = arith.maxsi %2, %zero : vector<16xi16>
    return %3 : vector<16xi16>
  }

  // Without a bound behind it -32769 + 7 would be told from -32768 + 7.
  // CHECK-LABEL: func.func @no_bound(
  // CHECK-NOT:     packssdw
  // CHECK:         return
  func.func @no_bound(%a: vector<8xf32>, %b: vector<8xf32>) -> vector<16xi16> {
    %least = arith.constant dense<-32768> : vector<16xi32>
    %most = arith.constant dense<32767> : vector<16xi32>
    %zp = arith.constant dense<7> : vector<16xi32>
    %i = arith.fptosi %a : vector<8xf32> to vector<8xi32>
    %j = arith.fptosi %b : vector<8xf32> to vector<8xi32>
    %x = vector.shuffle %i, %j [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15] : vector<8xi32>, vector<8xi32>
    %s = arith.addi %x, %zp : vector<16xi32>
    %0 = arith.maxsi %s, %least : vector<16xi32>
    %1 = arith.minsi %0, %most : vector<16xi32>
    %2 = arith.trunci %1 : vector<16xi32> to vector<16xi16>
    return %2 : vector<16xi16>
  }

  // Integers that do not come from f32 may wrap around with the zero point.
  // CHECK-LABEL: func.func @may_wrap(
  // CHECK-NOT:     packssdw
  // CHECK:         return
  func.func @may_wrap(%i: vector<8xi32>, %j: vector<8xi32>) -> vector<16xi16> {
    %least = arith.constant dense<0> : vector<16xi32>
    %most = arith.constant dense<255> : vector<16xi32>
    %zp = arith.constant dense<7> : vector<16xi32>
    %x = vector.shuffle %i, %j [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15] : vector<8xi32>, vector<8xi32>
    %s = arith.addi %x, %zp : vector<16xi32>
    %0 = arith.maxsi %s, %least : vector<16xi32>
    %1 = arith.minsi %0, %most : vector<16xi32>
    %2 = arith.trunci %1 : vector<16xi32> to vector<16xi16>
    return %2 : vector<16xi16>
  }

  // CHECK-LABEL: func.func @in_order(
  // CHECK-NOT:     packssdw
  // CHECK:         return
  func.func @in_order(%a: vector<8xi32>, %b: vector<8xi32>) -> vector<16xi16> {
    %least = arith.constant dense<0> : vector<16xi32>
    %most = arith.constant dense<255> : vector<16xi32>
    %x = vector.shuffle %a, %b [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] : vector<8xi32>, vector<8xi32>
    %0 = arith.maxsi %x, %least : vector<16xi32>
    %1 = arith.minsi %0, %most : vector<16xi32>
    %2 = arith.trunci %1 : vector<16xi32> to vector<16xi16>
    return %2 : vector<16xi16>
  }

  // CHECK-LABEL: func.func @wraps(
  // CHECK-NOT:     packssdw
  // CHECK:         return
  func.func @wraps(%a: vector<8xi32>, %b: vector<8xi32>) -> vector<16xi16> {
    %least = arith.constant dense<0> : vector<16xi32>
    %most = arith.constant dense<65535> : vector<16xi32>
    %x = vector.shuffle %a, %b [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15] : vector<8xi32>, vector<8xi32>
    %0 = arith.maxsi %x, %least : vector<16xi32>
    %1 = arith.minsi %0, %most : vector<16xi32>
    %2 = arith.trunci %1 : vector<16xi32> to vector<16xi16>
    return %2 : vector<16xi16>
  }
}

// -----

module attributes {nnq.target = #nnq.target<triple = "aarch64-unknown-linux-gnu",
    cpu = "generic", features = "", vector_bits = 128, vector_registers = 32,
    dot = sdot>} {
  // CHECK-LABEL: func.func @elsewhere(
  // CHECK-NOT:     packssdw
  // CHECK:         return
  func.func @elsewhere(%a: vector<4xi32>, %b: vector<4xi32>) -> vector<8xi16> {
    %least = arith.constant dense<-32768> : vector<8xi32>
    %most = arith.constant dense<32767> : vector<8xi32>
    %x = vector.shuffle %a, %b [0, 1, 2, 3, 4, 5, 6, 7] : vector<4xi32>, vector<4xi32>
    %0 = arith.maxsi %x, %least : vector<8xi32>
    %1 = arith.minsi %0, %most : vector<8xi32>
    %2 = arith.trunci %1 : vector<8xi32> to vector<8xi16>
    return %2 : vector<8xi16>
  }
}
