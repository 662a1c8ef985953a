//===- WinogradProducts.cpp - Transformed weights and their products ------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "DotEmitter.h"
#include "LinearMapEmitter.h"
#include "WinogradLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <map>

using namespace mlir;
using namespace nnq;

/// All points, or parts of them where the transformed weights of all would not
/// stay in the second-level cache until they are multiplied. Each part has code
/// of its own, which smaller layers do not earn back.
SmallVector<WinogradEmitter::Part> WinogradEmitter::getParts() {
  constexpr int64_t kCacheBytes = 256 << 10;
  int64_t bytes = points * blocks * lanes * shape.inputs * 2;
  bool splits = !keepsWeights && bytes > kCacheBytes;
  SmallVector<Part> parts;
  int64_t next = 0;
  for (Rows &rows :
       LinearMapEmitter(builder, loc, algorithm.weight.rows).groupRows()) {
    if (parts.empty() || splits)
      parts.push_back({next * algorithm.points, 0, {}});
    for (int64_t row : rows)
      splits &= row == next++; // Points of a part are contiguous.
    parts.back().count += rows.size() * algorithm.points;
    parts.back().rows.push_back(std::move(rows));
  }
  return parts;
}

/// U(step, point, block, pair of inputs, lane, element) for some channels.
void WinogradEmitter::transformWeights(OpBuilder &b, const Channels &channels,
                                       const Part &part) {
  Value w = op.getInputs()[1];
  int64_t pairs = shape.inputs / 2, size = lanes * 2;
  auto weightType = cast<MemRefType>(w.getType());
  auto type = VectorType::get({size}, b.getI16Type());
  // Lanes and elements are contiguous.
  Value flat = memref::CollapseShapeOp::create(
      b, loc, w, ArrayRef<ReassociationIndices>{{0}, {1}, {2}, {3, 4}});
  emitLoopNest(
      b, loc, {channels.count, pairs},
      [&](OpBuilder &inner, ArrayRef<OpFoldResult> at) {
        AffineExpr d0 = inner.getAffineDimExpr(0),
                   d1 = inner.getAffineDimExpr(1);
        OpFoldResult block = affine(inner, d0 + d1, {channels.first, at[0]});
        SmallVector<Value> taps(algorithm.taps * algorithm.taps);
        auto loadTap = [&](int64_t i, int64_t j) -> Value {
          Value &tap = taps[i * algorithm.taps + j];
          if (tap)
            return tap;
          tap = vector::LoadOp::create(
              inner, loc, VectorType::get({size}, weightType.getElementType()),
              flat,
              indices(inner, {block, inner.getIndexAttr(i),
                              affine(inner, d0 + j * pairs, at[1]),
                              inner.getIndexAttr(0)}));
          if (tap.getType() != type)
            tap = arith::ExtSIOp::create(inner, loc, type, tap);
          return tap;
        };
        OpFoldResult element = affine(inner, (d0 * pairs + d1) * size, at);
        OpFoldResult slot = getWeightSlot(inner, channels);
        auto store = [&](int64_t i, int64_t j, Value value) {
          Attribute point =
              inner.getIndexAttr(i * algorithm.points + j - part.first);
          vector::StoreOp::create(inner, loc, value, transformedW,
                                  indices(inner, {slot, point, element}));
        };
        LinearMapEmitter byRows(inner, loc, algorithm.weight.rows),
            byColumns(inner, loc, algorithm.weight.columns);
        for (ArrayRef<int64_t> rows : part.rows)
          byRows.emitRows2D(rows, byColumns, loadTap, store);
      });
}

/// A pair of inputs of a tile at a point, extended.
Value WinogradEmitter::emitLoadPair(OpBuilder &b, OpFoldResult point,
                                    OpFoldResult tile, int64_t row,
                                    OpFoldResult pair) {
  AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
  Value x = vector::LoadOp::create(
      b, loc, VectorType::get({2}, b.getI16Type()), transformedX,
      indices(b,
              {share, point,
               affine(b, (d0 + row) * shape.inputs + d1 * 2, {tile, pair})}));
  return extend(b, {2}, x);
}

/// `numSums` sums over the pairs of inputs, each of which `step` adds to them.
SmallVector<Value> WinogradEmitter::emitSums(
    OpBuilder &b, int64_t numSums,
    function_ref<void(OpBuilder &, OpFoldResult, MutableArrayRef<Value>)>
        step) {
  constexpr int64_t kMaxDots = 24;
  int64_t pairs = shape.inputs / 2;
  int64_t unroll = std::max<int64_t>(kMaxDots / numSums, 1);
  while (pairs % unroll)
    --unroll;
  Value zero = arith::ConstantOp::create(
      b, loc, b.getZeroAttr(VectorType::get({lanes}, b.getI32Type())));
  SmallVector<Value> sums(numSums, zero);
  if (unroll == pairs) {
    for (int64_t pair = 0; pair < pairs; ++pair)
      step(b, b.getIndexAttr(pair), sums);
    return sums;
  }
  auto index = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, loc, value);
  };
  auto loop = scf::ForOp::create(
      b, loc, index(0), index(pairs), index(unroll), sums,
      [&](OpBuilder &inner, Location, Value iv, ValueRange args) {
        SmallVector<Value> next(args);
        for (int64_t i = 0; i < unroll; ++i)
          step(inner, emitOffset(inner, loc, iv, i), next);
        scf::YieldOp::create(inner, loc, next);
      });
  return SmallVector<Value>(loop.getResults());
}

/// Sums of products over the inputs for `tiles` tiles from `tile` on.
void WinogradEmitter::emitProducts(OpBuilder &b, const Channels &channels,
                                   OpFoldResult point, OpFoldResult weightPoint,
                                   OpFoldResult tile, int64_t count) {
  int64_t pairs = shape.inputs / 2, size = lanes * 2;
  AffineExpr d0 = b.getAffineDimExpr(0);
  OpFoldResult slot = getWeightSlot(b, channels);
  OpFoldResult scratch = getScratchSlot(b, channels);
  auto step = [&](OpBuilder &inner, OpFoldResult pair,
                  MutableArrayRef<Value> accumulators) {
    SmallVector<Value> columns;
    for (int64_t block = 0; block < channels.count; ++block)
      columns.push_back(extend(
          inner, {lanes, 2},
          vector::LoadOp::create(
              inner, loc, VectorType::get({size}, inner.getI16Type()),
              transformedW,
              indices(inner,
                      {slot, weightPoint,
                       affine(inner, (d0 + block * pairs) * size, pair)}))));
    for (int64_t row = 0; row < count; ++row) {
      Value factor = emitLoadPair(inner, point, tile, row, pair);
      for (auto [block, column] : llvm::enumerate(columns)) {
        Value &acc = accumulators[row * channels.count + block];
        acc = emitRowByColumns(inner, loc, factor, column, acc);
      }
    }
  };
  SmallVector<Value> sums = emitSums(b, count * channels.count, step);
  for (int64_t row = 0; row < count; ++row)
    for (int64_t block = 0; block < channels.count; ++block) {
      OpFoldResult element =
          affine(b, (d0 + row) * (blocks * lanes) + block * lanes, tile);
      vector::StoreOp::create(b, loc, sums[row * channels.count + block],
                              products, indices(b, {scratch, point, element}));
    }
}

/// Points in blocks of as many as have their sums over `count` tiles in
/// registers, beside the taps that they read. Blocks of the same rows share
/// what they transform, and all tiles do.
std::vector<WinogradEmitter::PointBlock>
WinogradEmitter::getPointBlocks(int64_t count, bool isFirst) {
  // The same for rows and columns, but for factors.
  LinearMapEmitter transform(builder, loc, algorithm.weight.columns);
  SmallVector<Rows> groups = transform.groupRows();
  std::vector<PointBlock> found;
  for (const Rows &rows : groups) {
    size_t first = found.size();
    for (const Rows &columns : groups) {
      auto fits = [&](const PointBlock &block) {
        Rows all(block.columns);
        llvm::append_range(all, columns);
        int64_t taps =
            transform.getRead(rows).size() * transform.getRead(all).size();
        return countFusedRegisters(rows.size() * all.size(), taps, count) <=
               registers;
      };
      auto blocks = MutableArrayRef(found).drop_front(first);
      PointBlock *block = llvm::find_if(blocks, fits);
      if (block == blocks.end()) {
        found.push_back({rows, {}, {}, {}, {}});
        block = &found.back();
      }
      llvm::append_range(block->columns, columns);
    }
    Rows known;
    auto blocks = MutableArrayRef(found).drop_front(first);
    for (auto [i, block] : llvm::enumerate(blocks))
      for (int64_t column : transform.getRead(block.columns)) {
        if (!isFirst || llvm::is_contained(known, column)) {
          block.found.push_back(column);
          continue;
        }
        known.push_back(column);
        block.transformed.push_back(column);
        bool isReadAgain =
            llvm::any_of(blocks.drop_front(i + 1), [&](const PointBlock &next) {
              return llvm::is_contained(transform.getRead(next.columns),
                                        column);
            });
        if (isReadAgain || count < tiles)
          block.left.push_back(column);
      }
  }
  return found;
}

/// Where a row of the transform of a column of taps is.
SmallVector<Value> WinogradEmitter::halfIndices(OpBuilder &b,
                                                const Channels &channels,
                                                int64_t row, int64_t column,
                                                OpFoldResult pair) {
  return indices(b, {getScratchSlot(b, channels),
                     b.getIndexAttr(row * algorithm.taps + column),
                     affine(b, b.getAffineDimExpr(0) * (lanes * 2), pair)});
}

/// Some rows of the transform of a column of three taps, for all lanes and a
/// pair of inputs: the first and the third tap, neighbours in memory, are
/// multiplied and added up at once.
SmallVector<Value> WinogradEmitter::emitTapRows(OpBuilder &b,
                                                ArrayRef<int64_t> rows,
                                                OpFoldResult block,
                                                OpFoldResult pair, int64_t j) {
  AffineExpr d0 = b.getAffineDimExpr(0);
  OpFoldResult at = affine(b, d0 + j * (shape.inputs / 2), pair);
  auto load = [&](unsigned operand, int64_t size) -> Value {
    Value taps = linalg::GenericOp(group.unpacking).getInputs()[operand];
    SmallVector<ReassociationIndices> flat{{0}, {1}, {2, 3}};
    if (operand == 0)
      flat.back().push_back(4);
    return vector::LoadOp::create(
        b, loc, VectorType::get({size}, b.getI8Type()),
        memref::CollapseShapeOp::create(b, loc, taps, flat),
        indices(b, {block, at, b.getIndexAttr(0)}));
  };
  auto type = VectorType::get({lanes * 2}, b.getI16Type());
  Value outer = load(0, lanes * 4), middle;
  // By the factors of the first and the third tap, and of the second.
  std::map<std::pair<int64_t, int64_t>, Value> sums;
  std::map<int64_t, Value> products;
  auto emitSum = [&](int64_t first, int64_t third) {
    Value &sum = sums[{first, third}];
    if (sum)
      return sum;
    auto a = static_cast<int8_t>(first), c = static_cast<int8_t>(third);
    Value factors = arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(VectorType::get({4}, b.getI8Type()),
                               ArrayRef<int8_t>{a, c, a, c}));
    Value zero = arith::ConstantOp::create(
        b, loc, b.getZeroAttr(VectorType::get({lanes, 2}, b.getI16Type())));
    sum = vector::ShapeCastOp::create(
        b, loc, type,
        emitPairDot(b, loc, DotKind::VPMADDUBSW, factors, outer, zero));
    return sum;
  };
  auto emitProduct = [&](int64_t factor) {
    Value &product = products[factor];
    if (product)
      return product;
    if (!middle)
      middle = arith::ExtSIOp::create(b, loc, type, load(1, lanes * 2));
    product = factor == 1 ? middle
              : factor == 2
                  ? Value(arith::AddIOp::create(b, loc, middle, middle))
                  : arith::MulIOp::create(
                        b, loc, middle,
                        arith::ConstantOp::create(
                            b, loc,
                            SplatElementsAttr::get(
                                type, b.getI16IntegerAttr(factor))));
    return product;
  };
  SmallVector<Value> results;
  const IntMatrix &matrix = algorithm.weight.rows;
  for (int64_t row : rows) {
    Value result = emitSum(matrix.at(row, 0), matrix.at(row, 2));
    int64_t factor = matrix.at(row, 1);
    if (factor > 0)
      result = arith::AddIOp::create(b, loc, result, emitProduct(factor));
    else if (factor < 0)
      result = arith::SubIOp::create(b, loc, result, emitProduct(-factor));
    results.push_back(result);
  }
  return results;
}

/// Products for `count` tiles from `tile` on, by weights that are transformed
/// in registers.
void WinogradEmitter::emitFusedProducts(OpBuilder &b, const Channels &channels,
                                        const PointBlock &block,
                                        OpFoldResult tile, int64_t count) {
  auto type = VectorType::get({lanes * 2}, b.getI16Type());
  SmallVector<int64_t> blockPoints;
  for (int64_t row : block.rows)
    for (int64_t column : block.columns)
      blockPoints.push_back(row * algorithm.points + column);
  SmallVector<Value> sums = emitSums(
      b, blockPoints.size() * count,
      [&](OpBuilder &inner, OpFoldResult pair,
          MutableArrayRef<Value> accumulators) {
        LinearMapEmitter transform(inner, loc, algorithm.weight.columns);
        SmallVector<SmallVector<Value>> half(
            algorithm.points, SmallVector<Value>(algorithm.taps));
        for (int64_t j : block.transformed)
          for (auto [row, value] : llvm::zip_equal(
                   block.rows,
                   emitTapRows(inner, block.rows, channels.first, pair, j))) {
            half[row][j] = value;
            if (llvm::is_contained(block.left, j))
              vector::StoreOp::create(
                  inner, loc, value, halves,
                  halfIndices(inner, channels, row, j, pair));
          }
        for (int64_t j : block.found)
          for (int64_t row : block.rows)
            half[row][j] = vector::LoadOp::create(
                inner, loc, type, halves,
                halfIndices(inner, channels, row, j, pair));
        for (auto [i, row] : llvm::enumerate(block.rows)) {
          SmallVector<Value> weights =
              transform.emitRows(block.columns, half[row]);
          for (auto [j, column] : llvm::enumerate(block.columns)) {
            int64_t at = i * block.columns.size() + j;
            Value factor = extend(inner, {lanes, 2}, weights[column]);
            for (int64_t t = 0; t < count; ++t) {
              Value &acc = accumulators[at * count + t];
              Value x = emitLoadPair(inner, inner.getIndexAttr(blockPoints[at]),
                                     tile, t, pair);
              acc = emitRowByColumns(inner, loc, x, factor, acc);
            }
          }
        }
      });
  OpFoldResult scratch = getScratchSlot(b, channels);
  for (auto [i, point] : llvm::enumerate(blockPoints))
    for (int64_t row = 0; row < count; ++row) {
      OpFoldResult element =
          affine(b, (b.getAffineDimExpr(0) + row) * (blocks * lanes), tile);
      vector::StoreOp::create(
          b, loc, sums[i * count + row], products,
          indices(b, {scratch, b.getIndexAttr(point), element}));
    }
}

void WinogradEmitter::multiplyFused(OpBuilder &b, const Channels &channels) {
  auto emit = [&](OpBuilder &inner, OpFoldResult tile, int64_t count,
                  bool isFirst) {
    for (const PointBlock &block : getPointBlocks(count, isFirst))
      emitFusedProducts(inner, channels, block, tile, count);
  };
  int64_t first = std::min(group.kernel.getTileRows(), tiles);
  emit(b, b.getIndexAttr(0), first, /*isFirst=*/true);
  emitTiled(b, loc, tiles - first, first,
            [&](OpBuilder &inner, OpFoldResult tile, int64_t count) {
              emit(inner, emitOffset(inner, loc, tile, first), count,
                   /*isFirst=*/false);
            });
}

/// M(step, point, tile, channel) = sum of V * U over the inputs.
void WinogradEmitter::multiply(OpBuilder &b, const Channels &channels,
                               const Part &part) {
  emitLoopNest(
      b, loc, {part.count},
      [&](OpBuilder &inPoints, ArrayRef<OpFoldResult> at) {
        OpFoldResult point = emitOffset(inPoints, loc, at[0], part.first);
        emitTiled(inPoints, loc, tiles,
                  std::min(group.kernel.getTileRows(), tiles),
                  [&](OpBuilder &inner, OpFoldResult tile, int64_t count) {
                    emitProducts(inner, channels, point, at[0], tile, count);
                  });
      });
}
