//===- Int4Unpacking.cpp - Two weights in a byte --------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Int4Unpacking.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/QuantMath.h"

using namespace mlir;
using namespace nnq;

static constexpr int64_t kBits = 4, kMask = 15;

std::vector<char> nnq::packInt4Halves(ArrayRef<char> values, int64_t step) {
  std::vector<char> bytes(values.size() / 2);
  auto getDistance = [&](size_t at) {
    return (values[at] - kInt4.min) & kMask;
  };
  int64_t half = step / 2;
  for (auto [i, byte] : llvm::enumerate(bytes)) {
    size_t low = i / half * step + i % half;
    byte =
        static_cast<char>(getDistance(low) | getDistance(low + half) << kBits);
  }
  return bytes;
}

Value nnq::emitInt4Unpacking(OpBuilder &builder, Location loc,
                             RankedTensorType type, ArrayRef<char> bytes,
                             StringRef name, Value tables) {
  Type i8 = builder.getI8Type();
  unsigned rank = type.getRank(), parts = rank - 3;
  SmallVector<int64_t> shape(type.getShape());
  int64_t half = shape[parts] / 2;
  shape[parts] = half;
  Value packed =
      makeConstant(builder, loc, RankedTensorType::get(shape, i8), name, bytes);
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), i8);
  AffineMap result = builder.getMultiDimIdentityMap(rank);
  SmallVector<AffineExpr> source(result.getResults());
  source[parts] = source[parts] % half;
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             builder, loc, type, packed, empty,
             ArrayRef<AffineMap>{
                 AffineMap::get(rank, 0, source, builder.getContext()), result},
             iterators,
             [&](OpBuilder &b, Location at, ValueRange args) {
               auto constant = [&](int64_t number) -> Value {
                 return arith::ConstantOp::create(b, at,
                                                  b.getIntegerAttr(i8, number));
               };
               Value part = linalg::IndexOp::create(b, at, parts);
               Value isHigh = arith::CmpIOp::create(
                   b, at, arith::CmpIPredicate::uge, part,
                   arith::ConstantIndexOp::create(b, at, half));
               Value high =
                   arith::ShRUIOp::create(b, at, args[0], constant(kBits));
               Value low =
                   arith::AndIOp::create(b, at, args[0], constant(kMask));
               Value distance =
                   arith::SelectOp::create(b, at, isHigh, high, low);
               Value number;
               if (tables) {
                 Value place = arith::IndexCastUIOp::create(
                     b, at, b.getIndexType(), distance);
                 bool isOne =
                     cast<ShapedType>(tables.getType()).getDimSize(0) == 1;
                 Value row =
                     isOne ? Value(arith::ConstantIndexOp::create(b, at, 0))
                           : linalg::IndexOp::create(b, at, 0);
                 number = tensor::ExtractOp::create(b, at, tables,
                                                    ValueRange{row, place});
               } else {
                 number = arith::AddIOp::create(b, at, distance,
                                                constant(kInt4.min));
               }
               linalg::YieldOp::create(b, at, number);
             })
      .getResult(0);
}

linalg::GenericOp nnq::findInt4Unpacking(Value buffer, Operation *reader) {
  if (!buffer.getDefiningOp<memref::AllocOp>())
    return {};
  linalg::GenericOp writer;
  for (Operation *user : buffer.getUsers()) {
    if (user == reader || isa<memref::DeallocOp>(user))
      continue;
    auto generic = dyn_cast<linalg::GenericOp>(user);
    if (!generic || writer || generic.getNumDpsInits() != 1 ||
        generic.getOutputs()[0] != buffer)
      return {};
    writer = generic;
  }
  if (!writer || writer.getNumDpsInputs() != 1 ||
      !writer.getInputs()[0].getDefiningOp<memref::GetGlobalOp>())
    return {};
  bool selectsBits = llvm::any_of(*writer.getBlock(), [](Operation &op) {
    return isa<linalg::IndexOp>(op);
  });
  return selectsBits ? writer : linalg::GenericOp();
}

Value nnq::getTables(linalg::GenericOp unpacking) {
  for (auto load : unpacking.getBlock()->getOps<memref::LoadOp>())
    return load.getMemRef();
  return {};
}

std::pair<Value, Value> nnq::emitInt4Halves(OpBuilder &builder, Location loc,
                                            Value bytes, Value table) {
  auto type = cast<VectorType>(bytes.getType());
  auto constant = [&](int64_t number) -> Value {
    return arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(
            type, builder.getIntegerAttr(type.getElementType(), number)));
  };
  Value low = arith::AndIOp::create(builder, loc, bytes, constant(kMask));
  Value high = arith::ShRUIOp::create(builder, loc, bytes, constant(kBits));
  if (table)
    return {LookupOp::create(builder, loc, table, low),
            LookupOp::create(builder, loc, table, high)};
  Value least = constant(kInt4.min);
  return {arith::AddIOp::create(builder, loc, low, least),
          arith::AddIOp::create(builder, loc, high, least)};
}
