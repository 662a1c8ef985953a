//===- LayerUnit.cpp - A layer that can be looked at alone ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Compress/Calibrate/LayerUnit.h"

#include "nnq/Support/Layers.h"
#include "nnq/Support/Statistics.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/Support/Error.h"

using namespace mlir;
using namespace nnq;

/// The elementwise op that alone reads `value`, with constants at most.
static linalg::LinalgOp findFollower(Value value) {
  if (!value.hasOneUse())
    return {};
  auto op = dyn_cast<linalg::LinalgOp>(*value.user_begin());
  if (!op || !op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
      !isElementwiseCompute(op) ||
      !llvm::all_of(op.getDpsInputs(), [&](Value input) {
        return input == value || matchPattern(input, m_Constant());
      }))
    return {};
  return op;
}

std::optional<LayerUnit> nnq::findLayerUnit(linalg::LinalgOp op) {
  FailureOr<WeightedOp> operands = matchWeightedOp(op);
  if (!isMultiplyAccumulate(op) || failed(operands) ||
      op->getNumResults() != 1 || isDequantized(operands->weight->get()))
    return std::nullopt;
  LayerUnit unit;
  unit.layer = op;
  Value activation = operands->activation->get();
  unit.source = getStatsSource(activation);
  auto type = dyn_cast<RankedTensorType>(unit.source.getType());
  if (isDequantized(activation) || !type || type.getRank() == 0 ||
      !type.getElementType().isF32())
    return std::nullopt;
  for (Value value = activation; value != unit.source;
       value = value.getDefiningOp()->getOperand(0))
    unit.ops.insert(unit.ops.begin(), value.getDefiningOp());
  unit.ops.push_back(op);
  unit.end = op->getResult(0);
  while (linalg::LinalgOp next = findFollower(unit.end)) {
    unit.ops.push_back(next);
    unit.end = next->getResult(0);
  }
  return unit;
}

std::vector<LayerUnit> nnq::findLayerUnits(func::FuncOp function) {
  std::vector<LayerUnit> units;
  function.walk([&](linalg::LinalgOp op) {
    if (op->hasAttr(kKeepF32Attr))
      return;
    if (std::optional<LayerUnit> unit = findLayerUnit(op))
      units.push_back(std::move(*unit));
  });
  return units;
}

namespace {
/// Copies ops and all that they need.
class Extractor {
public:
  Extractor(OpBuilder &builder, Value source, Value argument)
      : builder(builder), argument(argument) {
    mapping.map(source, argument);
  }

  bool copy(Operation *op) {
    SetVector<Value> needed(op->operand_begin(), op->operand_end());
    getUsedValuesDefinedAbove(op->getRegions(), needed);
    for (Value value : needed)
      if (!mapping.contains(value) && !copy(value))
        return false;
    builder.clone(*op, mapping);
    return true;
  }

  IRMapping mapping;

private:
  bool copy(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return false;
    // Only the batch is dynamic, and it is that of all tensors.
    if (isa<tensor::DimOp>(op)) {
      Value zero = arith::ConstantIndexOp::create(builder, op->getLoc(), 0);
      mapping.map(value,
                  tensor::DimOp::create(builder, op->getLoc(), argument, zero)
                      .getResult());
      return true;
    }
    return copy(op);
  }

  OpBuilder &builder;
  Value argument;
};
} // namespace

llvm::Expected<OwningOpRef<ModuleOp>>
nnq::extractUnit(const LayerUnit &unit, WeightFormatAttr format) {
  linalg::LinalgOp layer = unit.layer;
  Location loc = layer.getLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  auto function = func::FuncOp::create(
      builder, loc, "layer",
      builder.getFunctionType(unit.source.getType(), unit.end.getType()));
  builder.setInsertionPointToStart(function.addEntryBlock());
  Value argument = function.getArgument(0);
  Extractor extractor(builder, unit.source, argument);
  for (Operation *op : unit.ops)
    if (!extractor.copy(op))
      return llvm::createStringError(
          "layer '" + getLayerName(layer) +
          "' depends on other inputs of its function and cannot be cut out");
  func::ReturnOp::create(builder, loc, extractor.mapping.lookup(unit.end));
  if (TensorStatsAttr stats = getStats(unit.source))
    setStats(argument, stats);
  if (QuantRangeAttr range = getQuantRange(unit.source))
    setQuantRange(argument, range);
  if (format)
    extractor.mapping.lookup(layer.getOperation())
        ->setAttr(kWeightsAttr, format);
  return std::move(module);
}
