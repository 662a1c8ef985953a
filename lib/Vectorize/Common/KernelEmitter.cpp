//===- KernelEmitter.cpp - Register-tiled contractions --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"

#include "ContractionLayout.h"
#include "DotEmitter.h"
#include "MatrixEmitter.h"
#include "TileEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "nnq/Support/Contraction.h"
#include "nnq/Support/TargetInfo.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nnq;

TileEmitter::TileEmitter(OpBuilder &builder, const KernelGroup &group)
    : KernelOperands(builder, group), builder(builder) {
  if (TargetAttr target = findTarget(contraction))
    registers = target.getVectorRegisters();
  if (!isPairKernel())
    this->group.bias = group.findBias();
  // What scales the sums of groups is shared by rows of one line.
  if (!group.scaling)
    shape.lineLoop = findLineLoop();
  if (shape.lineLoop >= 0)
    shape.width = rootShape[shape.rowLoop];
  accType =
      cast<MemRefType>(contraction.getOutputs()[0].getType()).getElementType();
}

/// The factor as the body of the contraction extends it.
Value TileEmitter::extend(OpBuilder &b, Value value, unsigned arg) {
  return emitExtended(b, loc, value, accType,
                      contraction.getBlock()->getArgument(arg));
}

Value TileEmitter::multiplyAdd(OpBuilder &b, Value x, Value w, Value acc) {
  int64_t lanes = kernel.getLanes(), size = getPartSize(kernel);
  if (size == 1) {
    Value splat = vector::BroadcastOp::create(
        b, loc, VectorType::get({lanes}, accType), extend(b, x, 0));
    Value factor = extend(b, w, 1);
    if (isa<FloatType>(accType))
      return vector::FMAOp::create(b, loc, splat, factor, acc);
    Value product = arith::MulIOp::create(b, loc, splat, factor);
    return arith::AddIOp::create(b, loc, acc, product);
  }
  AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1),
             d2 = b.getAffineDimExpr(2);
  if (addsPartsUp() && !kernel.getBits()) {
    Value sum = emitContract(b, loc, {d1, d2}, {d1, d0, d2}, {d0},
                             extend(b, x, 0), extend(b, w, 1), acc);
    // Packing has made sure of it.
    sum.getDefiningOp()->setAttr(kFitsI16Attr, b.getUnitAttr());
    return sum;
  }
  Type element = cast<VectorType>(w.getType()).getElementType();
  int64_t columns = isPairKernel() ? 2 : lanes;
  Value matrix = vector::ShapeCastOp::create(
      b, loc, VectorType::get({columns, size}, element), w);
  Value factor = extend(b, x, 0);
  matrix = extend(b, matrix, 1);
  if (!isPairKernel())
    return emitRowByColumns(b, loc, factor, matrix, acc);
  return emitContract(b, loc, {d0, d2}, {d1, d2}, {d0, d1}, factor, matrix,
                      acc);
}

/// Steps in one iteration of the innermost reduction loop: enough dots to hide
/// the loop and to share reads, few enough for the cache of decoded
/// instructions. Rows that overlap are unrolled only as far as the weights of
/// all steps fit in registers beside the accumulators, a group of the
/// activation and a product.
int64_t TileEmitter::unrollFactor(const Tile &tile) const {
  constexpr int64_t kMaxDots = 24;
  int64_t rows = accumulatorRows(tile);
  // Whole groups, whose sums then are in registers for a short time only.
  constexpr int64_t kMaxPackedDots = 160;
  int64_t limit = (kernel.getBits() ? kMaxPackedDots : kMaxDots) /
                  (rows * tile.blocks * getNumParts(kernel));
  bool isStepByStep = kernel.getBits() || selectsPlaces(kernel.getSparse());
  if (rows > 1 && !isStepByStep)
    limit = std::min(limit, ((registers - 2) / tile.blocks - rows) /
                                getNumParts(kernel));
  int64_t trip = reductionShape.back();
  // The index of the second of two iterations is a constant, for which LLVM
  // ends the first's before it is due: all reads come first, and accumulators
  // are spilled. With groups of 64 weights of 4 bits that takes twice the time.
  if (trip == 2)
    return trip;
  for (int64_t factor = std::min(trip, limit); factor > 1; --factor)
    if (trip % factor == 0 && trip != 2 * factor)
      return factor;
  return 1;
}

/// Unrolled reduction steps from `reductions` on. Accumulators are ordered by
/// row (or pair of rows), then block (or pair of channels).
SmallVector<Value> TileEmitter::emitSteps(OpBuilder &b, const Tile &tile,
                                          ArrayRef<OpFoldResult> reductions,
                                          ValueRange accumulators) {
  SmallVector<Value> result(accumulators);
  if (kernel.getBits() || kernel.getSparse() == SparseKind::TwoOfFour) {
    for (int64_t step = 0; step < unrollFactor(tile); ++step) {
      SmallVector<OpFoldResult> at(reductions);
      at.back() = emitOffset(b, loc, at.back(), step);
      if (kernel.getBits())
        emitPackedStep(b, tile, at, result);
      else
        emitPlacedStep(b, tile, at, result);
    }
    return result;
  }
  SmallVector<SmallVector<OpFoldResult>> steps;
  SmallVector<SmallVector<Value>> columns;
  for (int64_t step = 0; step < unrollFactor(tile); ++step) {
    SmallVector<OpFoldResult> at(reductions);
    at.back() = emitOffset(b, loc, at.back(), step);
    columns.push_back(loadColumns(b, tile, at));
    if (prefetches(tile))
      prefetchNext(b, tile, at);
    steps.push_back(std::move(at));
  }
  if (isPairKernel()) {
    for (auto [at, column] : llvm::zip(steps, columns)) {
      SmallVector<Value> rows = loadRowPairs(b, tile, at, /*part=*/0);
      for (auto [i, row] : llvm::enumerate(rows))
        for (auto [j, weights] : llvm::enumerate(column)) {
          Value &acc = result[i * column.size() + j];
          acc = multiplyAdd(b, row, weights, acc);
        }
    }
    return result;
  }
  // Neighbouring windows overlap: rows and steps that read the same group come
  // one after the other, so that it is loaded once and soon dead.
  struct Use {
    int64_t offset, row, step;
  };
  SmallVector<Use> uses;
  for (int64_t step = 0, count = steps.size(); step < count; ++step)
    for (int64_t row = 0; row < accumulatorRows(tile); ++row) {
      std::optional<int64_t> offset = rowOffset(row);
      // Without static strides each use has an offset of its own.
      int64_t own = step * accumulatorRows(tile) + row;
      uses.push_back(
          {offset ? *offset + step * kernel.getGroup() : own, row, step});
    }
  llvm::sort(uses, [](const Use &a, const Use &b) {
    return std::tie(a.offset, a.step, a.row) <
           std::tie(b.offset, b.step, b.row);
  });
  Value x;
  for (auto [i, use] : llvm::enumerate(uses)) {
    if (i == 0 || use.offset != uses[i - 1].offset)
      x = loadGroup(b, contractionLoops(b, tile, use.row, steps[use.step]));
    for (auto [j, weights] : llvm::enumerate(columns[use.step])) {
      Value &acc = result[use.row * tile.blocks + j];
      acc = multiplyAdd(b, x, weights, acc);
    }
  }
  return result;
}

SmallVector<Value>
TileEmitter::emitReductionLoops(OpBuilder &b, const Tile &tile,
                                SmallVectorImpl<OpFoldResult> &indices,
                                ValueRange accumulators) {
  if (indices.size() == reductionShape.size())
    return emitSteps(b, tile, indices, accumulators);
  int64_t size = reductionShape[indices.size()];
  bool innermost = indices.size() + 1 == reductionShape.size();
  if (innermost && group.expansion && group.expansion->hasLists())
    return emitList(b, tile, indices, accumulators);
  int64_t by = innermost ? unrollFactor(tile) : 1;
  if (size == by) {
    indices.push_back(b.getIndexAttr(0));
    SmallVector<Value> result =
        emitReductionLoops(b, tile, indices, accumulators);
    indices.pop_back();
    return result;
  }
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value end = arith::ConstantIndexOp::create(b, loc, size);
  Value step = arith::ConstantIndexOp::create(b, loc, by);
  auto loop = scf::ForOp::create(
      b, loc, zero, end, step, accumulators,
      [&](OpBuilder &nested, Location, Value iv, ValueRange args) {
        indices.push_back(iv);
        scf::YieldOp::create(nested, loc,
                             emitReductionLoops(nested, tile, indices, args));
        indices.pop_back();
      });
  return SmallVector<Value>(loop.getResults());
}

SmallVector<Value> TileEmitter::emitReduction(OpBuilder &b, const Tile &tile) {
  int64_t rows = accumulatorRows(tile), lanes = kernel.getLanes();
  auto type = VectorType::get({lanes}, accType);
  int64_t count = rows * tile.blocks;
  if (isPairKernel()) {
    type = VectorType::get({2, 2}, accType);
    count = llvm::divideCeil(rows, 2) * tile.blocks * (lanes / 2);
  }
  SmallVector<Value> accumulators;
  if (OpOperand *bias = group.bias) {
    AffineMap map = group.epilogue.getMatchingIndexingMap(bias);
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t block = 0; block < tile.blocks; ++block)
        accumulators.push_back(
            emitLoadRow(b, loc, bias->get(), map,
                        getTileIndices(b, loc, shape, tile, row, block),
                        getTileLanes(shape, tile, block)));
  } else {
    linalg::FillOp init = group.init;
    Value start =
        vector::BroadcastOp::create(b, loc, type, init.getInputs()[0]);
    accumulators.assign(count, start);
  }
  if (group.scaling)
    return emitGroups(b, tile, accumulators);
  SmallVector<OpFoldResult> indices;
  return finishRows(b, tile,
                    emitReductionLoops(b, tile, indices, accumulators));
}

/// Accumulators as rows of `lanes` channels, ordered by row, then block.
SmallVector<Value> TileEmitter::finishRows(OpBuilder &b, const Tile &tile,
                                           ValueRange accumulators) {
  if (!isPairKernel())
    return SmallVector<Value>(accumulators);
  int64_t lanes = kernel.getLanes();
  int64_t pairs = tile.blocks * (lanes / 2);
  SmallVector<Value> result;
  for (int64_t row = 0; row < accumulatorRows(tile); ++row)
    for (int64_t block = 0; block < tile.blocks; ++block) {
      Value joined;
      for (int64_t pair = 0; pair < lanes / 2; ++pair) {
        Value acc = accumulators[row / 2 * pairs + block * (lanes / 2) + pair];
        Value part =
            vector::ExtractOp::create(b, loc, acc, ArrayRef<int64_t>{row % 2});
        if (!joined) {
          joined = part;
          continue;
        }
        int64_t have = cast<VectorType>(joined.getType()).getDimSize(0);
        // Shuffles need operands of one length only in LLVM, not in vector.
        joined = vector::ShuffleOp::create(
            b, loc, joined, part,
            llvm::to_vector(llvm::seq<int64_t>(0, have + 2)));
      }
      result.push_back(joined);
    }
  return result;
}

void TileEmitter::emitTile(OpBuilder &b, const Tile &tile) {
  SmallVector<Value> rows = emitReduction(b, tile);
  int64_t lanes = kernel.getLanes();
  if (group.pool) {
    linalg::GenericOp pool = group.pool;
    SmallVector<Value> pooled;
    for (int64_t row = 0; row < tile.rows; ++row)
      for (int64_t block = 0; block < tile.blocks; ++block) {
        Value max;
        for (int64_t point = 0; point < window; ++point) {
          Value next = rows[(row * window + point) * tile.blocks + block];
          if (!max) {
            max = next;
            continue;
          }
          SmallVector<Value> args(pool.getBlock()->getNumArguments());
          args.front() = next;
          args.back() = max;
          max = emitBody(b, pool, args, lanes);
        }
        pooled.push_back(max);
      }
    rows = std::move(pooled);
  }

  emitStoreTile(b, group, shape, tile, rows);
}

void TileEmitter::emit() {
  if (kernel.getPanel())
    usePanel(builder);
  TileShape tiled = shape;
  SmallVector<int64_t> sizes(rootShape);
  int64_t rows = kernel.getTileRows(), width = 1;
  if (shape.lineLoop >= 0) {
    // Tiles of whole lines.
    width = shape.width;
    rows /= width;
    tiled.rowLoop = shape.lineLoop;
    sizes[shape.rowLoop] = 1;
  }
  emitTiles(
      builder, loc, tiled, sizes, rows, kernel.getTileBlocks(),
      getBlockLoop(group, kernel.getChannelsOuter()),
      [&](OpBuilder &b, const Tile &tile) {
        Tile whole = tile;
        whole.rows *= width;
        emitTile(b, whole);
      },
      [&](OpBuilder &b, const Tile &tile) {
        if (kernel.getPanel())
          unpackTile(b, tile);
      });
}

bool nnq::canEmitKernel(const KernelGroup &group, std::string &reason) {
  linalg::GenericOp op = group.reduction, root = group.root();
  auto weights = dyn_cast<MemRefType>(op.getInputs().back().getType());
  SmallVector<int64_t> inner{group.kernel.getLanes(),
                             getPartSpan(group.kernel)};
  if (int64_t parts = getNumParts(group.kernel); parts > 1)
    inner.insert(inner.begin(), parts);
  if (!isMultiplyAddBody(op) || !weights ||
      weights.getRank() < static_cast<int64_t>(inner.size()) + 1 ||
      !weights.getLayout().isIdentity() ||
      weights.getShape().take_back(inner.size()) != ArrayRef(inner)) {
    reason = "the weights are not packed for the kernel";
    return false;
  }
  AffineMap map = op.getIndexingMapsArray()[1];
  int64_t numReductions = op.getNumReductionLoops();
  unsigned channel = op.getNumLoops() - numReductions - 1;
  int64_t block = map.getNumResults() - 2 - numReductions;
  if (group.scaling)
    --block;
  if (block < 0 || !map.getResult(block).isFunctionOfDim(channel)) {
    reason = "what scales the sums of its groups does not follow at once";
    return false;
  }
  if (group.kernel.getGroup() > 1 &&
      getLoopStride(cast<MemRefType>(op.getInputs()[0].getType()),
                    op.getIndexingMapsArray()[0], op.getNumLoops() - 1) != 1) {
    reason = "the activation is not contiguous along a group";
    return false;
  }
  AffineMap out = root.getIndexingMapsArray().back();
  if (getLoopStride(cast<MemRefType>(root.getOutputs()[0].getType()), out,
                    out.getNumResults() - 1) != 1) {
    reason = "channels of the result are not contiguous";
    return false;
  }
  return group.kernel.getDot() != DotKind::TDPBUSD ||
         MatrixEmitter::canEmit(group, reason);
}

void nnq::emitKernel(OpBuilder &builder, const KernelGroup &group) {
  if (group.kernel.getDot() == DotKind::TDPBUSD)
    MatrixEmitter(builder, group).emit();
  else
    TileEmitter(builder, group).emit();
}
