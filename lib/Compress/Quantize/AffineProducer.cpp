//===- AffineProducer.cpp - Constants that scale a value ------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "AffineProducer.h"
#include "nnq/Support/Layers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace nnq;

LogicalResult AffineProducer::demand(Step &step, Value value,
                                     ChannelDim channels) {
  if (matchPattern(value, m_AnyZeroFloat()))
    return success();
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    OpOperand *operand = step.op.getMatchingOpOperand(argument);
    AffineMap map = step.op.getMatchingIndexingMap(operand);
    std::optional<ChannelDim> of =
        mapToOperand(map, channels.dim, operand->get(), channels);
    if (!of || !step.op.isDpsInput(operand))
      return failure();
    if (matchPattern(operand->get(), m_Constant())) {
      step.constants.push_back({operand, *of});
      return success();
    }
    if ((step.next && step.next != operand) || !map.isIdentity())
      return failure();
    step.next = operand;
    return success();
  }
  Operation *def = value.getDefiningOp();
  if (isa<arith::AddFOp, arith::SubFOp, arith::NegFOp>(def)) {
    for (Value operand : def->getOperands())
      if (failed(demand(step, operand, channels)))
        return failure();
    return success();
  }
  if (isa<arith::DivFOp>(def))
    return demand(step, def->getOperand(0), channels);
  if (!isa<arith::MulFOp>(def))
    return failure();
  // A constant ends the search.
  Step before = step;
  for (bool isLast : {true, false})
    for (Value factor : def->getOperands()) {
      step = before;
      if (succeeded(demand(step, factor, channels)) &&
          isLast == (step.next == before.next))
        return success();
    }
  return failure();
}

FailureOr<AffineProducer> AffineProducer::find(Value value, ChannelDim channels,
                                               std::string &reason) {
  AffineProducer producer;
  reason = "no scale of channels is at hand in what it reads";
  while (true) {
    auto op = value.getDefiningOp<linalg::LinalgOp>();
    if (!op || !linalg::isElementwise(op) || !op.hasPureTensorSemantics() ||
        op->getNumResults() != 1 || op.getNumDpsInits() != 1 ||
        !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity())
      return failure();
    Step step{op, {}, nullptr};
    if (failed(demand(step, op.getBlock()->getTerminator()->getOperand(0),
                      channels)))
      return failure();
    producer.steps.push_back(step);
    if (!step.next)
      return producer;
    value = step.next->get();
  }
}

FailureOr<Value> AffineProducer::scale(OpBuilder &builder,
                                       ArrayRef<double> factors) const {
  SmallVector<Value> constants;
  for (const Step &step : steps)
    for (auto [operand, channels] : step.constants) {
      builder.setInsertionPoint(step.op);
      FailureOr<Value> scaled =
          scaleConstant(builder, operand->get(), channels, factors);
      if (failed(scaled)) {
        for (Value constant : constants)
          constant.getDefiningOp()->erase();
        return failure();
      }
      constants.push_back(*scaled);
    }
  size_t last = constants.size();
  Value result;
  for (const Step &step : llvm::reverse(steps)) {
    builder.setInsertionPoint(step.op);
    Operation *copy = builder.clone(*step.op);
    last -= step.constants.size();
    for (auto [i, constant] : llvm::enumerate(step.constants))
      copy->setOperand(constant.first->getOperandNumber(), constants[last + i]);
    if (step.next)
      copy->setOperand(step.next->getOperandNumber(), result);
    result = copy->getResult(0);
  }
  return result;
}
