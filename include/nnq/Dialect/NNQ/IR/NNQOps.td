//===- NNQOps.td - Operations of the nnq dialect -----------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_OPS_TD
#define NNQ_OPS_TD

include "mlir/Dialect/LLVMIR/LLVMOpBase.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "nnq/Dialect/NNQ/IR/NNQAttrs.td"

class NNQ_Op<string mnemonic, list<Trait> traits = []>
    : Op<NNQ_Dialect, mnemonic, traits>;

def NNQ_ObserveOp : NNQ_Op<"observe"> {
  let summary = "Reports the elements of a tensor to the calibration run";
  let description = [{
    `id` names the tensor within the module. The op exists only in the copy of
    the module that calibration runs; it lowers to a call of `nnq_observe(id,
    data, count)`. The operand is an f32 tensor or, after bufferization, a memref
    of any static or dynamic shape. With `ordered` the elements come in the order
    of the tensor that was observed first, whatever its layout is later.

    ```mlir
    nnq.observe %x {id = 3 : i64} : tensor<1x6x12x12xf32>
    ```
  }];
  let arguments = (ins
    AnyTypeOf<[TensorOf<[F32]>, MemRefOf<[F32]>]>:$value,
    ConfinedAttr<I64Attr, [IntNonNegative]>:$id, UnitAttr:$ordered);
  let builders = [OpBuilder<(ins "::mlir::Value":$value, "int64_t":$id,
      CArg<"bool", "false">:$ordered), [{
    build($_builder, $_state, value, $_builder.getI64IntegerAttr(id),
          ordered ? $_builder.getUnitAttr() : ::mlir::UnitAttr());
  }]>];
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def NNQ_DynamicScale : AnyTypeOf<[F32, TensorOf<[F32]>]>;
def NNQ_DynamicZeroPoint : AnyTypeOf<[I32, TensorOf<[I32]>]>;

def NNQ_DynamicQCastOp : NNQ_Op<"dynamic_qcast", [Pure]> {
  let summary = "Quantizes a tensor with parameters found at run time";
  let description = [{
    The range of `input` extended by zero gives `scale` and `zero_point`:
    asymmetric s = (max - min) / 255, zp = clamp(roundeven(-min / s)) in [0, 255];
    symmetric s = max(|min|, |max|) / 127, zp = 0 in [-127, 127]. A tensor of zeros
    has scale 1. Rounding is half to even. Semantics of ONNX
    `DynamicQuantizeLinear` (https://onnx.ai/onnx/operators) in the asymmetric case.

    `quantized` holds unsigned values if asymmetric, else signed ones. With
    parameters that are tensors each row, along the last dimension, has its own:
    the dynamic quantization by token of LLM.int8() (Dettmers et al., 2022).

    ```mlir
    %q, %s, %zp = nnq.dynamic_qcast %x : tensor<4x8xf32> -> tensor<4x8xi8>
    %r, %t, %zr = nnq.dynamic_qcast %x
        : tensor<4x8xf32> -> tensor<4x8xi8>, tensor<4xf32>, tensor<4xi32>
    ```
  }];
  let arguments = (ins TensorOf<[F32]>:$input, UnitAttr:$symmetric);
  let results = (outs TensorOf<[I8]>:$quantized, NNQ_DynamicScale:$scale,
    NNQ_DynamicZeroPoint:$zero_point);
  let assemblyFormat = [{
    $input attr-dict `:` type($input) `->` type($quantized)
    `` custom<DynamicParameters>(type($scale), type($zero_point))
  }];
  let extraClassDeclaration = [{
    bool isPerRow() {
      return ::mlir::isa<::mlir::TensorType>(getScale().getType());
    }
  }];
  let hasVerifier = 1;
}

def NNQ_DynamicDCastOp : NNQ_Op<"dynamic_dcast", [Pure]> {
  let summary = "Dequantizes a tensor with parameters found at run time";
  let description = [{
    (q - zero_point) * scale; `input` is signed if `symmetric`, else unsigned.
    Parameters that are tensors are those of the rows.

    ```mlir
    %y = nnq.dynamic_dcast %q, %s, %zp : tensor<4x8xi8> -> tensor<4x8xf32>
    ```
  }];
  let arguments = (ins TensorOf<[I8]>:$input, NNQ_DynamicScale:$scale,
    NNQ_DynamicZeroPoint:$zero_point, UnitAttr:$symmetric);
  let results = (outs TensorOf<[F32]>:$result);
  let assemblyFormat = [{
    $input `,` $scale `,` $zero_point attr-dict `:` type($input) `->` type($result)
    `` custom<DynamicParameters>(type($scale), type($zero_point))
  }];
  let extraClassDeclaration = [{
    bool isPerRow() {
      return ::mlir::isa<::mlir::TensorType>(getScale().getType());
    }
  }];
  let hasVerifier = 1;
}

def NNQ_LookupOp : NNQ_Op<"lookup", [Pure,
    AllTypesMatch<["indices", "result"]>]> {
  let summary = "Numbers of a table of 16 or 32";
  let description = [{
    Element i of the result is the one of `table` at element i of `indices`, which
    must be below its length. Made by `nnq-emit-kernels`, lowered by `nnq-lower-lookup`.

    ```mlir
    %w = nnq.lookup %table, %indices : vector<16xi8>, vector<32xi8>
    ```
  }];
  let arguments = (ins VectorOfLengthAndType<[16, 32], [I8]>:$table,
    VectorOfRankAndType<[1], [I8]>:$indices);
  let results = (outs VectorOfRankAndType<[1], [I8]>:$result);
  let assemblyFormat = [{
    $table `,` $indices attr-dict `:` type($table) `,` type($result)
  }];
}

//===----------------------------------------------------------------------===//
// Matrices in registers
//===----------------------------------------------------------------------===//

def NNQ_Matrices : Resource<"::nnq::MatrixResource">;
def NNQ_MatrixNumber : ConfinedAttr<I64Attr, [IntNonNegative, IntMaxValue<7>]>;
/// A buffer at indices, or an address.
def NNQ_MatrixMemory : AnyTypeOf<[AnyMemRef, LLVM_AnyPointer]>;

def NNQ_MatrixConfigureOp : NNQ_Op<"matrix_configure", [
    MemoryEffects<[MemWrite<NNQ_Matrices>]>]> {
  let summary = "Says what matrices registers hold";
  let description = [{
    Registers of AMX (Intel 64 and IA-32 Architectures Software Developer's
    Manual, volume 1, chapter 18) are numbered from 0 to 7; each holds a matrix
    of up to 16 rows of up to 64 bytes. All of them are zero afterwards. Takes as
    long as some ten products: `nnq-lower-matrices` does it where sizes change.

    ```mlir
    nnq.matrix_configure rows = [14, 14, 14, 14, 14, 14, 16, 16]
                         bytes = [64, 64, 64, 64, 64, 64, 64, 64]
    ```
  }];
  let arguments = (ins DenseI64ArrayAttr:$rows, DenseI64ArrayAttr:$bytes);
  let assemblyFormat = "`rows` `=` $rows `bytes` `=` $bytes attr-dict";
  let hasVerifier = 1;
}

def NNQ_MatrixZeroOp : NNQ_Op<"matrix_zero", [
    MemoryEffects<[MemWrite<NNQ_Matrices>]>]> {
  let summary = "Sets a matrix in a register to zero";
  let description = [{
    ```mlir
    nnq.matrix_zero 0
    ```
  }];
  let arguments = (ins NNQ_MatrixNumber:$matrix);
  let assemblyFormat = "$matrix attr-dict";
}

def NNQ_MatrixLoadOp : NNQ_Op<"matrix_load", [
    MemoryEffects<[MemWrite<NNQ_Matrices>]>]> {
  let summary = "Reads a matrix into a register";
  let description = [{
    Rows lie `stride` bytes apart, the first one at the indices.

    ```mlir
    nnq.matrix_load 4, %x[%i, %c0] by 384 : memref<128x384xi8>
    ```
  }];
  let arguments = (ins NNQ_MatrixNumber:$matrix,
    Arg<NNQ_MatrixMemory, "", [MemRead]>:$base, Variadic<Index>:$indices,
    I64Attr:$stride);
  let assemblyFormat = [{
    $matrix `,` $base `[` $indices `]` `by` $stride attr-dict `:` type($base)
  }];
  let hasVerifier = 1;
}

def NNQ_MatrixStoreOp : NNQ_Op<"matrix_store", [
    MemoryEffects<[MemRead<NNQ_Matrices>]>]> {
  let summary = "Writes a matrix from a register";
  let description = [{
    Rows lie `stride` bytes apart, the first one at the indices.

    ```mlir
    nnq.matrix_store 0, %sums[%c0, %c0] by 128 : memref<32x32xi32>
    ```
  }];
  let arguments = (ins NNQ_MatrixNumber:$matrix,
    Arg<NNQ_MatrixMemory, "", [MemWrite]>:$base, Variadic<Index>:$indices,
    I64Attr:$stride);
  let assemblyFormat = [{
    $matrix `,` $base `[` $indices `]` `by` $stride attr-dict `:` type($base)
  }];
  let hasVerifier = 1;
}

def NNQ_MatrixDotOp : NNQ_Op<"matrix_dot", [
    MemoryEffects<[MemRead<NNQ_Matrices>, MemWrite<NNQ_Matrices>]>]> {
  let summary = "Adds the product of two matrices to a third one";
  let description = [{
    `acc(m, n) += sum of lhs(m, 4k + v) * rhs(k, 4n + v)`: i32 += u8 * s8, exact
    modulo 2^32 (tdpbusd).

    ```mlir
    nnq.matrix_dot 0, 4, 6
    ```
  }];
  let arguments = (ins NNQ_MatrixNumber:$acc, NNQ_MatrixNumber:$lhs,
    NNQ_MatrixNumber:$rhs);
  let assemblyFormat = "$acc `,` $lhs `,` $rhs attr-dict";
}

#endif // NNQ_OPS_TD
