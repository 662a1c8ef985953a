//===- ListOperands.cpp - What a contraction with lists of blocks reads ---===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ContractionLayout.h"
#include "KernelOperands.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace nnq;

static Value emitIndex(OpBuilder &b, Location loc, OpFoldResult base,
                       int64_t offset) {
  return getValueOrCreateConstantIndexOp(b, loc,
                                         emitOffset(b, loc, base, offset));
}

std::pair<Value, Value> KernelOperands::loadList(OpBuilder &b, const Tile &tile,
                                                 ArrayRef<OpFoldResult> outer) {
  // Lists are numbered by tile, then by step of the outer reductions.
  AffineExpr list = b.getAffineDimExpr(0).floorDiv(kernel.getLanes() *
                                                   kernel.getTileBlocks());
  SmallVector<OpFoldResult> at{tile.root[shape.laneLoop]};
  for (auto [i, index] : llvm::enumerate(outer)) {
    list = list * reductionShape[i] + b.getAffineDimExpr(i + 1);
    at.push_back(index);
  }
  OpFoldResult first = affine::makeComposedFoldedAffineApply(
      b, loc, AffineMap::get(at.size(), 0, list), at);
  auto load = [&](int64_t which) -> Value {
    Value at[] = {emitIndex(b, loc, first, 0),
                  arith::ConstantIndexOp::create(b, loc, which)};
    Value bound = memref::LoadOp::create(b, loc, bounds, at);
    return arith::IndexCastUIOp::create(b, loc, b.getIndexType(), bound);
  };
  Value begin = load(0);
  return {begin, load(1)};
}

SmallVector<OpFoldResult> KernelOperands::loadSteps(OpBuilder &b, Value entry) {
  SmallVector<OpFoldResult> steps;
  for (int64_t part = 0; part < getNumParts(kernel); ++part) {
    Value step = memref::LoadOp::create(b, loc, listSteps,
                                        emitIndex(b, loc, entry, part));
    Value index = arith::IndexCastUIOp::create(b, loc, b.getIndexType(), step);
    steps.push_back(index);
  }
  return steps;
}

SmallVector<Value>
KernelOperands::loadListColumns(OpBuilder &b, const Tile &tile, Value entry) {
  int64_t size = kernel.getLanes() * getPartSize(kernel);
  Type element = cast<MemRefType>(weights.getType()).getElementType();
  return makeColumns(
      b, tile,
      [&](int64_t block, int64_t part, int64_t offset, int64_t count) -> Value {
        Value at[] = {
            emitIndex(b, loc, entry, part),
            arith::ConstantIndexOp::create(b, loc, block * size + offset)};
        return vector::LoadOp::create(b, loc, VectorType::get({count}, element),
                                      weights, at);
      });
}

Value KernelOperands::loadListGroup(OpBuilder &b, const Tile &tile, int64_t row,
                                    ArrayRef<OpFoldResult> outer,
                                    ArrayRef<OpFoldResult> steps) {
  SmallVector<OpFoldResult> reductions(outer);
  if (getNumParts(kernel) == 1) {
    reductions.push_back(steps.front());
    return loadGroup(b, contractionLoops(b, tile, row, reductions));
  }
  // Steps count parts, from the first group on.
  reductions.push_back(b.getIndexAttr(0));
  SmallVector<OpFoldResult> loops = contractionLoops(b, tile, row, reductions);
  SmallVector<Value> parts;
  for (OpFoldResult step : steps) {
    loops[loops.size() - 2] = step;
    parts.push_back(loadPart(b, loops));
  }
  return stackParts(b, parts);
}
