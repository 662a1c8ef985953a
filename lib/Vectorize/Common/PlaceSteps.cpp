//===- PlaceSteps.cpp - Weights whose lanes select what they multiply -----===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"

#include "ContractionLayout.h"
#include "DotEmitter.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace nnq;

/// Multiplies the weights of all blocks, those of each part of a group, with
/// what their lanes select in each row. `rows` say where parts lie.
void TileEmitter::multiplyPlaced(
    OpBuilder &b, ArrayRef<SmallVector<Placed>> parts,
    ArrayRef<SmallVector<SmallVector<OpFoldResult>>> rows,
    MutableArrayRef<Value> accumulators) {
  int64_t lanes = kernel.getLanes(), size = getPartSize(kernel);
  AffineExpr l = b.getAffineDimExpr(0), v = b.getAffineDimExpr(1);
  auto asMatrix = [&](Value value) -> Value {
    Type element = cast<VectorType>(value.getType()).getElementType();
    return vector::ShapeCastOp::create(
        b, loc, VectorType::get({lanes, size}, element), value);
  };
  for (auto [row, loops] : llvm::enumerate(rows)) {
    SmallVector<Value> tables;
    for (ArrayRef<OpFoldResult> at : loops)
      tables.push_back(loadSelected(b, at));
    size_t blocks = parts.front().size();
    for (size_t block = 0; block < blocks; ++block) {
      MutableArrayRef<Value> acc = accumulators[row * blocks + block];
      // Sums of 16 bits are in registers for a short time only.
      SmallVector<Value> narrow = startNarrow(b, acc);
      for (auto [table, columns] : llvm::zip_equal(tables, parts)) {
        Placed column = columns[block];
        Value x = select(b, table, column.selection);
        if (addsPartsUp())
          narrow[0] =
              emitPairDot(b, loc, kernel.getDot(), x, column.values, narrow[0]);
        else
          acc[0] = emitContract(b, loc, {l, v}, {l, v}, {l},
                                extend(b, asMatrix(x), 0),
                                extend(b, asMatrix(column.values), 1), acc[0]);
      }
      addNarrow(b, narrow, acc);
    }
  }
}

/// One reduction step with two of four weights. Accumulators as in emitSteps.
void TileEmitter::emitPlacedStep(OpBuilder &b, const Tile &tile,
                                 ArrayRef<OpFoldResult> reductions,
                                 MutableArrayRef<Value> accumulators) {
  for (int64_t pair = 0; pair < getNumParts(kernel) / 2; ++pair) {
    SmallVector<Placed> parts[2];
    for (int64_t block = 0; block < tile.blocks; ++block) {
      auto [first, second] = loadPlaced(b, tile, reductions, block, pair);
      parts[0].push_back(first);
      parts[1].push_back(second);
    }
    // One part after the other: registers have to hold those of one only.
    for (auto [i, part] : llvm::enumerate(parts)) {
      SmallVector<SmallVector<SmallVector<OpFoldResult>>> rows;
      for (int64_t row = 0; row < accumulatorRows(tile); ++row)
        rows.push_back(
            {contractionLoops(b, tile, row, reductions, 2 * pair + i)});
      multiplyPlaced(b, part, rows, accumulators);
    }
  }
}

/// Entries of a list of windows from `entry` on, as many as a group has.
void TileEmitter::emitWindows(OpBuilder &b, const Tile &tile,
                              ArrayRef<OpFoldResult> outer, Value entry,
                              MutableArrayRef<Value> accumulators) {
  SmallVector<OpFoldResult> reductions(outer);
  reductions.push_back(b.getIndexAttr(0));
  SmallVector<SmallVector<Placed>> parts;
  SmallVector<SmallVector<SmallVector<OpFoldResult>>> rows(
      accumulatorRows(tile));
  for (auto [part, step] : llvm::enumerate(loadSteps(b, entry))) {
    OpFoldResult at = emitOffset(b, loc, entry, part);
    parts.push_back(
        loadWindow(b, tile, getValueOrCreateConstantIndexOp(b, loc, at)));
    for (auto [row, loops] : llvm::enumerate(rows)) {
      loops.push_back(contractionLoops(b, tile, row, reductions));
      // Windows begin at any element of the run.
      loops.back().back() = step;
    }
  }
  multiplyPlaced(b, parts, rows, accumulators);
}
