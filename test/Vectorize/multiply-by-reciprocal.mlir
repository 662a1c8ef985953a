// RUN: nnq-opt %s --split-input-file --nnq-multiply-by-reciprocal | FileCheck %s
// RUN: nnq-opt %s --split-input-file --nnq-multiply-by-reciprocal \
// RUN:   --remarks-filter-missed=nnq 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu",
    cpu = "x86-64-v3", features = "", vector_bits = 256, vector_registers = 16,
    dot = vpmaddwd>} {
  // Bounds move in front of the multiplication, with the scale.
  // CHECK-LABEL: func.func @scale(
  // CHECK-SAME:    %[[X:.*]]: vector<8xf32>)
  // CHECK-DAG:     %[[LOW:.*]] = arith.constant dense<-1.000000e+00> : vector<8xf32>
  // CHECK-DAG:     %[[HIGH:.*]] = arith.constant dense<2.450000e+01> : vector<8xf32>
  // CHECK-DAG:     %[[FACTOR:.*]] = arith.constant dense<1.000000e+01> : vector<8xf32>
  // CHECK-DAG:     %[[REST:.*]] = arith.constant dense<-1.49011612E-7> : vector<8xf32>
  // CHECK-NOT:     arith.divf
  // CHECK:         %[[ABOVE:.*]] = arith.cmpf ogt, %[[X]], %[[LOW]]
  // CHECK:         %[[L:.*]] = arith.select %[[ABOVE]], %[[X]], %[[LOW]]
  // CHECK:         %[[BELOW:.*]] = arith.cmpf olt, %[[L]], %[[HIGH]]
  // CHECK:         %[[Y:.*]] = arith.select %[[BELOW]], %[[L]], %[[HIGH]]
  // CHECK:         %[[P:.*]] = arith.mulf %[[Y]], %[[REST]]
  // CHECK:         %[[Q:.*]] = llvm.intr.fma(%[[Y]], %[[FACTOR]], %[[P]])
  // CHECK:         %[[R:.*]] = math.roundeven %[[Q]]
  // CHECK:         return %[[R]]
  func.func @scale(%x: vector<8xf32>) -> vector<8xf32> {
    %scale = arith.constant dense<0.1> : vector<8xf32>
    %low = arith.constant dense<-10.0> : vector<8xf32>
    %high = arith.constant dense<245.0> : vector<8xf32>
    %q = arith.divf %x, %scale : vector<8xf32>
    %0 = arith.cmpf ogt, %q, %low : vector<8xf32>
    %1 = arith.select %0, %q, %low : vector<8xi1>, vector<8xf32>
    %2 = arith.cmpf olt, %1, %high : vector<8xf32>
    %3 = arith.select %2, %1, %high : vector<8xi1>, vector<8xf32>
    %r = math.roundeven %3 : vector<8xf32>
    return %r : vector<8xf32>
  }

  // CHECK-LABEL: func.func @number(
  // CHECK-NOT:     arith.divf
  // CHECK:         llvm.intr.fma({{.*}}) : (f32, f32, f32) -> f32
  func.func @number(%x: f32) -> f32 {
    %scale = arith.constant 0.1 : f32
    %low = arith.constant 0.0 : f32
    %high = arith.constant 255.0 : f32
    %q = arith.divf %x, %scale : f32
    %0 = arith.cmpf ogt, %q, %low : f32
    %1 = arith.select %0, %q, %low : f32
    %2 = arith.cmpf olt, %1, %high : f32
    %3 = arith.select %2, %1, %high : f32
    %r = math.roundeven %3 : f32
    return %r : f32
  }

  // The reciprocal is exact.
  // CHECK-LABEL: func.func @power_of_two(
  // CHECK-NOT:     arith.divf
  // CHECK-NOT:     llvm.intr.fma
  // CHECK:         %[[P:.*]] = arith.mulf
  // CHECK:         math.roundeven %[[P]]
  func.func @power_of_two(%x: vector<8xf32>) -> vector<8xf32> {
    %scale = arith.constant dense<0.25> : vector<8xf32>
    %low = arith.constant dense<-128.0> : vector<8xf32>
    %high = arith.constant dense<127.0> : vector<8xf32>
    %q = arith.divf %x, %scale : vector<8xf32>
    %0 = arith.cmpf ogt, %q, %low : vector<8xf32>
    %1 = arith.select %0, %q, %low : vector<8xi1>, vector<8xf32>
    %2 = arith.cmpf olt, %1, %high : vector<8xf32>
    %3 = arith.select %2, %1, %high : vector<8xi1>, vector<8xf32>
    %r = math.roundeven %3 : vector<8xf32>
    return %r : vector<8xf32>
  }

  // Without a bound the quotient may be anything.
  // CHECK-LABEL: func.func @unbounded(
  // CHECK:         arith.divf
  func.func @unbounded(%x: vector<8xf32>) -> vector<8xf32> {
    %scale = arith.constant dense<0.1> : vector<8xf32>
    %low = arith.constant dense<-10.0> : vector<8xf32>
    %q = arith.divf %x, %scale : vector<8xf32>
    %0 = arith.cmpf ogt, %q, %low : vector<8xf32>
    %1 = arith.select %0, %q, %low : vector<8xi1>, vector<8xf32>
    %r = math.roundeven %1 : vector<8xf32>
    return %r : vector<8xf32>
  }

  // A NaN stays a NaN with this comparison.
  // CHECK-LABEL: func.func @other_comparison(
  // CHECK:         arith.divf
  func.func @other_comparison(%x: vector<8xf32>) -> vector<8xf32> {
    %scale = arith.constant dense<0.1> : vector<8xf32>
    %low = arith.constant dense<-10.0> : vector<8xf32>
    %high = arith.constant dense<245.0> : vector<8xf32>
    %q = arith.divf %x, %scale : vector<8xf32>
    %0 = arith.cmpf ugt, %q, %low : vector<8xf32>
    %1 = arith.select %0, %q, %low : vector<8xi1>, vector<8xf32>
    %2 = arith.cmpf olt, %1, %high : vector<8xf32>
    %3 = arith.select %2, %1, %high : vector<8xi1>, vector<8xf32>
    %r = math.roundeven %3 : vector<8xf32>
    return %r : vector<8xf32>
  }

  // Between integers the bound would be rounded itself.
  // CHECK-LABEL: func.func @fractional_bound(
  // CHECK:         arith.divf
  func.func @fractional_bound(%x: vector<8xf32>) -> vector<8xf32> {
    %scale = arith.constant dense<0.1> : vector<8xf32>
    %low = arith.constant dense<-10.5> : vector<8xf32>
    %high = arith.constant dense<245.0> : vector<8xf32>
    %q = arith.divf %x, %scale : vector<8xf32>
    %0 = arith.cmpf ogt, %q, %low : vector<8xf32>
    %1 = arith.select %0, %q, %low : vector<8xi1>, vector<8xf32>
    %2 = arith.cmpf olt, %1, %high : vector<8xf32>
    %3 = arith.select %2, %1, %high : vector<8xi1>, vector<8xf32>
    %r = math.roundeven %3 : vector<8xf32>
    return %r : vector<8xf32>
  }

  // CHECK-LABEL: func.func @scale_at_run_time(
  // CHECK:         arith.divf
  func.func @scale_at_run_time(%x: vector<8xf32>, %scale: vector<8xf32>) -> vector<8xf32> {
    %low = arith.constant dense<-10.0> : vector<8xf32>
    %high = arith.constant dense<245.0> : vector<8xf32>
    %q = arith.divf %x, %scale : vector<8xf32>
    %0 = arith.cmpf ogt, %q, %low : vector<8xf32>
    %1 = arith.select %0, %q, %low : vector<8xi1>, vector<8xf32>
    %2 = arith.cmpf olt, %1, %high : vector<8xf32>
    %3 = arith.select %2, %1, %high : vector<8xi1>, vector<8xf32>
    %r = math.roundeven %3 : vector<8xf32>
    return %r : vector<8xf32>
  }
}

// -----

// Without fused multiply-add.
module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu",
    cpu = "x86-64-v2", features = "", vector_bits = 128, vector_registers = 16,
    dot = vpmaddwd>} {
  // CHECK-LABEL: func.func @no_fma(
  // CHECK:         arith.divf
  // CHECK-NOT:     llvm.intr.fma
  // CHECK:         return
  // REMARK: remark: {{.*}}no multiplication that the target has gives the same bits
  func.func @no_fma(%x: vector<4xf32>) -> vector<4xf32> {
    %scale = arith.constant dense<0.1> : vector<4xf32>
    %low = arith.constant dense<-10.0> : vector<4xf32>
    %high = arith.constant dense<245.0> : vector<4xf32>
    %q = arith.divf %x, %scale : vector<4xf32>
    %0 = arith.cmpf ogt, %q, %low : vector<4xf32>
    %1 = arith.select %0, %q, %low : vector<4xi1>, vector<4xf32>
    %2 = arith.cmpf olt, %1, %high : vector<4xf32>
    %3 = arith.select %2, %1, %high : vector<4xi1>, vector<4xf32>
    %r = math.roundeven %3 : vector<4xf32>
    return %r : vector<4xf32>
  }

  // CHECK-LABEL: func.func @exact_without_fma(
  // CHECK-NOT:     arith.divf
  // CHECK:         math.roundeven
  func.func @exact_without_fma(%x: vector<4xf32>) -> vector<4xf32> {
    %scale = arith.constant dense<0.5> : vector<4xf32>
    %low = arith.constant dense<-10.0> : vector<4xf32>
    %high = arith.constant dense<245.0> : vector<4xf32>
    %q = arith.divf %x, %scale : vector<4xf32>
    %0 = arith.cmpf ogt, %q, %low : vector<4xf32>
    %1 = arith.select %0, %q, %low : vector<4xi1>, vector<4xf32>
    %2 = arith.cmpf olt, %1, %high : vector<4xf32>
    %3 = arith.select %2, %1, %high : vector<4xi1>, vector<4xf32>
    %r = math.roundeven %3 : vector<4xf32>
    return %r : vector<4xf32>
  }
}

// -----

module attributes {nnq.target = #nnq.target<triple = "aarch64-unknown-linux-gnu",
    cpu = "generic", features = "+dotprod", vector_bits = 128,
    vector_registers = 32, dot = sdot>} {
  // CHECK-LABEL: func.func @aarch64(
  // CHECK-NOT:     arith.divf
  // CHECK:         llvm.intr.fma
  func.func @aarch64(%x: vector<4xf32>) -> vector<4xf32> {
    %scale = arith.constant dense<0.1> : vector<4xf32>
    %low = arith.constant dense<-10.0> : vector<4xf32>
    %high = arith.constant dense<245.0> : vector<4xf32>
    %q = arith.divf %x, %scale : vector<4xf32>
    %0 = arith.cmpf ogt, %q, %low : vector<4xf32>
    %1 = arith.select %0, %q, %low : vector<4xi1>, vector<4xf32>
    %2 = arith.cmpf olt, %1, %high : vector<4xf32>
    %3 = arith.select %2, %1, %high : vector<4xi1>, vector<4xf32>
    %r = math.roundeven %3 : vector<4xf32>
    return %r : vector<4xf32>
  }
}
