//===- ContractMatch.h - Small vector.contract ops --------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_VECTORIZE_CONTRACTMATCH_H
#define NNQ_VECTORIZE_CONTRACTMATCH_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace nnq {

/// The instructions have accumulators of 32 bits.
inline bool addsToI32(mlir::vector::ContractionOp op) {
  return op.getKind() == mlir::vector::CombiningKind::ADD &&
         mlir::getElementTypeOrSelf(op.getAccType()).isInteger(32);
}

/// True if `op` adds products to i32 with the maps that `exprs` say.
inline bool hasMaps(mlir::vector::ContractionOp op,
                    llvm::ArrayRef<llvm::ArrayRef<mlir::AffineExpr>> exprs) {
  return addsToI32(op) &&
         op.getIndexingMapsArray() ==
             mlir::AffineMap::inferFromExprList(exprs, op.getContext());
}

/// `acc(l) += row(v) * columns(l, v)`, as the kernels emit it.
inline bool isRowContract(mlir::vector::ContractionOp op) {
  mlir::AffineExpr l, v;
  mlir::bindDims(op.getContext(), l, v);
  return hasMaps(op, {{v}, {l, v}, {l}});
}

/// `acc(l) += row(l, v) * columns(l, v)`: each lane has a row of its own.
inline bool isLaneContract(mlir::vector::ContractionOp op) {
  mlir::AffineExpr l, v;
  mlir::bindDims(op.getContext(), l, v);
  return hasMaps(op, {{l, v}, {l, v}, {l}});
}

/// `acc(m, n) += rows(m, k) * columns(n, k)`.
inline bool isPairContract(mlir::vector::ContractionOp op) {
  mlir::AffineExpr m, n, k;
  mlir::bindDims(op.getContext(), m, n, k);
  return hasMaps(op, {{m, k}, {n, k}, {m, n}});
}

/// The vector behind a sign or zero extension `Ext` from `bits` to i32, or
/// null.
template <typename Ext>
mlir::Value getExtended(mlir::Value value, unsigned bits) {
  auto ext = value.getDefiningOp<Ext>();
  if (!ext ||
      !mlir::getElementTypeOrSelf(ext.getIn().getType()).isInteger(bits))
    return {};
  return ext.getIn();
}

/// `value` as a vector of one dimension.
inline mlir::Value flatten(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::Value value) {
  auto type = llvm::cast<mlir::VectorType>(value.getType());
  if (type.getRank() == 1)
    return value;
  return mlir::vector::ShapeCastOp::create(
      builder, loc,
      mlir::VectorType::get({type.getNumElements()}, type.getElementType()),
      value);
}

/// The 32 bits of `group` repeated to `lanes` groups.
inline mlir::Value splatGroup(mlir::OpBuilder &builder, mlir::Location loc,
                              mlir::Value group, int64_t lanes) {
  auto type = llvm::cast<mlir::VectorType>(group.getType());
  mlir::Type i32 = builder.getI32Type();
  mlir::Value word = mlir::vector::BitCastOp::create(
      builder, loc, mlir::VectorType::get({1}, i32), group);
  mlir::Value splat = mlir::vector::BroadcastOp::create(
      builder, loc, mlir::VectorType::get({lanes}, i32),
      mlir::vector::ExtractOp::create(builder, loc, word,
                                      llvm::ArrayRef<int64_t>{0}));
  return mlir::vector::BitCastOp::create(
      builder, loc,
      mlir::VectorType::get({lanes * type.getNumElements()},
                            type.getElementType()),
      splat);
}

} // namespace nnq

#endif // NNQ_VECTORIZE_CONTRACTMATCH_H
