//===- GroupSteps.cpp - Weights of 4 bits and sums of groups --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"

#include "ContractionLayout.h"
#include "DotEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace nnq;

/// Zeros of 16 bits, in which all parts of a group are added up before they are
/// widened; none where an instruction adds to 32 bits.
SmallVector<Value> TileEmitter::startNarrow(OpBuilder &b,
                                            ArrayRef<Value> accumulators) {
  if (!addsPartsUp())
    return {};
  auto type = VectorType::get({kernel.getLanes(), 2}, b.getI16Type());
  return SmallVector<Value>(
      accumulators.size(),
      arith::ConstantOp::create(b, loc, b.getZeroAttr(type)));
}

void TileEmitter::addNarrow(OpBuilder &b, ArrayRef<Value> narrow,
                            MutableArrayRef<Value> accumulators) {
  auto type = VectorType::get({kernel.getLanes(), 2}, b.getI32Type());
  for (auto [sum, acc] : llvm::zip(narrow, accumulators)) {
    Value wide = arith::ExtSIOp::create(b, loc, type, sum);
    acc = vector::MultiDimReductionOp::create(b, loc, wide, acc,
                                              ArrayRef<bool>{false, true},
                                              vector::CombiningKind::ADD);
  }
}

/// One reduction step with weights packed in parts of bytes. Accumulators as
/// in emitSteps.
void TileEmitter::emitPackedStep(OpBuilder &b, const Tile &tile,
                                 ArrayRef<OpFoldResult> reductions,
                                 MutableArrayRef<Value> accumulators) {
  int64_t slice = getNumParts(kernel) * kernel.getBits() / 8;
  SmallVector<Value> narrow = startNarrow(b, accumulators);
  auto add = [&](Value x, Value w, size_t at) {
    if (addsPartsUp())
      narrow[at] = emitPairDot(b, loc, kernel.getDot(), x, w, narrow[at]);
    else
      accumulators[at] = multiplyAdd(b, x, w, accumulators[at]);
  };
  for (int64_t place = 0; place < slice; ++place) {
    SmallVector<SmallVector<Value>> columns =
        loadNarrowParts(b, tile, reductions, place);
    for (auto [k, column] : llvm::enumerate(columns)) {
      int64_t part = place + static_cast<int64_t>(k) * slice;
      if (isPairKernel()) {
        SmallVector<Value> rows = loadRowPairs(b, tile, reductions, part);
        for (auto [i, x] : llvm::enumerate(rows))
          for (auto [j, w] : llvm::enumerate(column))
            add(x, w, i * column.size() + j);
        continue;
      }
      for (int64_t row = 0; row < accumulatorRows(tile); ++row) {
        Value x =
            loadGroup(b, contractionLoops(b, tile, row, reductions, part));
        for (auto [j, w] : llvm::enumerate(column))
          add(x, w, row * tile.blocks + j);
      }
    }
  }
  addNarrow(b, narrow, accumulators);
}

/// Sums of groups, scaled and added up; `zeros` are where those of a group
/// start.
SmallVector<Value> TileEmitter::emitGroups(OpBuilder &b, const Tile &tile,
                                           ValueRange zeros) {
  linalg::FillOp init = group.scalingInit;
  Value start = vector::BroadcastOp::create(
      b, loc,
      VectorType::get({kernel.getLanes()}, init.getInputs()[0].getType()),
      init.getInputs()[0]);
  SmallVector<Value> totals(accumulatorRows(tile) * tile.blocks, start);
  arith::SubIOp correction = findCorrection();
  auto emitOne = [&](OpBuilder &nested, OpFoldResult index,
                     ValueRange running) {
    SmallVector<Value> starts(zeros);
    if (correction)
      starts = startGroups(nested, tile, index, correction, zeros);
    SmallVector<OpFoldResult> indices{index};
    SmallVector<Value> sums = finishRows(
        nested, tile, emitReductionLoops(nested, tile, indices, starts));
    return scaleGroups(nested, tile, index, correction, sums, running);
  };
  if (reductionShape.front() == 1)
    return emitOne(b, b.getIndexAttr(0), totals);
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value end = arith::ConstantIndexOp::create(b, loc, reductionShape.front());
  Value step = arith::ConstantIndexOp::create(b, loc, 1);
  auto loop = scf::ForOp::create(
      b, loc, zero, end, step, totals,
      [&](OpBuilder &nested, Location, Value index, ValueRange running) {
        scf::YieldOp::create(nested, loc, emitOne(nested, index, running));
      });
  return SmallVector<Value>(loop.getResults());
}

/// All lanes of a block, whose first one `loops` is at.
Value TileEmitter::emitLoadBlock(OpBuilder &b, Value memref, AffineMap map,
                                 ArrayRef<OpFoldResult> loops) {
  SmallVector<Value> at =
      emitIndices(b, loc, map.getMajorSubMap(map.getNumResults() - 1), loops);
  at.push_back(arith::ConstantIndexOp::create(b, loc, 0));
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  return vector::LoadOp::create(b, loc, VectorType::get({shape.lanes}, element),
                                memref, at);
}

/// What the body of the sum over groups subtracts from the sum of one of them
/// before anything else, if it is the same for all rows: what the zero point of
/// the activation adds to products with these weights.
arith::SubIOp TileEmitter::findCorrection() {
  linalg::GenericOp scaling = group.scaling;
  // Accumulators of pairs of rows are no rows of results.
  if (isPairKernel())
    return {};
  auto isOfAllRows = [&](BlockArgument arg) {
    OpOperand *operand = scaling.getMatchingOpOperand(arg);
    return scaling.isDpsInput(operand) &&
           operand->get() != contraction.getOutputs()[0] &&
           (shape.rowLoop < 0 ||
            !scaling.getMatchingIndexingMap(operand).isFunctionOfDim(
                shape.rowLoop));
  };
  for (BlockArgument sum : scaling.getBlock()->getArguments()) {
    OpOperand *operand = scaling.getMatchingOpOperand(sum);
    if (operand->get() != contraction.getOutputs()[0] || !sum.hasOneUse())
      continue;
    auto correction = dyn_cast<arith::SubIOp>(*sum.user_begin());
    if (!correction || correction.getLhs() != sum)
      return {};
    for (Operation &op : *scaling.getBlock()) {
      if (matchPattern(&op, m_Constant()))
        continue;
      for (Value value : op.getOperands())
        if (auto arg = dyn_cast<BlockArgument>(value);
            arg && arg != sum && arg.getOwner() == op.getBlock() &&
            !isOfAllRows(arg))
          return {};
      if (&op == correction)
        return correction;
      // What follows has no need of what comes before.
      for (Operation *user : op.getUsers())
        if (user != correction && !user->isBeforeInBlock(correction))
          return {};
    }
  }
  return {};
}

/// Operands of the sum over groups for a row by a block; `shared` are those
/// that all rows read.
SmallVector<Value> TileEmitter::loadScaling(OpBuilder &b, const Tile &tile,
                                            OpFoldResult index, int64_t row,
                                            int64_t block, Value sum,
                                            SharedOperands &shared) {
  linalg::GenericOp scaling = group.scaling;
  LoopIndices loops = getTileIndices(b, loc, shape, tile, row, block);
  loops.push_back(index);
  SmallVector<Value> args;
  for (OpOperand *operand : scaling.getDpsInputOperands()) {
    if (operand->get() == contraction.getOutputs()[0]) {
      args.push_back(sum);
      continue;
    }
    AffineMap map = scaling.getMatchingIndexingMap(operand);
    bool isShared = shape.rowLoop < 0 || !map.isFunctionOfDim(shape.rowLoop);
    Value own;
    Value &value = isShared ? shared[{operand, block}] : own;
    if (!value)
      value = isBlockMap(map, shape.laneLoop, shape.lanes)
                  ? emitLoadBlock(b, operand->get(), map, loops)
                  : emitLoadRow(b, loc, operand->get(), map, loops,
                                getTileLanes(shape, tile, block));
    args.push_back(value);
  }
  return args;
}

/// Accumulators of a group from which `correction` has been subtracted already,
/// once for all rows.
SmallVector<Value> TileEmitter::startGroups(OpBuilder &b, const Tile &tile,
                                            OpFoldResult index,
                                            arith::SubIOp correction,
                                            ValueRange zeros) {
  SharedOperands shared;
  SmallVector<Value> starts;
  for (int64_t block = 0; block < tile.blocks; ++block) {
    SmallVector<Value> args =
        loadScaling(b, tile, index, /*row=*/0, block, zeros[block], shared);
    args.push_back(Value());
    starts.push_back(emitBody(b, group.scaling, args, kernel.getLanes(),
                              correction.getResult()));
  }
  SmallVector<Value> result;
  for (int64_t row = 0; row < accumulatorRows(tile); ++row)
    llvm::append_range(result, starts);
  return result;
}

/// The body of the sum over groups for one of them, behind `correction` if
/// `sums` have that already.
SmallVector<Value> TileEmitter::scaleGroups(OpBuilder &b, const Tile &tile,
                                            OpFoldResult index,
                                            arith::SubIOp correction,
                                            ValueRange sums,
                                            ValueRange totals) {
  SmallVector<Value> result;
  // What all rows share is read once.
  SharedOperands shared;
  for (int64_t row = 0; row < accumulatorRows(tile); ++row)
    for (int64_t block = 0; block < tile.blocks; ++block) {
      size_t at = row * tile.blocks + block;
      SmallVector<Value> args =
          loadScaling(b, tile, index, row, block, sums[at], shared);
      args.push_back(totals[at]);
      result.push_back(
          correction
              ? emitRestOfBody(b, group.scaling, correction, sums[at], args)
              : emitBody(b, group.scaling, args, kernel.getLanes()));
    }
  return result;
}
