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

/// `acc(l) += row(p, v) * columns(p, l, v)`: parts that are added up in 16
/// bits.
inline bool isPartsContract(mlir::vector::ContractionOp op) {
  mlir::AffineExpr l, p, v;
  mlir::bindDims(op.getContext(), l, p, v);
  return hasMaps(op, {{p, v}, {p, l, v}, {l}});
}

/// `acc(l, h) += row(h, v) * columns(l, h, v)` in 16 bits, two sums a lane.
/// With `perLane` each lane has a row of its own.
inline bool isNarrowContract(mlir::vector::ContractionOp op, bool perLane) {
  mlir::AffineExpr l, h, v;
  mlir::bindDims(op.getContext(), l, h, v);
  llvm::SmallVector<llvm::SmallVector<mlir::AffineExpr, 4>> maps{
      {h, v}, {l, h, v}, {l, h}};
  if (perLane)
    maps.front() = maps[1];
  return op.getKind() == mlir::vector::CombiningKind::ADD &&
         llvm::isa<mlir::VectorType>(op.getAccType()) &&
         mlir::getElementTypeOrSelf(op.getAccType()).isInteger(16) &&
         op.getIndexingMapsArray() ==
             mlir::AffineMap::inferFromExprList(maps, op.getContext());
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

/// The pairs of s16 whose sums `op` adds to s32, or null.
inline mlir::Value matchSumOfPairs(mlir::vector::MultiDimReductionOp op) {
  auto type = llvm::dyn_cast<mlir::VectorType>(op.getDestType());
  mlir::VectorType source = op.getSourceVectorType();
  bool isSum = type && type.getElementType().isInteger(32) &&
               op.getKind() == mlir::vector::CombiningKind::ADD &&
               source.getRank() == 2 && source.getDimSize(1) == 2 &&
               op.isReducedDim(1);
  return isSum ? getExtended<mlir::arith::ExtSIOp>(op.getSource(), 16)
               : mlir::Value();
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
