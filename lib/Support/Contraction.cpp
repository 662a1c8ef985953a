//===- Contraction.cpp - Sums of products with a constant weight ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "nnq/Support/Structured.h"

using namespace mlir;
using namespace nnq;

/// Matches with exactly one loop that the weights share with the result; the
/// activation has it, too, if `depthwise`. With `groups` there is one loop more
/// that all have.
static FailureOr<Contraction>
matchContraction(Operation *operation, bool depthwise, bool groups = false) {
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
    if (groups && x.isFunctionOfDim(dim) &&
        getGroupChannels(x, dim).value_or(1) == 1) {
      if (result.groupLoop)
        return failure();
      result.groupLoop = dim;
      continue;
    }
    std::optional<int64_t> group = getGroupChannels(x, dim);
    if (group ? depthwise : x.isFunctionOfDim(dim) != depthwise)
      return failure();
    result.groupChannels = group;
    channels.push_back(dim);
  }
  if (channels.size() != 1 || groups != result.groupLoop.has_value())
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

FailureOr<Contraction> Contraction::matchGroups(Operation *op) {
  return matchContraction(op, /*depthwise=*/false, /*groups=*/true);
}

bool nnq::isSumOfGroups(linalg::GenericOp op, Value sums) {
  unsigned numLoops = op.getNumLoops();
  if (op.getNumReductionLoops() != 1 || op.getNumDpsInits() != 1 ||
      numLoops < 2 || llvm::count(op.getInputs(), sums) != 1)
    return false;
  MLIRContext *context = op.getContext();
  unsigned rank = numLoops - 1;
  if (op.getIndexingMapsArray().back() !=
      AffineMap::getMultiDimIdentityMap(numLoops, context).getMajorSubMap(rank))
    return false;
  // The loops of the result, with that over groups in front of the channels.
  SmallVector<AffineExpr> expected;
  for (unsigned loop = 0; loop + 1 < rank; ++loop)
    expected.push_back(getAffineDimExpr(loop, context));
  expected.push_back(getAffineDimExpr(rank, context));
  expected.push_back(getAffineDimExpr(rank - 1, context));
  for (OpOperand *operand : op.getDpsInputOperands())
    if (operand->get() == sums &&
        op.getMatchingIndexingMap(operand).getResults() != ArrayRef(expected))
      return false;
  auto add = op.getBlock()->getTerminator()->getOperand(0).getDefiningOp();
  BlockArgument out = op.getRegionOutputArgs().front();
  return isa_and_nonnull<arith::AddFOp>(add) && out.hasOneUse() &&
         *out.user_begin() == add;
}

linalg::GenericOp nnq::findSumOfGroups(Value sums) {
  if (!sums.hasOneUse())
    return {};
  auto op = dyn_cast<linalg::GenericOp>(*sums.user_begin());
  return op && isSumOfGroups(op, sums) ? op : linalg::GenericOp();
}

FailureOr<Contraction> Contraction::matchDepthwise(Operation *op) {
  return matchContraction(op, /*depthwise=*/true);
}
