//===- Contraction.cpp - Sums of products with a constant weight ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Contraction.h"

#include "nnq/Support/Structured.h"

using namespace mlir;
using namespace nnq;

/// Matches with exactly one loop that the weights share with the result; the
/// activation has it, too, if `depthwise`.
static FailureOr<Contraction> matchContraction(Operation *operation,
                                               bool depthwise) {
  auto op = dyn_cast<linalg::LinalgOp>(operation);
  if (!op || op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 ||
      op.getNumReductionLoops() == 0 || !isMultiplyAddBody(op))
    return failure();
  Contraction result;
  result.op = op;
  result.activation = op.getDpsInputOperand(0);
  result.weight = op.getDpsInputOperand(1);
  AffineMap x = op.getMatchingIndexingMap(result.activation);
  AffineMap w = op.getMatchingIndexingMap(result.weight);
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!out.isProjectedPermutation())
    return failure();

  SmallVector<unsigned> channels;
  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim) {
    if (!out.isFunctionOfDim(dim) || !w.isFunctionOfDim(dim))
      continue;
    std::optional<int64_t> group = getGroupChannels(x, dim);
    if (group ? depthwise : x.isFunctionOfDim(dim) != depthwise)
      return failure();
    result.groupChannels = group;
    channels.push_back(dim);
  }
  if (channels.size() != 1)
    return failure();
  result.channelLoop = channels.front();
  AffineExpr channel =
      getAffineDimExpr(result.channelLoop, operation->getContext());
  result.channelDim = *out.getResultPosition(channel);
  if (std::optional<unsigned> at = w.getResultPosition(channel))
    result.weightChannelDim = *at;
  return result;
}

FailureOr<ActivationProduct> ActivationProduct::match(Operation *operation) {
  auto op = dyn_cast<linalg::LinalgOp>(operation);
  if (!op || !isActivationProduct(op) || op.getNumReductionLoops() != 1 ||
      op.hasDynamicShape())
    return failure();
  AffineMap x = op.getMatchingIndexingMap(op.getDpsInputOperand(0));
  AffineMap y = op.getMatchingIndexingMap(op.getDpsInputOperand(1));
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  unsigned rank = out.getNumResults();
  if (rank == 0 || rank + 1 != op.getNumLoops() ||
      out != AffineMap::getMultiDimIdentityMap(rank + 1, op.getContext())
                 .getMajorSubMap(rank))
    return failure();
  ActivationProduct result{op, rank - 1, rank};
  AffineExpr reduction = getAffineDimExpr(result.reduction, op.getContext());
  if (x.getResults().back() != reduction || x.isFunctionOfDim(result.lane) ||
      !y.isFunctionOfDim(result.lane) || !y.isFunctionOfDim(result.reduction) ||
      !x.isProjectedPermutation() || !y.isProjectedPermutation())
    return failure();
  return result;
}

FailureOr<Contraction> Contraction::match(Operation *op) {
  return matchContraction(op, /*depthwise=*/false);
}

FailureOr<Contraction> Contraction::matchDepthwise(Operation *op) {
  return matchContraction(op, /*depthwise=*/true);
}
