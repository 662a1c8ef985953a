// One clear error each, exit code 1, and no output file.

// RUN: rm -f %t.so %t.h
// RUN: not nnq-compile %s --reference --target=znvr4 -o %t.so --header %t.h 2>&1 | FileCheck %s --check-prefix=TARGET
// TARGET: error: unknown target 'znvr4': {{.*}} did you mean 'znver4'
// TARGET-NOT: error

// RUN: not nnq-compile %s --reference --target=aarch64 --cpu=pentium5 -o %t.so 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: error: unknown cpu 'pentium5' for aarch64
// CPU-NOT: error

// RUN: not nnq-compile %s --reference -o %t.txt 2>&1 | FileCheck %s --check-prefix=SUFFIX
// SUFFIX: nnq-compile: error: cannot tell from '{{.*}}.txt' what to write: end it in .so, .o, .s or .ll, or give --emit
// SUFFIX-NOT: error

// RUN: not nnq-compile %s --reference -O4 -o %t.so 2>&1 | FileCheck %s --check-prefix=LEVEL
// LEVEL: nnq-compile: error: -O4 is no level; there are 0 to 3
// LEVEL-NOT: error

// RUN: not nnq-compile %s --emit=exe -o %t.so 2>&1 | FileCheck %s --check-prefix=EMIT
// EMIT: for the --emit option: Cannot find option named 'exe'!

// RUN: not nnq-compile %s --reference -o %t.nowhere/x.so 2>&1 | FileCheck %s --check-prefix=FOLDER
// FOLDER: nnq-compile: error: {{.*}}No such file or directory

// RUN: not nnq-compile %s --reference -o %t.nowhere/x.o 2>&1 | FileCheck %s --check-prefix=FOLDER

// RUN: not nnq-compile %s --reference --name=while -o %t.so --header %t.h 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: nnq-compile: error: 'while' cannot be declared in C; give the entry point another name (--name)
// NAME-NOT: error

// RUN: nnq-opt %s --lower-to-llvm=reference -o %t.mlir
// RUN: not nnq-compile %t.mlir --target=znver4 -o %t.so 2>&1 | FileCheck %s --check-prefix=LATE
// LATE: error: {{.*}}in the LLVM dialect already; --target comes too late
// LATE-NOT: error

// RUN: echo "llvm.func @g() { llvm.return }" > %t.bare.mlir
// RUN: not nnq-compile %t.bare.mlir -o %t.so 2>&1 | FileCheck %s --check-prefix=SIGNATURE
// SIGNATURE: error: a shared library needs an entry point with a signature
// SIGNATURE-NOT: error

// RUN: echo "llvm.func @h()  llvm.func @g() { llvm.call @h() : () -> ()  llvm.return }" > %t.foreign.mlir
// RUN: not nnq-compile %t.foreign.mlir -o %t.o 2>&1 | FileCheck %s --check-prefix=FOREIGN
// FOREIGN: nnq-compile: error: the network calls what neither libc nor libm has: h
// FOREIGN-NOT: error

// RUN: echo 'llvm.func @g() { llvm.inline_asm has_side_effects "nonsense", "" : () -> ()  llvm.return }' > %t.asm.mlir
// RUN: not nnq-compile %t.asm.mlir -o %t.o 2>&1 | FileCheck %s --check-prefix=ASM
// ASM: nnq-compile: error: LLVM: {{.*}}invalid instruction mnemonic 'nonsense'
// ASM-NOT: error

// RUN: echo "func.func @g(" > %t.parse.mlir
// RUN: not nnq-compile %t.parse.mlir -o %t.so 2>&1 | FileCheck %s --check-prefix=PARSE
// PARSE: .parse.mlir:1:14: error: expected
// PARSE-NOT: error

// RUN: not nnq-compile %t.none.mlir -o %t.so 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: cannot open input file '{{.*}}.none.mlir': No such file or directory
// NONE-NOT: error

// RUN: not ls %t.so %t.h %t.o

func.func @f(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %0 = linalg.exp ins(%x : tensor<1x4xf32>) outs(%x : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}
