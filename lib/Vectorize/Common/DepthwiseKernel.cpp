//===- DepthwiseKernel.cpp - What a depthwise kernel does -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "DepthwiseKernel.h"

#include "DepthwiseTaps.h"
#include "nnq/Support/Contraction.h"

using namespace mlir;
using namespace nnq;

bool nnq::canEmitDepthwise(const KernelGroup &group) {
  constexpr int64_t kMaxTaps = 56; // 7 x 7 in pairs.
  linalg::GenericOp op = group.reduction, root = group.root();
  FailureOr<Contraction> contraction = Contraction::matchDepthwise(op);
  if (failed(contraction) || group.kernel.getGroup() != 2 ||
      group.kernel.getLanes() < 4 || contraction->channelLoop != group.laneLoop)
    return false;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    auto type = dyn_cast<MemRefType>(operand->get().getType());
    if (!type || type.getElementTypeBitWidth() > 16 ||
        (getLoopStride(type, op.getMatchingIndexingMap(operand),
                       group.laneLoop) != 1 &&
         !(operand == contraction->weight && hasPackedTaps(op))))
      return false;
  }
  int64_t numTaps = 1;
  unsigned rank = op.getIndexingMapsArray().back().getNumResults();
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (int64_t size : ArrayRef(ranges).drop_front(rank))
    numTaps *= size;
  return numTaps <= kMaxTaps &&
         getLoopStride(cast<MemRefType>(root.getOutputs()[0].getType()),
                       root.getIndexingMapsArray().back(), group.laneLoop) == 1;
}

std::optional<DepthwiseBorder>
nnq::findEmittedBorder(const KernelGroup &group) {
  if (group.kernel.getWinograd() || group.packed || !canEmitDepthwise(group) ||
      !hasPackedTaps(group.reduction))
    return std::nullopt;
  std::optional<DepthwiseBorder> border = DepthwiseBorder::get(group.reduction);
  linalg::GenericOp op = group.reduction;
  // A row of the result needs a loop of its own around its tiles.
  int64_t rowLoop = getTileShape(group, op.getStaticLoopRanges()).rowLoop;
  if (border && static_cast<int64_t>(border->loop) >= rowLoop)
    return std::nullopt;
  return border;
}

std::optional<BorderReads> nnq::findBorderReads(const KernelGroup &group) {
  std::optional<DepthwiseBorder> border = findEmittedBorder(group);
  if (!border)
    return std::nullopt;
  linalg::GenericOp op = group.reduction;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  unsigned rank = op.getNumParallelLoops();
  unsigned rowLoop = getTileShape(group, ranges).rowLoop;
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInputOperand(0));
  std::optional<BorderReads> reads;
  for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
    if (!expr.isFunctionOfDim(rowLoop))
      continue;
    bool isShared = llvm::any_of(
        llvm::seq<unsigned>(0, rank), [&, expr = expr](unsigned loop) {
          return loop != rowLoop && expr.isFunctionOfDim(loop);
        });
    if (reads || isShared || dim == border->dim)
      return std::nullopt;
    reads = BorderReads{border->dim, static_cast<unsigned>(dim), border->low,
                        border->high, 0};
  }
  if (!reads)
    return std::nullopt;
  // All taps at the first column of the result.
  AffineMap column = map.getSubMap({reads->columnDim});
  SmallVector<int64_t> at(ranges.size(), 0);
  int64_t points = 1;
  for (int64_t size : ArrayRef(ranges).drop_front(rank))
    points *= size;
  for (int64_t point = 0; point < points; ++point) {
    int64_t rest = point;
    for (unsigned loop = rank; loop < ranges.size(); ++loop) {
      at[loop] = rest % ranges[loop];
      rest /= ranges[loop];
    }
    reads->columns = std::max(reads->columns, column.compose(at).front() + 1);
  }
  return reads;
}
