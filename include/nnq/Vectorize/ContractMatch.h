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

/// `acc(l) += row(v) * columns(l, v)`, as the kernels emit it.
inline bool isRowContract(mlir::vector::ContractionOp op) {
  mlir::MLIRContext *context = op.getContext();
  mlir::AffineExpr l = mlir::getAffineDimExpr(0, context);
  mlir::AffineExpr v = mlir::getAffineDimExpr(1, context);
  return addsToI32(op) &&
         op.getIndexingMapsArray() ==
             mlir::AffineMap::inferFromExprList(
                 {llvm::ArrayRef<mlir::AffineExpr>{v}, {l, v}, {l}}, context);
}

/// `acc(l) += row(l, v) * columns(l, v)`: each lane has a row of its own.
inline bool isLaneContract(mlir::vector::ContractionOp op) {
  mlir::MLIRContext *context = op.getContext();
  mlir::AffineExpr l = mlir::getAffineDimExpr(0, context);
  mlir::AffineExpr v = mlir::getAffineDimExpr(1, context);
  return addsToI32(op) &&
         op.getIndexingMapsArray() ==
             mlir::AffineMap::inferFromExprList(
                 {llvm::ArrayRef<mlir::AffineExpr>{l, v}, {l, v}, {l}},
                 context);
}

/// `acc(m, n) += rows(m, k) * columns(n, k)`.
inline bool isPairContract(mlir::vector::ContractionOp op) {
  mlir::MLIRContext *context = op.getContext();
  mlir::AffineExpr m = mlir::getAffineDimExpr(0, context);
  mlir::AffineExpr n = mlir::getAffineDimExpr(1, context);
  mlir::AffineExpr k = mlir::getAffineDimExpr(2, context);
  return addsToI32(op) &&
         op.getIndexingMapsArray() ==
             mlir::AffineMap::inferFromExprList(
                 {llvm::ArrayRef<mlir::AffineExpr>{m, k}, {n, k}, {m, n}},
                 context);
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
