//===- Statistics.cpp - Where calibration results are kept ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Statistics.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace nnq;

Value nnq::getStatsSource(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (op->hasAttr(kStatsAttr) || op->hasAttr(kQuantRangeAttr))
      break;
    auto pad = dyn_cast<tensor::PadOp>(op);
    if (isView(op))
      value = op->getOperand(0);
    else if (pad && pad.getConstantPaddingValue() &&
             matchPattern(pad.getConstantPaddingValue(), m_AnyZeroFloat()))
      value = pad.getSource();
    else
      break;
  }
  return value;
}

/// The function that `value` is an argument of, or null.
static FunctionOpInterface getFunction(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || !argument.getOwner()->isEntryBlock())
    return {};
  return dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp());
}

bool nnq::canHoldStats(Value value) {
  if (Operation *op = value.getDefiningOp())
    return op->getNumResults() == 1;
  return static_cast<bool>(getFunction(value));
}

template <typename Attr>
static Attr getAttr(Value value, StringRef name) {
  if (!canHoldStats(value))
    return {};
  if (Operation *op = value.getDefiningOp())
    return op->getAttrOfType<Attr>(name);
  return getFunction(value).getArgAttrOfType<Attr>(
      cast<BlockArgument>(value).getArgNumber(), name);
}

static void setAttr(Value value, StringRef name, Attribute attr) {
  if (Operation *op = value.getDefiningOp())
    op->setAttr(name, attr);
  else
    getFunction(value).setArgAttr(cast<BlockArgument>(value).getArgNumber(),
                                  name, attr);
}

TensorStatsAttr nnq::getStats(Value value) {
  return getAttr<TensorStatsAttr>(value, kStatsAttr);
}

void nnq::setStats(Value value, TensorStatsAttr stats) {
  setAttr(value, kStatsAttr, stats);
}

QuantRangeAttr nnq::getQuantRange(Value value) {
  return getAttr<QuantRangeAttr>(value, kQuantRangeAttr);
}

void nnq::setQuantRange(Value value, QuantRangeAttr range) {
  setAttr(value, kQuantRangeAttr, range);
}

QuantRangeAttr nnq::findQuantRange(Value value) {
  Value source = getStatsSource(value);
  if (QuantRangeAttr range = getQuantRange(source))
    return range;
  if (TensorStatsAttr stats = getStats(source))
    return QuantRangeAttr::get(stats.getContext(),
                               stats.getMin().getValueAsDouble(),
                               stats.getMax().getValueAsDouble());
  return {};
}

FailureOr<InputStatsAttr> nnq::findInputStats(Operation *op, bool isCorrelated,
                                              std::string &reason) {
  auto stats = op->getAttrOfType<InputStatsAttr>(kInputStatsAttr);
  if (stats && (stats.getCorrelation() || !isCorrelated))
    return stats;
  reason = isCorrelated ? "there is no correlation of what it multiplies"
                        : "there are no statistics of what it multiplies";
  return failure();
}

void nnq::dropStatistics(Operation *root) {
  root->walk([](Operation *op) {
    for (StringRef stale : {kStatsAttr, kInputStatsAttr})
      op->removeAttr(stale);
  });
}

InputStatsAttr nnq::dropCorrelation(InputStatsAttr stats) {
  return InputStatsAttr::get(stats.getContext(), stats.getMin(), stats.getMax(),
                             stats.getMean(), stats.getSecondMoment(),
                             stats.getCount(), stats.getOutputMean(),
                             ElementsAttr());
}
