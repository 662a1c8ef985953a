//===- DepthwiseBorder.cpp - Rows of padding under a window ---------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "DepthwiseBorder.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/Contraction.h"

using namespace mlir;
using namespace nnq;

namespace {
/// A dimension of the activation that the first loop over taps moves along.
struct RowDim {
  unsigned dim, loop;
  int64_t stride;
};
} // namespace

/// The value of `expr` where `loop` is 1 and all others are 0.
static int64_t valueAt(AffineExpr expr, unsigned loop, unsigned numLoops) {
  SmallVector<AffineExpr> at(numLoops,
                             getAffineConstantExpr(0, expr.getContext()));
  if (loop < numLoops)
    at[loop] = getAffineConstantExpr(1, expr.getContext());
  auto value = dyn_cast<AffineConstantExpr>(expr.replaceDims(at));
  return value ? value.getValue() : -1;
}

/// Taps are those of the first reduction; others are within their rows.
static std::optional<RowDim> findRowDim(linalg::GenericOp op) {
  FailureOr<Contraction> contraction = Contraction::matchDepthwise(op);
  if (failed(contraction) || op.getNumReductionLoops() < 2)
    return std::nullopt;
  unsigned rank = op.getNumParallelLoops(), taps = rank;
  AffineMap map = op.getMatchingIndexingMap(contraction->activation);
  std::optional<RowDim> result;
  for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
    if (!expr.isFunctionOfDim(taps))
      continue;
    if (result)
      return std::nullopt;
    SmallVector<unsigned> rows;
    for (unsigned loop = 0; loop < map.getNumDims(); ++loop)
      if (loop != taps && expr.isFunctionOfDim(loop))
        rows.push_back(loop);
    if (rows.size() != 1 || rows.front() >= rank)
      return std::nullopt;
    int64_t stride = valueAt(expr, rows.front(), map.getNumDims());
    AffineExpr linear =
        getAffineDimExpr(rows.front(), op.getContext()) * stride +
        getAffineDimExpr(taps, op.getContext());
    if (stride < 1 || expr != linear)
      return std::nullopt;
    result = RowDim{static_cast<unsigned>(dim), rows.front(), stride};
  }
  return result;
}

std::optional<DepthwiseBorder> DepthwiseBorder::get(linalg::GenericOp op) {
  auto bounds = op->getAttrOfType<DenseI64ArrayAttr>(kBorderAttr);
  std::optional<RowDim> row = findRowDim(op);
  if (!bounds || bounds.size() < 2 || bounds.size() > 3 || !row)
    return std::nullopt;
  DepthwiseBorder border{row->loop, row->stride, bounds[0],
                         bounds[1], row->dim,    std::nullopt};
  if (bounds.size() == 3)
    border.columns = bounds[2];
  return border;
}

std::optional<DepthwiseBorder> DepthwiseBorder::find(linalg::GenericOp op) {
  std::optional<RowDim> row = findRowDim(op);
  if (!row || op.hasDynamicShape())
    return std::nullopt;
  OpOperand *x = Contraction::matchDepthwise(op)->activation;
  auto pad = x->get().getDefiningOp<tensor::PadOp>();
  if (!pad || !pad.getConstantPaddingValue())
    return std::nullopt;
  int64_t low = pad.getStaticLow()[row->dim];
  int64_t size = pad.getSourceType().getDimSize(row->dim);
  if (ShapedType::isDynamic(low) || ShapedType::isDynamic(size))
    return std::nullopt;

  // Few rows, or loops of their own around taps would cost more than they save.
  constexpr int64_t kLeastShare = 8;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  int64_t taps = ranges[op.getNumParallelLoops()], rows = ranges[row->loop];
  int64_t skipped = 0;
  for (int64_t index = 0; index < rows; ++index)
    for (int64_t tap = 0; tap < taps; ++tap) {
      int64_t at = index * row->stride + tap;
      skipped += at < low || at >= low + size;
    }
  if (skipped * kLeastShare < rows * taps)
    return std::nullopt;
  return DepthwiseBorder{row->loop,  row->stride, low,
                         low + size, row->dim,    std::nullopt};
}
