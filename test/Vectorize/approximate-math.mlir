// RUN: nnq-opt %s --nnq-approximate-math | FileCheck %s
// RUN: nnq-opt %s --nnq-approximate-math --nnq-approximate-math | FileCheck %s

// CHECK-LABEL: @functions
// CHECK-NOT: math.{{exp|erf|tanh|log |fma}}
// CHECK: llvm.intr.fmuladd({{.*}}) : (vector<8xf32>,
// CHECK-NOT: math.{{exp|erf|tanh|log |fma}}
// CHECK: return
func.func @functions(%x: vector<8xf32>, %y: f32) -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, f32) {
  %0 = math.exp %x : vector<8xf32>
  %1 = math.erf %x : vector<8xf32>
  %2 = math.tanh %x : vector<8xf32>
  %3 = math.log %y : f32
  return %0, %1, %2, %3 : vector<8xf32>, vector<8xf32>, vector<8xf32>, f32
}

// What the hardware computes stays.
// CHECK-LABEL: @instructions
// CHECK: math.sqrt
// CHECK: math.absf
// CHECK: math.roundeven
func.func @instructions(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.sqrt %x : vector<8xf32>
  %1 = math.absf %0 : vector<8xf32>
  %2 = math.roundeven %1 : vector<8xf32>
  return %2 : vector<8xf32>
}

// Clamped to the range of the polynomials, beyond which the result is 1, in a
// way that NaN passes.
// CHECK-LABEL: @erf
// CHECK-DAG: %[[FOUR:.+]] = arith.constant 4.0
// CHECK: %[[ABOVE:.+]] = arith.cmpf olt, %[[FOUR]], %[[X:.+]] : f32
// CHECK: arith.select %[[ABOVE]], %[[FOUR]], %[[X]]
// CHECK-COUNT-10: llvm.intr.fmuladd
// CHECK: arith.divf
// CHECK: return
func.func @erf(%x: f32) -> f32 {
  %0 = math.erf %x : f32
  return %0 : f32
}

// Zero and infinity beyond the exponents of normal numbers; NaN passes.
// CHECK-LABEL: @exp
// CHECK-SAME: %[[X:.+]]: vector<8xf32>
// CHECK-COUNT-9: llvm.intr.fmuladd
// CHECK: %[[E:.+]] = arith.shli
// CHECK: arith.addi %{{.+}}, %[[E]] : vector<8xi32>
// CHECK: arith.cmpf olt, %[[X]], %{{.+}} : vector<8xf32>
// CHECK: arith.select
// CHECK: arith.cmpf ogt, %[[X]], %{{.+}} : vector<8xf32>
// CHECK: arith.select
// CHECK-NEXT: return
func.func @exp(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.exp %x : vector<8xf32>
  return %0 : vector<8xf32>
}

// Not f32.
// CHECK-LABEL: @erf_f64
// CHECK: math.erf
func.func @erf_f64(%x: f64) -> f64 {
  %0 = math.erf %x : f64
  return %0 : f64
}
