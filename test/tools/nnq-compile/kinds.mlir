// The suffix decides; --emit overrides.

// RUN: nnq-compile %s --reference --target=x86-64-v3 --triple=x86_64-unknown-linux-gnu -o %t.ll
// RUN: FileCheck %s --input-file=%t.ll --check-prefix=LL
// RUN: nnq-compile %s --reference --target=x86-64-v3 --triple=x86_64-unknown-linux-gnu -o %t.s
// RUN: FileCheck %s --input-file=%t.s --check-prefix=ASM
// RUN: nnq-compile %s --reference --target=x86-64-v3 --triple=x86_64-unknown-linux-gnu -o %t.o
// RUN: llvm-readelf -SsW %t.o | FileCheck %s --check-prefix=OBJ
// RUN: nnq-compile %s --reference --target=x86-64-v3 --triple=x86_64-unknown-linux-gnu -o %t.so
// RUN: llvm-readelf -SW --dyn-syms -d %t.so | FileCheck %s --check-prefix=SO
// RUN: nnq-compile %s --reference --target=aarch64 -o %t.arm.so
// RUN: llvm-readelf -h -SW --dyn-syms -d %t.arm.so | FileCheck %s --check-prefixes=SO,ARM
// RUN: nnq-compile %s --reference --target=x86-64-v3 --emit=asm -o %t.ll
// RUN: FileCheck %s --input-file=%t.ll --check-prefix=ASM
// RUN: nnq-compile %s --reference --target=x86-64-v3 -O0 --emit=llvm -o - | FileCheck %s --check-prefix=O0
// RUN: nnq-compile %s --reference --target=x86-64-v3 --emit=obj -o %t.s
// RUN: llvm-readelf -SsW %t.s | FileCheck %s --check-prefix=OBJ
// RUN: nnq-compile %s --reference --emit=so -o %t.library
// RUN: llvm-readelf -SW --dyn-syms -d %t.library | FileCheck %s --check-prefix=SO

// A module that is lowered already gives the same.
// RUN: nnq-opt %s --lower-to-llvm="reference target=x86-64-v3 triple=x86_64-unknown-linux-gnu" -o %t.mlir
// RUN: nnq-compile %t.mlir -o %t.lowered.o
// RUN: cmp %t.o %t.lowered.o
// RUN: nnq-compile - -o %t.stdin.o < %t.mlir
// RUN: cmp %t.o %t.stdin.o

// LL: target triple = "x86_64-unknown-linux-gnu"
// LL: @f_nnq_signature
// LL: define {{.*}}@f(

// ASM: f:
// ASM: .section .rodata.f_nnq_signature

// OBJ: .rodata
// OBJ: GLOBAL DEFAULT {{.*}} f{{$}}

// ARM: Machine: AArch64
// Nothing but the interface leaves the library.
// SO: .rodata PROGBITS
// SO-NOT: .symtab
// SO-NOT: NEEDED
// SO: Symbol table '.dynsym' contains 3 entries
// SO-DAG: GLOBAL DEFAULT {{.*}} f{{$}}
// SO-DAG: GLOBAL DEFAULT {{.*}} f_nnq_signature{{$}}

// O0: private constant [32 x float] {{.*}}, align 64

func.func @f(%x: tensor<1x4xf32>) -> tensor<1x8xf32> {
  %w = arith.constant dense_resource<w> : tensor<4x8xf32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x8xf32>
  %f = linalg.fill ins(%c0 : f32) outs(%e : tensor<1x8xf32>) -> tensor<1x8xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x8xf32>) outs(%f : tensor<1x8xf32>) -> tensor<1x8xf32>
  return %0 : tensor<1x8xf32>
}

{-# dialect_resources: { builtin: {
  w: "0x400000000000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E040000000410000803F0000004000004040000080400000A0400000C0400000E04000000041"
} } #-}
