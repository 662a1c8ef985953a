// RUN: nnq-opt %s --split-input-file --nnq-lower-round-to-int | FileCheck %s

module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu",
    cpu = "x86-64-v3", features = "", vector_bits = 256, vector_registers = 16,
    dot = vpmaddwd>} {
  // 1 / 3 rounded down, and what is missing to it.
  // CHECK-LABEL: func.func @bounded(
  // CHECK-SAME:    %[[X:.*]]: vector<8xf32>)
  // CHECK-DAG:     %[[LEADING:.*]] = arith.constant dense<0.333333313> : vector<8xf32>
  // CHECK-DAG:     %[[REST:.*]] = arith.constant dense<1.98682155E-8> : vector<8xf32>
  // CHECK-NOT:     arith.divf
  // CHECK:         %[[M:.*]] = arith.mulf %[[X]], %[[REST]]
  // CHECK:         %[[Q:.*]] = llvm.intr.fma(%[[X]], %[[LEADING]], %[[M]])
  // CHECK:         arith.cmpf ogt, %[[Q]],
  func.func @bounded(%x: vector<8xf32>) -> vector<8xi32> {
    %scale = arith.constant dense<3.0> : vector<8xf32>
    %low = arith.constant dense<-10.0> : vector<8xf32>
    %high = arith.constant dense<245.0> : vector<8xf32>
    %q = arith.divf %x, %scale : vector<8xf32>
    %above = arith.cmpf ogt, %q, %low : vector<8xf32>
    %a = arith.select %above, %q, %low : vector<8xi1>, vector<8xf32>
    %below = arith.cmpf olt, %a, %high : vector<8xf32>
    %b = arith.select %below, %a, %high : vector<8xi1>, vector<8xf32>
    %r = math.roundeven %b : vector<8xf32>
    %i = arith.fptosi %r : vector<8xf32> to vector<8xi32>
    return %i : vector<8xi32>
  }

  // LLVM multiplies by the inverse of a power of two.
  // CHECK-LABEL: func.func @power_of_two(
  // CHECK:         arith.divf
  func.func @power_of_two(%x: f32) -> f32 {
    %scale = arith.constant 0.25 : f32
    %low = arith.constant -10.0 : f32
    %high = arith.constant 245.0 : f32
    %q = arith.divf %x, %scale : f32
    %above = arith.cmpf ogt, %q, %low : f32
    %a = arith.select %above, %q, %low : f32
    %below = arith.cmpf olt, %a, %high : f32
    %b = arith.select %below, %a, %high : f32
    %r = math.roundeven %b : f32
    return %r : f32
  }

  // Without an upper bound nothing is proven.
  // CHECK-LABEL: func.func @half_bounded(
  // CHECK:         arith.divf
  func.func @half_bounded(%x: f32) -> f32 {
    %scale = arith.constant 3.0 : f32
    %low = arith.constant -10.0 : f32
    %q = arith.divf %x, %scale : f32
    %above = arith.cmpf ogt, %q, %low : f32
    %a = arith.select %above, %q, %low : f32
    %r = math.roundeven %a : f32
    return %r : f32
  }

  // Another reader sees more than the integer.
  // CHECK-LABEL: func.func @read_otherwise(
  // CHECK:         arith.divf
  func.func @read_otherwise(%x: f32) -> (f32, f32) {
    %scale = arith.constant 3.0 : f32
    %low = arith.constant -10.0 : f32
    %high = arith.constant 245.0 : f32
    %q = arith.divf %x, %scale : f32
    %above = arith.cmpf ogt, %q, %low : f32
    %a = arith.select %above, %q, %low : f32
    %below = arith.cmpf olt, %a, %high : f32
    %b = arith.select %below, %a, %high : f32
    %r = math.roundeven %b : f32
    return %r, %q : f32, f32
  }
}

// -----

module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu",
    cpu = "x86-64-v2", features = "", vector_bits = 128, vector_registers = 16,
    dot = vpmaddwd>} {
  // No fused instruction.
  // CHECK-LABEL: func.func @without_fma(
  // CHECK:         arith.divf
  func.func @without_fma(%x: f32) -> f32 {
    %scale = arith.constant 3.0 : f32
    %low = arith.constant -10.0 : f32
    %high = arith.constant 245.0 : f32
    %q = arith.divf %x, %scale : f32
    %above = arith.cmpf ogt, %q, %low : f32
    %a = arith.select %above, %q, %low : f32
    %below = arith.cmpf olt, %a, %high : f32
    %b = arith.select %below, %a, %high : f32
    %r = math.roundeven %b : f32
    return %r : f32
  }
}
