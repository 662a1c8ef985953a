//===- Contraction.cpp - Sums of products with a constant weight ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace nnq;

static Value stripExtension(Value value) {
  if (Operation *op = value.getDefiningOp())
    if (isa<arith::ExtSIOp, arith::ExtUIOp, arith::ExtFOp>(op))
      return op->getOperand(0);
  return value;
}

bool nnq::isMultiplyAddBody(linalg::LinalgOp op) {
  Block *body = op.getBlock();
  if (body->getNumArguments() != 3)
    return false;
  auto yield = cast<linalg::YieldOp>(body->getTerminator());
  Operation *add = yield.getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::AddFOp, arith::AddIOp>(add))
    return false;
  Value out = body->getArgument(2);
  unsigned product = add->getOperand(0) == out ? 1 : 0;
  if (add->getOperand(1 - product) != out)
    return false;
  Operation *mul = add->getOperand(product).getDefiningOp();
  if (!isa_and_nonnull<arith::MulFOp, arith::MulIOp>(mul))
    return false;
  return stripExtension(mul->getOperand(0)) == body->getArgument(0) &&
         stripExtension(mul->getOperand(1)) == body->getArgument(1);
}

bool nnq::isMaxReduction(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() == 0 || op.getNumDpsInits() != 1)
    return false;
  Block *body = op.getBlock();
  auto yield = cast<linalg::YieldOp>(body->getTerminator());
  Operation *max = yield.getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::MaximumFOp, arith::MaxNumFOp, arith::MaxSIOp,
                       arith::MaxUIOp>(max))
    return false;
  Value in = body->getArgument(0), out = body->getArguments().back();
  return (max->getOperand(0) == in && max->getOperand(1) == out) ||
         (max->getOperand(1) == in && max->getOperand(0) == out);
}

bool nnq::isLowestValue(Value value, bool isUnsigned) {
  APFloat number(0.0f);
  if (matchPattern(value, m_ConstantFloat(&number)))
    return number.isNegative() && (number.isInfinity() || number.isLargest());
  APInt integer;
  return matchPattern(value, m_ConstantInt(&integer)) &&
         (isUnsigned ? integer.isZero() : integer.isMinSignedValue());
}

FailureOr<Contraction> Contraction::match(Operation *operation) {
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
    if (x.isFunctionOfDim(dim))
      return failure();
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

Value nnq::getFillValue(linalg::LinalgOp op, unsigned index) {
  auto fill =
      op.getDpsInitOperand(index)->get().getDefiningOp<linalg::FillOp>();
  return fill ? fill.getInputs()[0] : Value();
}
