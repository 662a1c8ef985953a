//===- TapPairs.cpp - Weights whose taps are neighbours -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "TapPairs.h"

#include "Int4Unpacking.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "nnq/Support/ConstantData.h"

using namespace mlir;
using namespace nnq;

static constexpr int64_t kTaps = 3;

Value nnq::emitTapPairs(OpBuilder &builder, Location loc, RankedTensorType type,
                        ArrayRef<char> bytes, StringRef name) {
  assert(type.getRank() == 5 && type.getDimSize(1) == kTaps);
  int64_t blocks = type.getDimSize(0);
  int64_t inner = type.getNumElements() / (blocks * kTaps);
  std::vector<char> pairs, middle;
  for (int64_t block = 0; block < blocks; ++block) {
    const char *taps = bytes.data() + block * kTaps * inner;
    for (int64_t i = 0; i < inner; ++i)
      pairs.insert(pairs.end(), {taps[i], taps[2 * inner + i]});
    middle.insert(middle.end(), taps + inner, taps + 2 * inner);
  }
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + 1);
  Type i8 = type.getElementType();
  Value middleTaps =
      makeConstant(builder, loc, RankedTensorType::get(shape, i8),
                   (name + "_middle").str(), middle);
  shape.push_back(2);
  Value otherTaps =
      makeConstant(builder, loc, RankedTensorType::get(shape, i8), name, pairs);

  unsigned rank = type.getRank();
  AffineMap result = builder.getMultiDimIdentityMap(rank);
  SmallVector<AffineExpr> place(result.getResults());
  AffineExpr tap = place[1];
  place.erase(place.begin() + 1);
  AffineMap one = AffineMap::get(rank, 0, place, builder.getContext());
  place.push_back(tap.floorDiv(2));
  AffineMap pair = AffineMap::get(rank, 0, place, builder.getContext());
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), i8);
  return linalg::GenericOp::create(
             builder, loc, type, ValueRange{otherTaps, middleTaps}, empty,
             ArrayRef<AffineMap>{pair, one, result}, iterators,
             [&](OpBuilder &b, Location at, ValueRange args) {
               Value isMiddle = arith::CmpIOp::create(
                   b, at, arith::CmpIPredicate::eq,
                   linalg::IndexOp::create(b, at, 1),
                   arith::ConstantIndexOp::create(b, at, 1));
               linalg::YieldOp::create(
                   b, at,
                   arith::SelectOp::create(b, at, isMiddle, args[1], args[0])
                       .getResult());
             })
      .getResult(0);
}

linalg::GenericOp nnq::findTapPairs(Value buffer, Operation *reader) {
  linalg::GenericOp writer = findSoleWriter(buffer, reader);
  if (!writer || writer.getNumDpsInputs() != 2)
    return {};
  auto pairs = dyn_cast<MemRefType>(writer.getInputs()[0].getType()),
       middle = dyn_cast<MemRefType>(writer.getInputs()[1].getType()),
       whole = cast<MemRefType>(buffer.getType());
  bool matches =
      pairs && middle && whole.getRank() == 5 && whole.getDimSize(1) == kTaps &&
      pairs.getRank() == 5 && pairs.getDimSize(4) == 2 &&
      middle.getShape() == pairs.getShape().drop_back() &&
      whole.getElementType().isInteger(8) &&
      llvm::all_of(writer.getInputs(), [](Value input) {
        return isa_and_nonnull<memref::GetGlobalOp>(input.getDefiningOp());
      });
  return matches ? writer : linalg::GenericOp();
}
