//===- DotEmitter.cpp - Contractions of vectors ---------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "DotEmitter.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace nnq;

Value nnq::emitContract(OpBuilder &builder, Location loc,
                        ArrayRef<AffineExpr> xMap, ArrayRef<AffineExpr> wMap,
                        ArrayRef<AffineExpr> resultMap, Value x, Value w,
                        Value acc) {
  MLIRContext *context = builder.getContext();
  SmallVector<AffineMap> maps =
      AffineMap::inferFromExprList({xMap, wMap, resultMap}, context);
  SmallVector<Attribute> iterators;
  for (unsigned loop = 0; loop < maps.front().getNumDims(); ++loop)
    iterators.push_back(vector::IteratorTypeAttr::get(
        context, maps.back().isFunctionOfDim(loop)
                     ? vector::IteratorType::parallel
                     : vector::IteratorType::reduction));
  return vector::ContractionOp::create(builder, loc, x, w, acc,
                                       builder.getAffineMapArrayAttr(maps),
                                       builder.getArrayAttr(iterators));
}

Value nnq::emitRowByColumns(OpBuilder &builder, Location loc, Value x, Value w,
                            Value acc) {
  AffineExpr l = builder.getAffineDimExpr(0), v = builder.getAffineDimExpr(1);
  return emitContract(builder, loc, {v}, {l, v}, {l}, x, w, acc);
}
