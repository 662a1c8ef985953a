//===- LookupParts.h - Lookups by registers ---------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_VECTORIZE_LOOKUPPARTS_H
#define NNQ_VECTORIZE_LOOKUPPARTS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/PatternMatch.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

namespace nnq {

/// Replaces `op` by lookups of `width` indices each, a multiple of the table;
/// `lookUp` gets as many numbers of the table, again and again, and indices.
inline void lookUpByParts(
    LookupOp op, int64_t width, mlir::PatternRewriter &rewriter,
    mlir::function_ref<mlir::Value(mlir::Value table, mlir::Value indices)>
        lookUp) {
  using namespace mlir;
  Location loc = op.getLoc();
  auto type = cast<VectorType>(op.getType());
  int64_t count = type.getNumElements();
  SmallVector<int64_t> repeated, padded;
  for (int64_t i = 0; i < width; ++i) {
    repeated.push_back(i % kTableSize);
    padded.push_back(std::min(i, count - 1));
  }
  Value table = op.getTable(), indices = op.getIndices();
  if (width != kTableSize)
    table = vector::ShuffleOp::create(rewriter, loc, table, table, repeated);
  if (count == width)
    return rewriter.replaceOp(op, lookUp(table, indices));
  SmallVector<int64_t> one{1}, zero{0};
  if (count < width) {
    Value wide =
        vector::ShuffleOp::create(rewriter, loc, indices, indices, padded);
    return rewriter.replaceOp(op, vector::ExtractStridedSliceOp::create(
                                      rewriter, loc, lookUp(table, wide), zero,
                                      ArrayRef(count), one));
  }
  Value all =
      arith::ConstantOp::create(rewriter, loc, rewriter.getZeroAttr(type));
  for (int64_t at = 0; at < count; at += width) {
    Value part = lookUp(
        table, vector::ExtractStridedSliceOp::create(
                   rewriter, loc, indices, ArrayRef(at), ArrayRef(width), one));
    all = vector::InsertStridedSliceOp::create(rewriter, loc, part, all,
                                               ArrayRef(at), one);
  }
  rewriter.replaceOp(op, all);
}

} // namespace nnq

#endif // NNQ_VECTORIZE_LOOKUPPARTS_H
