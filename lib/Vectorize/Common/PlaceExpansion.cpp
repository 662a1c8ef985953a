//===- PlaceExpansion.cpp - Weights of places -----------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "WeightExpansion.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace nnq;

namespace {
/// Places of one register, by the number of the weight of the lanes one after
/// the other.
struct PlaceBytes {
  int64_t bits, bytes;

  PlaceBytes(SparseKind kind, int64_t weights)
      : bits(getPlaceBits(kind)), bytes(weights * bits / 8) {}

  AffineExpr getByte(AffineExpr weight) const { return weight % bytes; }
  AffineExpr getShift(AffineExpr weight) const {
    return weight.floorDiv(bytes) * bits;
  }
  Value emit(OpBuilder &b, Location loc, Value byte, Value shift) const;
};
} // namespace

Value PlaceBytes::emit(OpBuilder &b, Location loc, Value byte,
                       Value shift) const {
  Type i8 = b.getI8Type();
  Value place = arith::ShRUIOp::create(
      b, loc, byte, arith::IndexCastUIOp::create(b, loc, i8, shift));
  Value mask =
      arith::ConstantOp::create(b, loc, b.getI8IntegerAttr((1 << bits) - 1));
  place = arith::AndIOp::create(b, loc, place, mask);
  return arith::IndexCastUIOp::create(b, loc, b.getIndexType(), place);
}

/// A number computed from all loops of the op that `b` is in.
static Value emitNumber(OpBuilder &b, Location loc, unsigned numLoops,
                        AffineExpr expr) {
  SmallVector<Value> loops;
  for (unsigned loop = 0; loop < numLoops; ++loop)
    loops.push_back(linalg::IndexOp::create(b, loc, loop));
  return affine::AffineApplyOp::create(
      b, loc, AffineMap::get(numLoops, 0, expr), loops);
}

Value nnq::emitPlaceExpansion(OpBuilder &builder, Location loc,
                              RankedTensorType type,
                              const PlacedWeights &weights, StringRef name) {
  MLIRContext *context = builder.getContext();
  ArrayRef<int64_t> shape = type.getShape();
  unsigned rank = type.getRank(), step = rank - 4;
  int64_t lanes = shape[rank - 2], size = shape[rank - 1] / 2;
  // Two parts have theirs together.
  PlaceBytes stored(SparseKind::TwoOfFour, 2 * lanes * size);
  SmallVector<int64_t> valueShape(shape);
  valueShape.back() = size;
  Value values = makeConstant(
      builder, loc, RankedTensorType::get(valueShape, type.getElementType()),
      name, weights.values);
  SmallVector<int64_t> placeShape(shape.take_front(step + 1));
  placeShape.push_back(shape[step + 1] / 2 * stored.bytes);
  Value places = makeConstant(
      builder, loc, RankedTensorType::get(placeShape, builder.getI8Type()),
      (name + "_places").str(), weights.places);

  // A weight is one of the two of its four, or zero.
  AffineMap result = builder.getMultiDimIdentityMap(rank);
  AffineExpr element = builder.getAffineDimExpr(rank - 1);
  SmallVector<AffineMap> maps;
  AffineExpr shifts[2];
  for (int64_t which = 0; which < 2; ++which) {
    AffineExpr inPart = element.floorDiv(kFour) * 2 + which;
    AffineExpr part = builder.getAffineDimExpr(step + 1);
    AffineExpr index =
        (part % 2 * lanes + builder.getAffineDimExpr(rank - 2)) * size + inPart;
    AffineExpr byte = part.floorDiv(2) * stored.bytes + stored.getByte(index);
    SmallVector<AffineExpr> value(result.getResults()),
        place(result.getResults().take_front(step + 1));
    value.back() = inPart;
    place.push_back(byte);
    maps.push_back(AffineMap::get(rank, 0, value, context));
    maps.push_back(AffineMap::get(rank, 0, place, context));
    shifts[which] = stored.getShift(index);
  }
  maps.push_back(result);
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  Value empty =
      tensor::EmptyOp::create(builder, loc, shape, type.getElementType());
  return linalg::GenericOp::create(
             builder, loc, type, ValueRange{values, places, values, places},
             empty, maps, iterators,
             [&](OpBuilder &b, Location at, ValueRange args) {
               auto number = [&](AffineExpr expr) {
                 return emitNumber(b, at, rank, expr);
               };
               Value here = number(element % kFour);
               Value weight = arith::ConstantOp::create(
                   b, at, b.getZeroAttr(type.getElementType()));
               for (int64_t which = 0; which < 2; ++which) {
                 Value place = stored.emit(b, at, args[2 * which + 1],
                                           number(shifts[which]));
                 Value isHere = arith::CmpIOp::create(
                     b, at, arith::CmpIPredicate::eq, place, here);
                 weight = emitAddIf(b, at, isHere, args[2 * which], weight);
               }
               linalg::YieldOp::create(b, at, weight);
             })
      .getResult(0);
}

Value nnq::emitWindowExpansion(OpBuilder &builder, Location loc,
                               RankedTensorType type, const WindowLists &lists,
                               SparseKind kind, int64_t tileBlocks,
                               bool hasParts, StringRef name) {
  MLIRContext *context = builder.getContext();
  ArrayRef<int64_t> shape = type.getShape();
  unsigned rank = type.getRank(), step = rank - 3 - hasParts;
  int64_t lanes = shape[rank - 2], size = shape[rank - 1];
  PlaceBytes stored(kind, lanes * size);
  auto [bounds, steps] = makeListConstants(builder, loc, lists, name);
  auto constant = [&](ArrayRef<int64_t> sizes, std::vector<char> bytes,
                      StringRef suffix) {
    auto its = RankedTensorType::get(sizes, builder.getI8Type());
    bytes.resize(its.getNumElements(), 0);
    return makeConstant(builder, loc, its, (name + suffix).str(), bytes);
  };
  Value values = constant({lists.getNumStored(), tileBlocks, lanes, size},
                          lists.values, "");
  Value places = constant({lists.getNumStored(), tileBlocks * stored.bytes},
                          lists.places, "_places");

  // The last loops run over entries and over the weights of a lane.
  AffineExpr entry = builder.getAffineDimExpr(rank),
             own = builder.getAffineDimExpr(rank + 1),
             lane = builder.getAffineDimExpr(rank - 2),
             block = builder.getAffineDimExpr(0) % tileBlocks;
  AffineExpr index = lane * size + own;
  AffineExpr list = getListNumber(type, tileBlocks, hasParts);
  AffineExpr position = builder.getAffineDimExpr(step);
  if (hasParts)
    position = position * shape[step + 1] + builder.getAffineDimExpr(step + 1);
  position = position * size + builder.getAffineDimExpr(rank - 1);
  auto map = [&](ArrayRef<AffineExpr> results) {
    return AffineMap::get(rank + 2, 0, results, context);
  };
  AffineMap maps[] = {
      map({list, builder.getAffineConstantExpr(0)}),
      map({list, builder.getAffineConstantExpr(1)}),
      map(entry),
      map({entry, block, lane, own}),
      map({entry, block * stored.bytes + stored.getByte(index)}),
      builder.getMultiDimIdentityMap(rank + 2).getMajorSubMap(rank)};
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators.append(2, utils::IteratorType::reduction);
  return linalg::GenericOp::create(
             builder, loc, type,
             ValueRange{bounds, bounds, steps, values, places},
             emitZeros(builder, loc, type), maps, iterators,
             [&](OpBuilder &b, Location at, ValueRange args) {
               auto number = [&](AffineExpr expr) {
                 return emitNumber(b, at, rank + 2, expr);
               };
               Value start = arith::IndexCastUIOp::create(
                   b, at, b.getIndexType(), args[2]);
               Value place =
                   stored.emit(b, at, args[4], number(stored.getShift(index)));
               Value isHere = arith::CmpIOp::create(
                   b, at, arith::CmpIPredicate::eq,
                   arith::AddIOp::create(b, at, start, place),
                   number(position));
               Value isIn = arith::AndIOp::create(
                   b, at, emitIsListed(b, at, number(entry), args[0], args[1]),
                   isHere);
               linalg::YieldOp::create(
                   b, at, emitAddIf(b, at, isIn, args[3], args[5]));
             })
      .getResult(0);
}
