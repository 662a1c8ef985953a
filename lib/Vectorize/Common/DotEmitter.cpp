//===- DotEmitter.cpp - Contractions of vectors ---------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "DotEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
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

Value nnq::emitPairDot(OpBuilder &builder, Location loc, DotKind dot, Value x,
                       Value w, Value acc) {
  AffineExpr l = builder.getAffineDimExpr(0), h = builder.getAffineDimExpr(1),
             v = builder.getAffineDimExpr(2);
  auto type = cast<VectorType>(acc.getType());
  auto spread = [&](Value value, ArrayRef<int64_t> shape) -> Value {
    Type element = cast<VectorType>(value.getType()).getElementType();
    return vector::ShapeCastOp::create(builder, loc,
                                       VectorType::get(shape, element), value);
  };
  auto extended = [&](ArrayRef<int64_t> shape) {
    return VectorType::get(shape, type.getElementType());
  };
  int64_t lanes = type.getDimSize(0);
  bool isByLane = x.getType() == w.getType();
  int64_t neighbours = getPartSize(dot) / 2;
  SmallVector<int64_t> shape{2, neighbours};
  SmallVector<AffineExpr> map{h, v};
  if (isByLane) {
    shape.insert(shape.begin(), lanes);
    map.insert(map.begin(), l);
  }
  x = spread(x, shape);
  Value row =
      dot == DotKind::SMULL
          ? Value(arith::ExtSIOp::create(builder, loc, extended(shape), x))
          : arith::ExtUIOp::create(builder, loc, extended(shape), x);
  SmallVector<int64_t> all{lanes, 2, neighbours};
  Value columns =
      arith::ExtSIOp::create(builder, loc, extended(all), spread(w, all));
  Value sum =
      emitContract(builder, loc, map, {l, h, v}, {l, h}, row, columns, acc);
  // Packing has made sure of it.
  sum.getDefiningOp()->setAttr(kFitsI16Attr, builder.getUnitAttr());
  return sum;
}

Value nnq::emitRowByColumns(OpBuilder &builder, Location loc, Value x, Value w,
                            Value acc) {
  AffineExpr l = builder.getAffineDimExpr(0), v = builder.getAffineDimExpr(1);
  return emitContract(builder, loc, {v}, {l, v}, {l}, x, w, acc);
}
