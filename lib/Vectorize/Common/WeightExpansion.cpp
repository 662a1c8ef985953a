//===- WeightExpansion.cpp - Weights without their zeros ------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "WeightExpansion.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace nnq;

Value nnq::emitZeros(OpBuilder &builder, Location loc, RankedTensorType type) {
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                        type.getElementType());
  Value zero = arith::ConstantOp::create(
      builder, loc, builder.getZeroAttr(type.getElementType()));
  return linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
}

Value nnq::emitAddIf(OpBuilder &b, Location loc, Value isIn, Value weight,
                     Value acc) {
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(acc.getType()));
  Value number = arith::SelectOp::create(b, loc, isIn, weight, zero);
  if (isa<FloatType>(acc.getType()))
    return arith::AddFOp::create(b, loc, acc, number);
  return arith::AddIOp::create(b, loc, acc, number);
}

Value nnq::emitIsListed(OpBuilder &b, Location loc, Value entry, Value start,
                        Value end) {
  auto compare = [&](arith::CmpIPredicate predicate, Value bound) -> Value {
    return arith::CmpIOp::create(
        b, loc, predicate, entry,
        arith::IndexCastUIOp::create(b, loc, b.getIndexType(), bound));
  };
  Value isBehind = compare(arith::CmpIPredicate::uge, start);
  return arith::AndIOp::create(b, loc, isBehind,
                               compare(arith::CmpIPredicate::ult, end));
}

ListConstants nnq::makeListConstants(OpBuilder &builder, Location loc,
                                     const BlockLists &lists, StringRef name) {
  std::vector<char> steps = lists.getStepBytes();
  int64_t bits = lists.getStepBits(), entries = lists.getNumStored();
  steps.resize(entries * bits / 8, 0);
  auto constant = [&](ArrayRef<int64_t> sizes, int64_t width, StringRef suffix,
                      ArrayRef<char> bytes) {
    return makeConstant(
        builder, loc,
        RankedTensorType::get(sizes, builder.getIntegerType(width)),
        (name + suffix).str(), bytes);
  };
  return {constant({static_cast<int64_t>(lists.bounds.size()), 2}, 32,
                   "_bounds", asBytes<std::array<int32_t, 2>>(lists.bounds)),
          constant(entries, bits, "_steps", steps)};
}

AffineExpr nnq::getListNumber(RankedTensorType type, int64_t tileBlocks,
                              bool hasParts) {
  MLIRContext *context = type.getContext();
  AffineExpr list = getAffineDimExpr(0, context).floorDiv(tileBlocks);
  for (unsigned loop = 1; loop < type.getRank() - 3 - hasParts; ++loop)
    list = list * type.getDimSize(loop) + getAffineDimExpr(loop, context);
  return list;
}

Value nnq::emitBlockExpansion(OpBuilder &builder, Location loc,
                              RankedTensorType type, const BlockLists &lists,
                              int64_t tileBlocks, bool hasParts,
                              StringRef name) {
  MLIRContext *context = builder.getContext();
  ArrayRef<int64_t> shape = type.getShape();
  unsigned rank = type.getRank();
  int64_t lanes = shape[rank - 2], part = shape[rank - 1];
  auto [bounds, steps] = makeListConstants(builder, loc, lists, name);
  auto stored = RankedTensorType::get(
      {lists.getNumStored(), tileBlocks, lanes, part}, type.getElementType());
  std::vector<char> bytes = lists.values;
  bytes.resize(stored.getNumElements() * stored.getElementTypeBitWidth() / 8,
               0);
  Value values = makeConstant(builder, loc, stored, name, bytes);

  AffineExpr entry = builder.getAffineDimExpr(rank);
  AffineExpr list = getListNumber(type, tileBlocks, hasParts);
  unsigned step = rank - 3 - hasParts;
  AffineMap weights = AffineMap::get(
      rank + 1, 0,
      {entry, builder.getAffineDimExpr(0) % tileBlocks,
       builder.getAffineDimExpr(rank - 2), builder.getAffineDimExpr(rank - 1)},
      context);
  AffineMap result =
      builder.getMultiDimIdentityMap(rank + 1).getMajorSubMap(rank);
  auto boundMap = [&](int64_t which) {
    return AffineMap::get(
        rank + 1, 0, {list, builder.getAffineConstantExpr(which)}, context);
  };
  AffineMap maps[] = {boundMap(0), boundMap(1),
                      AffineMap::get(rank + 1, 0, entry), weights, result};
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators.push_back(utils::IteratorType::reduction);
  return linalg::GenericOp::create(
             builder, loc, type, ValueRange{bounds, bounds, steps, values},
             emitZeros(builder, loc, type), maps, iterators,
             [&](OpBuilder &b, Location at, ValueRange args) {
               Value here = linalg::IndexOp::create(b, at, step);
               if (hasParts) {
                 Value parts =
                     arith::ConstantIndexOp::create(b, at, shape[step + 1]);
                 Value groups = arith::MulIOp::create(b, at, here, parts);
                 Value inGroup = linalg::IndexOp::create(b, at, step + 1);
                 here = arith::AddIOp::create(b, at, groups, inGroup);
               }
               Value of = linalg::IndexOp::create(b, at, rank);
               Value isHere =
                   arith::CmpIOp::create(b, at, arith::CmpIPredicate::eq, here,
                                         arith::IndexCastUIOp::create(
                                             b, at, b.getIndexType(), args[2]));
               Value isIn = arith::AndIOp::create(
                   b, at, emitIsListed(b, at, of, args[0], args[1]), isHere);
               linalg::YieldOp::create(
                   b, at, emitAddIf(b, at, isIn, args[3], args[4]));
             })
      .getResult(0);
}

std::optional<WeightExpansion>
WeightExpansion::find(Value buffer, Operation *reader, SparseKind kind) {
  if (!buffer.getDefiningOp<memref::AllocOp>())
    return std::nullopt;
  WeightExpansion found;
  for (Operation *user : buffer.getUsers()) {
    if (user == reader || isa<memref::DeallocOp>(user))
      continue;
    if (auto fill = dyn_cast<linalg::FillOp>(user); fill && !found.init) {
      found.init = fill;
      continue;
    }
    auto generic = dyn_cast<linalg::GenericOp>(user);
    if (!generic || found.op)
      return std::nullopt;
    found.op = generic;
  }
  bool hasLists = kind != SparseKind::TwoOfFour;
  int64_t inputs = hasWindows(kind) ? 5 : 4;
  if (!found.op || static_cast<bool>(found.init) != hasLists ||
      found.hasLists() != hasLists || found.op.getNumDpsInputs() != inputs ||
      found.op.getOutputs()[0] != buffer)
    return std::nullopt;
  for (Value input : found.op.getInputs())
    if (!input.getDefiningOp<memref::GetGlobalOp>())
      return std::nullopt;
  if (hasLists && found.getBounds() != found.op.getInputs()[1])
    return std::nullopt;
  bool selectsEntries = llvm::any_of(*found.op.getBlock(), [](Operation &op) {
    return isa<linalg::IndexOp>(op);
  });
  return selectsEntries ? std::optional(found) : std::nullopt;
}
