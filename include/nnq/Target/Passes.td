//===- Passes.td - Passes of the Target stage --------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_TARGET_PASSES_TD
#define NNQ_TARGET_PASSES_TD

include "mlir/Pass/PassBase.td"

def SetTarget : Pass<"nnq-set-target", "::mlir::ModuleOp"> {
  let summary = "Writes the description of the target on the module";
  let description = [{
    All later decisions read the attribute `nnq.target` and never the machine
    that compiles. `target` is a short name: `native` (this machine),
    `x86-64-v2`, `x86-64-v3`, `x86-64-v4`, `aarch64`, or any cpu that LLVM
    knows, followed by any number of `+feature`. `triple`, `cpu` and `features`
    override its parts. Without any option a target that is already there stays.

    Before, with `target=aarch64+dotprod`:
    ```mlir
    module {}
    ```
    After:
    ```mlir
    module attributes {
      nnq.target = #nnq.target<triple = "aarch64-unknown-linux-gnu",
        cpu = "generic", features = "+dotprod", vector_bits = 128,
        vector_registers = 32, dot = sdot>,
      llvm.target_triple = "aarch64-unknown-linux-gnu",
      llvm.data_layout = "e-m:e-..."} {}
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"",
           "Short name of the target; empty means this machine">,
    Option<"triple", "triple", "std::string", /*default=*/"",
           "LLVM target triple">,
    Option<"cpu", "cpu", "std::string", /*default=*/"", "LLVM cpu name">,
    Option<"features", "features", "std::string", /*default=*/"",
           "LLVM features, for example +avx2,+fma">];
  let dependentDialects = ["::nnq::NNQDialect", "::mlir::LLVM::LLVMDialect"];
}

def ExpandQuantReference
    : Pass<"nnq-expand-quant-reference", "::mlir::ModuleOp"> {
  let summary = "Writes quantization by definition, on storage types";
  let description = [{
    The judge of the fast path: every cast of the `quant` dialect and every
    dynamic cast of this one becomes a `linalg.generic` (or scalar arithmetic)
    that is the definition, word for word:

    - quantize: `clamp(roundeven(x / s) + zp, qmin, qmax)`, a true division,
      clamped in float before the conversion. NaN becomes qmin.
    - dequantize: `(q - zp) * s`.

    Scales may be per tensor, per axis or per block. All other ops on quantized
    types are retyped to the storage type, and `quant.scast` disappears.

    Before:
    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32, 0.5:3>> {
      %q = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 0.5:3>>
      return %q : tensor<4x!quant.uniform<i8:f32, 0.5:3>>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xi8> {
      %q = linalg.generic ... ins(%x : tensor<4xf32>) {
      ^bb0(%in: f32, %out: i8):
        %0 = arith.divf %in, %cst : f32       // x / 0.5
        %1 = math.roundeven %0 : f32
        %2 = arith.addf %1, %cst_0 : f32      // + 3
        %3 = arith.maxnumf %2, %cst_1 : f32   // -128
        %4 = arith.minnumf %3, %cst_2 : f32   // 127
        %5 = arith.fptosi %4 : f32 to i32
        %6 = arith.trunci %5 : i32 to i8
        linalg.yield %6 : i8
      } -> tensor<4xi8>
      return %q : tensor<4xi8>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::tensor::TensorDialect"];
  let statistics = [
    Statistic<"numCasts", "casts", "Casts written by definition">,
    Statistic<"numRetyped", "retyped", "Ops moved to storage types">];
}

#endif // NNQ_TARGET_PASSES_TD
