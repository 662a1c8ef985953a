// RUN: nnq-opt %s --nnq-finalize-llvm | FileCheck %s
// RUN: nnq-opt %s --nnq-finalize-llvm | mlir-translate --mlir-to-llvmir | FileCheck %s --check-prefix=LLVM

#t = #nnq.target<triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v3", features = "+avxvnni,-fma", vector_bits = 256, vector_registers = 16, dot = vpdpbusd>

// CHECK: module {
module attributes {nnq.target = #t} {
  // CHECK: llvm.mlir.global private constant @rows(dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00]> : tensor<4xf32>) {{.*}} : !llvm.array<4 x f32>
  // LLVM: @rows = private constant [4 x float] [float 1.000000e+00, float 2.000000e+00, float 3.000000e+00, float 4.000000e+00]
  llvm.mlir.global private constant @rows(dense<[[[1.0], [2.0]], [[3.0], [4.0]]]> : tensor<2x2x1xf32>)
    : !llvm.array<2 x array<2 x array<1 x f32>>>
  // CHECK: @flat(dense<{{.*}}> : tensor<2xi8>) {{.*}} : !llvm.array<2 x i8>
  llvm.mlir.global private constant @flat(dense<[1, 2]> : tensor<2xi8>) : !llvm.array<2 x i8>

  // CHECK: llvm.func @nnq_observe(i64)
  // CHECK-NOT: target_cpu
  llvm.func @nnq_observe(i64)

  // CHECK: llvm.func @f(%{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias}) attributes {dso_local, target_cpu = "x86-64-v3", target_features = #llvm.target_features<["+avxvnni", "-fma"]>}
  // LLVM: define dso_local void @f(ptr noalias %0, ptr noalias %1) #[[A:.*]] {
  llvm.func @f(%x: !llvm.ptr {llvm.noalias}, %w: !llvm.ptr {llvm.noalias, nnq.workspace})
      attributes {nnq.signature = {entry = "f"}} {
    // CHECK: llvm.call @helper() : () -> ()
    llvm.call @helper() {nnq.layer = "conv1"} : () -> ()
    llvm.return
  }

  // CHECK: llvm.func internal @helper() attributes {dso_local
  // LLVM: define internal void @helper() #[[A]] {
  llvm.func @helper() {
    llvm.return
  }

  // CHECK: llvm.func internal @kernel() attributes {dso_local, no_inline
  // LLVM: define internal void @kernel() #[[K:.*]] {
  llvm.func @kernel() attributes {sym_visibility = "private"} {
    llvm.return
  }
}
// LLVM: attributes #[[A]] = { "target-cpu"="x86-64-v3" "target-features"="+avxvnni,-fma" }
// LLVM: attributes #[[K]] = { noinline "target-cpu"="x86-64-v3" "target-features"="+avxvnni,-fma" }
