//===- MatrixEmitter.cpp - Contractions by matrices in registers ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "MatrixEmitter.h"

#include "ContractionLayout.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Support/Contraction.h"

using namespace mlir;
using namespace nnq;

MatrixEmitter::MatrixEmitter(OpBuilder &builder, const KernelGroup &group)
    : KernelOperands(builder, group), builder(builder) {}

int64_t MatrixEmitter::Registers::getTurn(int64_t i) const {
  int64_t first = getKept(std::min(down, across));
  return first + i % (kNumMatrices - first);
}

/// Sums, then factors: rows of the activation, and columns of the weights.
void MatrixEmitter::emitConfiguration(OpBuilder &b, const Registers &registers,
                                      int64_t rows) {
  SmallVector<int64_t> allRows(kNumMatrices, rows);
  SmallVector<int64_t> allBytes(kNumMatrices, kMatrixBytes);
  for (int64_t matrix = registers.getKept(0); matrix < kNumMatrices; ++matrix) {
    bool isKept = matrix < registers.getTurn(0);
    if (isKept == registers.keepsRows())
      allBytes[matrix] = kernel.getGroup();
    else
      allRows[matrix] = getNumParts(kernel);
  }
  MatrixConfigureOp::create(b, loc, allRows, allBytes);
}

/// Multiplies the activation and the weights of one step.
void MatrixEmitter::emitStep(OpBuilder &b, const Tile &tile,
                             const Registers &registers,
                             ArrayRef<OpFoldResult> reductions) {
  int64_t rows = tile.rows / registers.down, bytes = kernel.getGroup();
  auto loadRows = [&](int64_t i, int64_t matrix) {
    SmallVector<Value> at = emitIndices(
        b, loc, xMap, contractionLoops(b, tile, i * rows, reductions));
    // Of a single row any will do.
    int64_t stride = rows > 1 ? *rowOffset(1) : bytes;
    MatrixLoadOp::create(b, loc, matrix, contraction.getInputs()[0], at,
                         stride);
  };
  auto loadColumns = [&](int64_t j, int64_t matrix) {
    SmallVector<Value> at = weightIndices(b, reductions, tile, j, /*offset=*/0);
    MatrixLoadOp::create(b, loc, matrix, weights, at, kMatrixBytes);
  };
  bool keepsRows = registers.keepsRows();
  int64_t kept = keepsRows ? registers.down : registers.across;
  int64_t turns = keepsRows ? registers.across : registers.down;
  for (int64_t i = 0; i < kept; ++i)
    keepsRows ? loadRows(i, registers.getKept(i))
              : loadColumns(i, registers.getKept(i));
  for (int64_t turn = 0; turn < turns; ++turn) {
    int64_t matrix = registers.getTurn(turn);
    keepsRows ? loadColumns(turn, matrix) : loadRows(turn, matrix);
    for (int64_t i = 0; i < kept; ++i) {
      int64_t other = registers.getKept(i);
      if (keepsRows)
        MatrixDotOp::create(b, loc, registers.getSum(i, turn), other, matrix);
      else
        MatrixDotOp::create(b, loc, registers.getSum(turn, i), matrix, other);
    }
  }
}

void MatrixEmitter::emitStores(OpBuilder &b, const Tile &tile,
                               const Registers &registers, Value sums) {
  int64_t rows = tile.rows / registers.down;
  int64_t stride = cast<MemRefType>(sums.getType()).getDimSize(1) * 4;
  for (int64_t i = 0; i < registers.down; ++i)
    for (int64_t j = 0; j < registers.across; ++j) {
      Value at[] = {arith::ConstantIndexOp::create(b, loc, i * rows),
                    arith::ConstantIndexOp::create(b, loc, j * kMatrixRows)};
      MatrixStoreOp::create(b, loc, registers.getSum(i, j), sums, at, stride);
    }
}

/// As many rows at a time as have registers beside what the epilogue needs.
void MatrixEmitter::emitEpilogueLoop(OpBuilder &b, const Tile &tile,
                                     Value sums) {
  constexpr int64_t kRegisters = 8;
  auto type = VectorType::get({kMatrixRows}, b.getI32Type());
  int64_t atOnce = std::max<int64_t>(kRegisters / tile.blocks, 1);
  emitTiled(b, loc, tile.rows, std::min(atOnce, tile.rows),
            [&](OpBuilder &inner, OpFoldResult first, int64_t count) {
              SmallVector<Value> values;
              for (int64_t row = 0; row < count; ++row)
                for (int64_t block = 0; block < tile.blocks; ++block) {
                  Value at[] = {getValueOrCreateConstantIndexOp(
                                    inner, loc,
                                    emitOffset(inner, loc, first, row)),
                                arith::ConstantIndexOp::create(
                                    inner, loc, block * kMatrixRows)};
                  values.push_back(
                      vector::LoadOp::create(inner, loc, type, sums, at));
                }
              Tile part = tile;
              part.rows = count;
              if (shape.rowLoop >= 0)
                part.root[shape.rowLoop] =
                    emitSum(inner, loc, part.root[shape.rowLoop], first);
              emitStoreTile(inner, group, shape, part, values);
            });
}

void MatrixEmitter::emitTile(OpBuilder &b, const Tile &tile) {
  // The rest of the rows has matrices of the same size, so that registers are
  // configured once.
  int64_t rows = kernel.getTileRows() / countMatrices(kernel.getTileRows());
  int64_t down = tile.rows % rows ? countMatrices(tile.rows) : tile.rows / rows;
  Registers registers{down, tile.blocks};
  auto sumsType = MemRefType::get({tile.rows, tile.blocks * kMatrixRows},
                                  b.getI32Type());
  Value sums = memref::AllocaOp::create(b, loc, sumsType,
                                        b.getI64IntegerAttr(kBufferAlignment));
  emitConfiguration(b, registers, tile.rows / registers.down);
  for (int64_t sum = 0; sum < registers.down * registers.across; ++sum)
    MatrixZeroOp::create(b, loc, sum);
  emitLoopNest(b, loc, reductionShape,
               [&](OpBuilder &inner, ArrayRef<OpFoldResult> reductions) {
                 emitStep(inner, tile, registers, reductions);
               });
  emitStores(b, tile, registers, sums);
  emitEpilogueLoop(b, tile, sums);
}

void MatrixEmitter::emit() {
  emitTiles(builder, loc, shape, rootShape, kernel.getTileRows(),
            kernel.getTileBlocks(),
            getBlockLoop(group, kernel.getChannelsOuter()),
            [&](OpBuilder &b, const Tile &tile) { emitTile(b, tile); });
}

bool MatrixEmitter::canEmit(const KernelGroup &group, std::string &reason) {
  linalg::GenericOp op = group.reduction;
  auto fail = [&](StringRef why) {
    reason = why;
    return false;
  };
  if (group.pool || group.scaling)
    return fail("matrices are neither pooled nor scaled in registers");
  auto elementOf = [](Value value) {
    return cast<MemRefType>(value.getType()).getElementType();
  };
  if (!elementOf(op.getInputs()[0]).isInteger(8) ||
      !elementOf(op.getInputs()[1]).isInteger(8) ||
      !elementOf(op.getOutputs()[0]).isInteger(32))
    return fail("tdpbusd multiplies bytes to sums of 32 bits");
  linalg::FillOp init = group.init;
  if (!init || !matchPattern(init.getInputs()[0], m_Zero()))
    return fail("sums do not begin with zero");
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  sizes.resize(op.getIndexingMapsArray().back().getNumResults());
  int64_t rowLoop = getTileShape(group, sizes).rowLoop;
  if (rowLoop >= 0 &&
      !getLoopStride(cast<MemRefType>(op.getInputs()[0].getType()),
                     op.getIndexingMapsArray()[0], rowLoop))
    return fail("rows of the activation are not evenly apart");
  return true;
}
