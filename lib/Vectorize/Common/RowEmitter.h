//===- RowEmitter.h - Vectors of lanes along one loop -----------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_ROWEMITTER_H
#define NNQ_LIB_VECTORIZE_COMMON_ROWEMITTER_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// Indices of a loop nest: constants or SSA values, one for each loop.
using LoopIndices = mlir::SmallVector<mlir::OpFoldResult>;

/// A row: `useful` neighbouring indices of loop `loop`, held in a vector of
/// `lanes` elements whose other lanes are unspecified.
struct Row {
  unsigned loop;
  int64_t useful;
  int64_t lanes;
};

/// Distance in elements that operand `memref` moves for one step of `loop`, if
/// that is static.
std::optional<int64_t> getLoopStride(mlir::MemRefType memref,
                                     mlir::AffineMap map, unsigned loop);

/// True if the body of `op` can be applied to vectors.
bool isBodyOnVectors(mlir::linalg::GenericOp op);

/// True if every operand of `op` has a static stride along `loop`, the result a
/// stride of 1, and the body can be applied to vectors.
bool canEmitRows(mlir::linalg::GenericOp op, unsigned loop);

/// The same with a condition of its own on the strides of operands.
bool canEmitRows(mlir::linalg::GenericOp op, unsigned loop,
                 mlir::function_ref<bool(mlir::OpOperand &, int64_t)> accepts);

/// `value`, a number or vector that the body reads as `arg`, extended to
/// `element` as the body does it.
mlir::Value emitExtended(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value value, mlir::Type element,
                         mlir::BlockArgument arg);

/// Values of `map` at `indices`.
mlir::SmallVector<mlir::Value>
emitIndices(mlir::OpBuilder &builder, mlir::Location loc, mlir::AffineMap map,
            mlir::ArrayRef<mlir::OpFoldResult> indices);

/// False for elements of one bit: a vector packs them, a buffer takes a byte
/// for each.
bool hasVectors(mlir::MemRefType memref);

/// A row of an operand: loaded, broadcast or gathered by its stride.
mlir::Value emitLoadRow(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value memref, mlir::AffineMap map,
                        mlir::ArrayRef<mlir::OpFoldResult> indices,
                        const Row &row);

/// Stores the useful lanes of `value`, one by one if they are not contiguous.
void emitStoreRow(mlir::OpBuilder &builder, mlir::Location loc,
                  mlir::Value value, mlir::Value memref, mlir::AffineMap map,
                  mlir::ArrayRef<mlir::OpFoldResult> indices, const Row &row);

/// The body of `op` applied to vectors, one for each block argument; the last
/// one may be null if the body does not read the result. With `last`, a value
/// of the body, nothing behind it is emitted and it is what is returned.
mlir::Value emitBody(mlir::OpBuilder &builder, mlir::linalg::GenericOp op,
                     mlir::ArrayRef<mlir::Value> args, int64_t lanes,
                     mlir::Value last = {});

/// What the body of `op` makes of its value `first`, which is `vector` now. It
/// must depend on nothing else before it but constants and, where they are
/// given, arguments.
mlir::Value emitRestOfBody(mlir::OpBuilder &builder, mlir::linalg::GenericOp op,
                           mlir::Value first, mlir::Value vector,
                           mlir::ArrayRef<mlir::Value> args = {});

/// The 32-bit value of the body of `op` behind which it is only bounded,
/// narrowed and bounded again, if there is one: of what follows, registers hold
/// twice as many numbers.
mlir::Value findWideResult(mlir::linalg::GenericOp op);

/// Loops over `sizes` around `body`; loops of size 1 are left out. Steps must
/// be independent of each other, here and in `emitTiled`.
void emitLoopNest(mlir::OpBuilder &builder, mlir::Location loc,
                  mlir::ArrayRef<int64_t> sizes,
                  mlir::function_ref<void(mlir::OpBuilder &,
                                          mlir::ArrayRef<mlir::OpFoldResult>)>
                      body);

/// Steps of `step` over [0, size), the rest by its own static size:
/// `body(builder, start, count)`.
void emitTiled(
    mlir::OpBuilder &builder, mlir::Location loc, int64_t size, int64_t step,
    mlir::function_ref<void(mlir::OpBuilder &, mlir::OpFoldResult, int64_t)>
        body);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_ROWEMITTER_H
