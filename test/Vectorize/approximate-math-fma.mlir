// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-approximate-math | FileCheck %s --check-prefix=FMA
// RUN: nnq-opt %s --nnq-set-target=target=aarch64+dotprod --nnq-approximate-math | FileCheck %s --check-prefix=FMA
// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v2 --nnq-approximate-math | FileCheck %s --check-prefix=NONE

// Rounded once where there is an instruction for it, which some rely on.
// FMA: math.fma
// FMA-NOT: llvm.intr.fmuladd
// NONE: llvm.intr.fmuladd
// NONE-NOT: math.fma
func.func @fma(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.fma %x, %x, %x : vector<8xf32>
  return %0 : vector<8xf32>
}
