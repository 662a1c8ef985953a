//===- BlockExpansion.cpp - Weights of lists of blocks --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "BlockExpansion.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace nnq;

/// `acc` and the weight, if block `entry` is in the list from `start` to `end`
/// and at `step`.
static Value emitBody(OpBuilder &b, Location loc, ValueRange args, Value entry,
                      Value step) {
  auto toIndex = [&](Value value) -> Value {
    return arith::IndexCastUIOp::create(b, loc, b.getIndexType(), value);
  };
  auto compare = [&](arith::CmpIPredicate predicate, Value lhs,
                     Value rhs) -> Value {
    return arith::CmpIOp::create(b, loc, predicate, lhs, rhs);
  };
  Value start = args[0], end = args[1], at = args[2], weight = args[3],
        acc = args[4];
  Value isBehind = compare(arith::CmpIPredicate::uge, entry, toIndex(start));
  Value isBefore = compare(arith::CmpIPredicate::ult, entry, toIndex(end));
  Value isHere = compare(arith::CmpIPredicate::eq, step, toIndex(at));
  Value isIn = arith::AndIOp::create(b, loc, isBehind, isBefore);
  isIn = arith::AndIOp::create(b, loc, isIn, isHere);
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(acc.getType()));
  Value number = arith::SelectOp::create(b, loc, isIn, weight, zero);
  if (isa<FloatType>(acc.getType()))
    return arith::AddFOp::create(b, loc, acc, number);
  return arith::AddIOp::create(b, loc, acc, number);
}

Value nnq::emitBlockExpansion(OpBuilder &builder, Location loc,
                              RankedTensorType type, const BlockLists &lists,
                              int64_t tileBlocks, bool hasParts,
                              StringRef name) {
  MLIRContext *context = builder.getContext();
  ArrayRef<int64_t> shape = type.getShape();
  unsigned rank = type.getRank();
  int64_t lanes = shape[rank - 2], part = shape[rank - 1];
  // Of nothing but zeros one block is kept: there are no empty tensors.
  int64_t entries = std::max<int64_t>(lists.getNumEntries(), 1);
  auto constant = [&](ArrayRef<int64_t> sizes, Type element, StringRef suffix,
                      std::vector<char> bytes) {
    auto its = RankedTensorType::get(sizes, element);
    bytes.resize(its.getNumElements() * its.getElementTypeBitWidth() / 8, 0);
    return makeConstant(builder, loc, its, (name + suffix).str(), bytes);
  };
  Value bounds = constant({static_cast<int64_t>(lists.bounds.size()), 2},
                          builder.getI32Type(), "_bounds",
                          asBytes<std::array<int32_t, 2>>(lists.bounds).vec());
  Value steps = constant(entries, builder.getIntegerType(lists.getStepBits()),
                         "_steps", lists.getStepBytes());
  Value values = constant({entries, tileBlocks, lanes, part},
                          type.getElementType(), "", lists.values);

  AffineExpr block = builder.getAffineDimExpr(0),
             entry = builder.getAffineDimExpr(rank);
  AffineExpr list = block.floorDiv(tileBlocks);
  unsigned step = rank - 3 - hasParts;
  for (unsigned loop = 1; loop < step; ++loop)
    list = list * shape[loop] + builder.getAffineDimExpr(loop);
  AffineMap weights = AffineMap::get(rank + 1, 0,
                                     {entry, block % tileBlocks,
                                      builder.getAffineDimExpr(rank - 2),
                                      builder.getAffineDimExpr(rank - 1)},
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
  Value empty =
      tensor::EmptyOp::create(builder, loc, shape, type.getElementType());
  Value zero = arith::ConstantOp::create(
      builder, loc, builder.getZeroAttr(type.getElementType()));
  Value zeros = linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
  return linalg::GenericOp::create(
             builder, loc, type, ValueRange{bounds, bounds, steps, values},
             zeros, maps, iterators,
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
               linalg::YieldOp::create(b, at, emitBody(b, at, args, of, here));
             })
      .getResult(0);
}

std::optional<BlockExpansion> BlockExpansion::find(Value buffer,
                                                   Operation *reader) {
  if (!buffer.getDefiningOp<memref::AllocOp>())
    return std::nullopt;
  BlockExpansion found;
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
  if (!found.op || !found.init || found.op.getNumDpsInputs() != 4 ||
      found.op.getNumReductionLoops() != 1 ||
      found.op.getOutputs()[0] != buffer ||
      found.getBounds() != found.op.getInputs()[1])
    return std::nullopt;
  for (Value input : found.op.getInputs())
    if (!input.getDefiningOp<memref::GetGlobalOp>())
      return std::nullopt;
  bool selectsEntries = llvm::any_of(*found.op.getBlock(), [](Operation &op) {
    return isa<linalg::IndexOp>(op);
  });
  return selectsEntries ? std::optional(found) : std::nullopt;
}
