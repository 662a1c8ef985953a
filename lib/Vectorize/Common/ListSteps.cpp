//===- ListSteps.cpp - Reductions over lists of blocks --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"

#include "ContractionLayout.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace nnq;

/// Sets of accumulators for the entries of a list in turn, so that there are
/// enough chains of dots to hide their latency. Products of integers are added
/// in one cycle.
int64_t TileEmitter::countChains(const Tile &tile) const {
  constexpr int64_t kChains = 8;
  DotKind dot = kernel.getDot();
  if (dot == DotKind::VPMADDWD || addsInI16(dot) || dot == DotKind::None)
    return 1;
  int64_t count = accumulatorRows(tile) * tile.blocks;
  return std::max<int64_t>(1, kChains / count);
}

/// Multiplies the blocks of a group from `entry` of a list on.
void TileEmitter::emitEntry(OpBuilder &b, const Tile &tile,
                            ArrayRef<OpFoldResult> outer, Value entry,
                            MutableArrayRef<Value> accumulators) {
  if (hasWindows(kernel.getSparse()))
    return emitWindows(b, tile, outer, entry, accumulators);
  SmallVector<OpFoldResult> steps = loadSteps(b, entry);
  SmallVector<Value> column = loadListColumns(b, tile, entry);
  SmallVector<Value> rows;
  if (isPairKernel()) {
    SmallVector<OpFoldResult> reductions(outer);
    reductions.push_back(steps.front());
    rows = loadRowPairs(b, tile, reductions, /*part=*/0);
  } else {
    for (int64_t row = 0; row < accumulatorRows(tile); ++row)
      rows.push_back(loadListGroup(b, tile, row, outer, steps));
  }
  for (auto [i, row] : llvm::enumerate(rows))
    for (auto [j, weights] : llvm::enumerate(column)) {
      Value &acc = accumulators[i * column.size() + j];
      acc = multiplyAdd(b, row, weights, acc);
    }
}

/// All blocks of the list of `tile` at steps of the outer reductions.
SmallVector<Value> TileEmitter::emitList(OpBuilder &b, const Tile &tile,
                                         ArrayRef<OpFoldResult> outer,
                                         ValueRange accumulators) {
  auto [begin, end] = loadList(b, tile, outer);
  int64_t chains = countChains(tile), by = getNumParts(kernel);
  auto emitLoop = [&](Value from, Value to, int64_t count, ValueRange inits) {
    Value step = arith::ConstantIndexOp::create(b, loc, count * by);
    auto loop = scf::ForOp::create(
        b, loc, from, to, step, inits,
        [&](OpBuilder &nested, Location, Value entry, ValueRange args) {
          SmallVector<Value> sums(args);
          for (int64_t i = 0; i < count; ++i) {
            OpFoldResult at = emitOffset(nested, loc, entry, i * by);
            size_t size = accumulators.size();
            emitEntry(nested, tile, outer,
                      getValueOrCreateConstantIndexOp(nested, loc, at),
                      MutableArrayRef(sums).slice(i * size, size));
          }
          scf::YieldOp::create(nested, loc, sums);
        });
    return SmallVector<Value>(loop.getResults());
  };
  if (chains == 1)
    return emitLoop(begin, end, 1, accumulators);
  SmallVector<Value> sums(accumulators);
  for (int64_t i = 1; i < chains; ++i)
    for (Value acc : accumulators)
      sums.push_back(
          arith::ConstantOp::create(b, loc, b.getZeroAttr(acc.getType())));
  Value turn = arith::ConstantIndexOp::create(b, loc, chains * by);
  Value length = arith::SubIOp::create(b, loc, end, begin);
  Value rest = arith::RemUIOp::create(b, loc, length, turn);
  Value middle = arith::SubIOp::create(b, loc, end, rest);
  sums = emitLoop(begin, middle, chains, sums);
  SmallVector<Value> totals;
  size_t size = accumulators.size();
  for (size_t i = 0; i < size; ++i) {
    Value total = sums[i];
    for (int64_t chain = 1; chain < chains; ++chain) {
      Value next = sums[chain * size + i];
      total = isa<FloatType>(accType)
                  ? Value(arith::AddFOp::create(b, loc, total, next))
                  : Value(arith::AddIOp::create(b, loc, total, next));
    }
    totals.push_back(total);
  }
  return emitLoop(middle, end, 1, totals);
}
