//===- Int4Unpacking.cpp - Two weights in a byte --------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Int4Unpacking.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/QuantMath.h"

using namespace mlir;
using namespace nnq;

std::vector<char> nnq::packNarrow(ArrayRef<char> numbers, int64_t step,
                                  int64_t bits) {
  int64_t perByte = 8 / bits, slice = step / perByte;
  std::vector<char> bytes(numbers.size() / perByte);
  for (auto [i, byte] : llvm::enumerate(bytes)) {
    size_t first = i / slice * step + i % slice;
    for (int64_t k = 0; k < perByte; ++k)
      byte = static_cast<char>(byte | numbers[first + k * slice] << k * bits);
  }
  return bytes;
}

Value nnq::emitInt4Unpacking(OpBuilder &builder, Location loc,
                             RankedTensorType type, ArrayRef<char> bytes,
                             int64_t bits, StringRef name, Value tables) {
  Type i8 = builder.getI8Type();
  unsigned rank = type.getRank(), parts = rank - 3;
  SmallVector<int64_t> shape(type.getShape());
  int64_t slice = shape[parts] * bits / 8;
  shape[parts] = slice;
  Value packed =
      makeConstant(builder, loc, RankedTensorType::get(shape, i8), name, bytes);
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), i8);
  AffineMap result = builder.getMultiDimIdentityMap(rank);
  SmallVector<AffineExpr> source(result.getResults());
  source[parts] = source[parts] % slice;
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
               Value place = arith::DivUIOp::create(
                   b, at, part, arith::ConstantIndexOp::create(b, at, slice));
               Value shift = arith::IndexCastUIOp::create(
                   b, at, i8,
                   arith::MulIOp::create(
                       b, at, place,
                       arith::ConstantIndexOp::create(b, at, bits)));
               Value distance = arith::AndIOp::create(
                   b, at, arith::ShRUIOp::create(b, at, args[0], shift),
                   constant((1 << bits) - 1));
               Value number;
               if (tables) {
                 Value column = arith::IndexCastUIOp::create(
                     b, at, b.getIndexType(), distance);
                 bool isOne =
                     cast<ShapedType>(tables.getType()).getDimSize(0) == 1;
                 Value row =
                     isOne ? Value(arith::ConstantIndexOp::create(b, at, 0))
                           : linalg::IndexOp::create(b, at, 0);
                 number = tensor::ExtractOp::create(b, at, tables,
                                                    ValueRange{row, column});
               } else {
                 number = arith::AddIOp::create(b, at, distance,
                                                constant(kInt4.min));
               }
               linalg::YieldOp::create(b, at, number);
             })
      .getResult(0);
}

linalg::GenericOp nnq::findSoleWriter(Value buffer, Operation *reader) {
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
  return writer;
}

linalg::GenericOp nnq::findInt4Unpacking(Value buffer, Operation *reader) {
  linalg::GenericOp writer = findSoleWriter(buffer, reader);
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

/// Bytes shifted by words of 16 bits: what comes from the next byte is to be
/// masked.
static Value emitShiftOfWords(OpBuilder &builder, Location loc, Value bytes,
                              int64_t shift) {
  auto type = cast<VectorType>(bytes.getType());
  auto words =
      VectorType::get({type.getNumElements() / 2}, builder.getI16Type());
  Value by = arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(words, builder.getI16IntegerAttr(shift)));
  Value shifted = arith::ShRUIOp::create(
      builder, loc, vector::BitCastOp::create(builder, loc, words, bytes), by);
  return vector::BitCastOp::create(builder, loc, type, shifted);
}

SmallVector<Value> nnq::emitNarrow(OpBuilder &builder, Location loc,
                                   Value bytes, int64_t bits, Value table,
                                   bool shiftsWords) {
  auto type = cast<VectorType>(bytes.getType());
  auto constant = [&](int64_t number) -> Value {
    return arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(
            type, builder.getIntegerAttr(type.getElementType(), number)));
  };
  SmallVector<Value> numbers;
  for (int64_t shift = 0; shift < 8; shift += bits) {
    Value number = bytes;
    if (shift > 0 && shiftsWords)
      number = emitShiftOfWords(builder, loc, number, shift);
    else if (shift > 0)
      number = arith::ShRUIOp::create(builder, loc, number, constant(shift));
    if (shift + bits < 8 || shiftsWords)
      number = arith::AndIOp::create(builder, loc, number,
                                     constant((1 << bits) - 1));
    numbers.push_back(
        table
            ? Value(LookupOp::create(builder, loc, table, number))
            : arith::AddIOp::create(builder, loc, number, constant(kInt4.min)));
  }
  return numbers;
}
