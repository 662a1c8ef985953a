//===- PlaceOperands.cpp - Weights and what lanes select for them ---------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "KernelOperands.h"

#include "ContractionLayout.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace nnq;

static Value emitSplat(OpBuilder &b, Location loc, VectorType type,
                       int64_t number) {
  return arith::ConstantOp::create(
      b, loc,
      DenseElementsAttr::get(type,
                             b.getIntegerAttr(type.getElementType(), number)));
}

/// The bytes that `mask` leaves of `bytes`, again and again, shifted by `bits`
/// further each time, up to a byte. Registers are shifted by words.
static Value emitShifted(OpBuilder &b, Location loc, Value bytes, int64_t bits,
                         int64_t count, int64_t mask) {
  int64_t size = cast<VectorType>(bytes.getType()).getNumElements();
  int64_t width = std::min<int64_t>(size, 4), words = size / width;
  Type word = b.getIntegerType(8 * width);
  auto type = VectorType::get({count * words}, word);
  SmallVector<int64_t> repeated;
  SmallVector<Attribute> shifts;
  for (int64_t i = 0; i < count * words; ++i) {
    repeated.push_back(i % words);
    shifts.push_back(b.getIntegerAttr(word, i / words * bits));
  }
  Value all =
      vector::BitCastOp::create(b, loc, VectorType::get({words}, word), bytes);
  all = vector::ShuffleOp::create(b, loc, all, all, repeated);
  all = arith::ShRUIOp::create(
      b, loc, all,
      arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, shifts)));
  auto i8s = VectorType::get({count * size}, b.getI8Type());
  all = vector::BitCastOp::create(b, loc, i8s, all);
  return arith::AndIOp::create(b, loc, all, emitSplat(b, loc, i8s, mask));
}

/// The places, a byte each, in the low and in the high half of `bytes`.
static std::pair<Value, Value> emitHalves(OpBuilder &b, Location loc,
                                          Value bytes) {
  auto type = cast<VectorType>(bytes.getType());
  return {arith::AndIOp::create(b, loc, bytes, emitSplat(b, loc, type, 15)),
          arith::ShRUIOp::create(b, loc, bytes, emitSplat(b, loc, type, 4))};
}

/// Bytes of a table that holds elements of `width` bytes, by their `places`.
static Value emitSelection(OpBuilder &b, Location loc, Value places,
                           int64_t width) {
  if (width == 1)
    return places;
  // Two bytes, one after the other.
  int64_t count = cast<VectorType>(places.getType()).getNumElements();
  auto i16s = VectorType::get({count}, b.getI16Type());
  Value wide = arith::ExtUIOp::create(b, loc, i16s, places);
  wide = arith::MulIOp::create(b, loc, wide, emitSplat(b, loc, i16s, 0x0202));
  wide = arith::AddIOp::create(b, loc, wide, emitSplat(b, loc, i16s, 0x0100));
  return vector::BitCastOp::create(
      b, loc, VectorType::get({2 * count}, b.getI8Type()), wide);
}

/// `count` bytes at `indices` and, in the last dimension, `at`.
static Value loadBytes(OpBuilder &b, Location loc, Value from,
                       ArrayRef<Value> indices, int64_t at, int64_t count) {
  SmallVector<Value> all(indices);
  all.push_back(arith::ConstantIndexOp::create(b, loc, at));
  return vector::LoadOp::create(b, loc, VectorType::get({count}, b.getI8Type()),
                                from, all);
}

int64_t KernelOperands::activationWidth() {
  auto x = cast<MemRefType>(contraction.getInputs()[0].getType());
  return x.getElementTypeBitWidth() / 8;
}

std::pair<KernelOperands::Placed, KernelOperands::Placed>
KernelOperands::loadPlaced(OpBuilder &b, const Tile &tile,
                           ArrayRef<OpFoldResult> reductions, int64_t block,
                           int64_t pair) {
  int64_t size = getPartSize(kernel), count = kernel.getLanes() * size;
  SmallVector<Value> at{
      getValueOrCreateConstantIndexOp(b, loc, blockAt(b, tile, block))};
  for (OpFoldResult index : reductions)
    at.push_back(getValueOrCreateConstantIndexOp(b, loc, index));
  int64_t bits = getPlaceBits(SparseKind::TwoOfFour), bytes = count / 2;
  Value both =
      emitShifted(b, loc, loadBytes(b, loc, places, at, pair * bytes, bytes),
                  bits, /*count=*/2, /*mask=*/0x33);
  if (size > 2) {
    // Fours lie one after the other.
    SmallVector<Attribute> firsts;
    for (int64_t i = 0; i < count; ++i)
      firsts.push_back(b.getI8IntegerAttr(i % size / 2 * kFour * 0x11));
    auto type = cast<ShapedType>(both.getType());
    both =
        arith::OrIOp::create(b, loc, both,
                             arith::ConstantOp::create(
                                 b, loc, DenseElementsAttr::get(type, firsts)));
  }
  auto [low, high] = emitHalves(b, loc, both);
  auto make = [&](int64_t part, Value its) -> Placed {
    return {loadBytes(b, loc, weights, at, part * count, count),
            emitSelection(b, loc, its, activationWidth())};
  };
  return {make(2 * pair, low), make(2 * pair + 1, high)};
}

SmallVector<KernelOperands::Placed>
KernelOperands::loadWindow(OpBuilder &b, const Tile &tile, Value entry) {
  int64_t count = kernel.getLanes() * getPartSize(kernel);
  int64_t bits = getPlaceBits(kernel.getSparse()), bytes = count * bits / 8;
  SmallVector<Placed> columns;
  for (int64_t block = 0; block < tile.blocks; ++block) {
    Value its = loadBytes(b, loc, places, entry, block * bytes, bytes);
    if (bits < 8)
      its = emitShifted(b, loc, its, bits, /*count=*/2, /*mask=*/15);
    columns.push_back({loadBytes(b, loc, weights, entry, block * count, count),
                       emitSelection(b, loc, its, activationWidth())});
  }
  return columns;
}

Value KernelOperands::loadSelected(OpBuilder &b, ArrayRef<OpFoldResult> loops) {
  Value x = contraction.getInputs()[0];
  Type element = cast<MemRefType>(x.getType()).getElementType();
  int64_t width = activationWidth();
  int64_t span = kernel.getSparse() == SparseKind::TwoOfFour
                     ? getPartSpan(kernel)
                     : getWindowBytes(kernel.getSparse()) / width;
  Value table = vector::LoadOp::create(b, loc, VectorType::get({span}, element),
                                       x, emitIndices(b, loc, xMap, loops));
  int64_t bytes = span * width;
  table = vector::BitCastOp::create(
      b, loc, VectorType::get({bytes}, b.getI8Type()), table);
  if (bytes >= kTableSize)
    return table;
  SmallVector<int64_t> repeated;
  for (int64_t i = 0; i < kTableSize; ++i)
    repeated.push_back(i % bytes);
  return vector::ShuffleOp::create(b, loc, table, table, repeated);
}

Value KernelOperands::select(OpBuilder &b, Value table, Value selection) {
  Type element =
      cast<MemRefType>(contraction.getInputs()[0].getType()).getElementType();
  Value bytes = LookupOp::create(b, loc, table, selection);
  int64_t count = kernel.getLanes() * getPartSize(kernel);
  return vector::BitCastOp::create(b, loc, VectorType::get({count}, element),
                                   bytes);
}
