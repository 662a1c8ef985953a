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

// -----

module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu",
    cpu = "znver4", features = "", vector_bits = 512, vector_registers = 32,
    dot = vpdpbusd>} {
  // Four registers side by side become one of bytes, whose fours are sorted at
  // the end.
  // CHECK-LABEL: func.func @four_to_one(
  // CHECK-SAME:    %[[A:.*]]: vector<16xi32>, %[[B:.*]]: vector<16xi32>, %[[C:.*]]: vector<16xi32>, %[[D:.*]]: vector<16xi32>)
  // CHECK-DAG:     %[[BOUND:.*]] = arith.constant dense<7> : vector<64xi8>
  // CHECK-DAG:     %[[L:.*]] = llvm.call_intrinsic "llvm.x86.avx512.packssdw.512"(%[[A]], %[[B]])
  // CHECK-DAG:     %[[H:.*]] = llvm.call_intrinsic "llvm.x86.avx512.packssdw.512"(%[[C]], %[[D]])
  // CHECK:         %[[P:.*]] = llvm.call_intrinsic "llvm.x86.avx512.packuswb.512"(%[[L]], %[[H]])
  // CHECK:         %[[F:.*]] = vector.bitcast %[[P]] : vector<64xi8> to vector<16xi32>
  // CHECK:         vector.shuffle %[[F]], %[[F]] [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15]
  // CHECK:         %[[R:.*]] = arith.maxui %{{.*}}, %[[BOUND]] : vector<64xi8>
  // CHECK-NEXT:    return %[[R]]
  func.func @four_to_one(%a: vector<16xi32>, %b: vector<16xi32>, %c: vector<16xi32>, %d: vector<16xi32>) -> vector<64xi8> {
    %least = arith.constant dense<7> : vector<64xi32>
    %most = arith.constant dense<255> : vector<64xi32>
    %ab = vector.shuffle %a, %b [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31] : vector<16xi32>, vector<16xi32>
    %cd = vector.shuffle %c, %d [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31] : vector<16xi32>, vector<16xi32>
    %x = vector.shuffle %ab, %cd [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63] : vector<32xi32>, vector<32xi32>
    %0 = arith.maxsi %x, %least : vector<64xi32>
    %1 = arith.minsi %0, %most : vector<64xi32>
    %2 = arith.trunci %1 : vector<64xi32> to vector<64xi8>
    return %2 : vector<64xi8>
  }

  // CHECK-LABEL: func.func @signed(
  // CHECK:         "llvm.x86.avx512.packsswb.512"
  // CHECK-NOT:     arith.m
  // CHECK:         return
  func.func @signed(%a: vector<16xi32>, %b: vector<16xi32>) -> vector<64xi8> {
    %least = arith.constant dense<-128> : vector<64xi32>
    %most = arith.constant dense<127> : vector<64xi32>
    %ab = vector.shuffle %a, %b [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31] : vector<16xi32>, vector<16xi32>
    %x4 = vector.shuffle %ab, %ab [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63] : vector<32xi32>, vector<32xi32>
    %0 = arith.maxsi %x4, %least : vector<64xi32>
    %1 = arith.minsi %0, %most : vector<64xi32>
    %2 = arith.trunci %1 : vector<64xi32> to vector<64xi8>
    return %2 : vector<64xi8>
  }

  // Bounds of more than a byte drop bits; one value that nothing is known of
  // stays as it is.
  // CHECK-LABEL: func.func @beyond_bytes(
  // CHECK-NOT:     llvm.call_intrinsic
  // CHECK:         return
  func.func @beyond_bytes(%x: vector<64xi32>, %a: vector<16xi32>, %b: vector<16xi32>) -> (vector<64xi8>, vector<64xi8>) {
    %least = arith.constant dense<-1> : vector<64xi32>
    %zero = arith.constant dense<0> : vector<64xi32>
    %most = arith.constant dense<255> : vector<64xi32>
    %ab = vector.shuffle %a, %b [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31] : vector<16xi32>, vector<16xi32>
    %x4 = vector.shuffle %ab, %ab [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63] : vector<32xi32>, vector<32xi32>
    %0 = arith.maxsi %x4, %least : vector<64xi32>
    %1 = arith.minsi %0, %most : vector<64xi32>
    %2 = arith.trunci %1 : vector<64xi32> to vector<64xi8>
    %3 = arith.maxsi %x, %zero : vector<64xi32>
    %4 = arith.minsi %3, %most : vector<64xi32>
    %5 = arith.trunci %4 : vector<64xi32> to vector<64xi8>
    return %2, %5 : vector<64xi8>, vector<64xi8>
  }
}
