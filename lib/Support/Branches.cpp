//===- Branches.cpp - Where branches of a network join --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Branches.h"

#include "nnq/Support/Structured.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::linalg;

using Sources = llvm::SetVector<Value>;

static bool isElementwise(Operation *op) {
  auto structured = dyn_cast_or_null<LinalgOp>(op);
  return structured && structured.hasPureTensorSemantics() &&
         nnq::isElementwiseCompute(structured);
}

static bool isConstant(Value value) {
  return matchPattern(value, m_Constant());
}

/// True if `value` never has to be stored: only elementwise ops read it.
static bool isPassing(Value value) {
  return !value.use_empty() &&
         llvm::all_of(value.getUsers(),
                      [](Operation *user) { return isElementwise(user); });
}

/// The tensors that `value` is an elementwise function of and that are stored,
/// or computed by something else.
static void collectSources(Value value, Sources &sources,
                           llvm::SmallDenseSet<Value> &visited) {
  if (isConstant(value) || !isa<RankedTensorType>(value.getType()) ||
      !visited.insert(value).second)
    return;
  Operation *def = value.getDefiningOp();
  if (!isElementwise(def) || !isPassing(value)) {
    sources.insert(value);
    return;
  }
  for (Value input : cast<LinalgOp>(def).getDpsInputs())
    collectSources(input, sources, visited);
}

static Sources getSources(Value value) {
  Sources sources;
  llvm::SmallDenseSet<Value> visited;
  collectSources(value, sources, visited);
  return sources;
}

/// True if `value` is an elementwise function of the result of a convolution.
/// What attention layers hand on spans ranges that 8 bits serve badly.
static bool comesFromConvolution(Value value,
                                 llvm::SmallDenseSet<Value> &visited) {
  auto def = value.getDefiningOp<LinalgOp>();
  if (!def || !visited.insert(value).second)
    return false;
  if (nnq::isConvolution(def))
    return true;
  return isElementwise(def) &&
         llvm::any_of(def.getDpsInputs(), [&](Value input) {
           return comesFromConvolution(input, visited);
         });
}

static bool comesFromConvolution(Value value) {
  llvm::SmallDenseSet<Value> visited;
  return comesFromConvolution(value, visited);
}

/// The source in whose epilogue the join will be computed, or null.
static Value findCarrier(const Sources &sources, ArrayRef<int64_t> shape) {
  Operation *carrier = nullptr;
  for (Value source : sources) {
    auto def = source.getDefiningOp<LinalgOp>();
    if (!def || !nnq::isMultiplyAccumulate(def) || !isPassing(source) ||
        cast<ShapedType>(source.getType()).getShape() != shape)
      continue;
    if (!carrier || (carrier->getBlock() == def->getBlock() &&
                     carrier->isBeforeInBlock(def)))
      carrier = def;
  }
  return carrier ? carrier->getResult(0) : Value();
}

static SmallVector<OpOperand *> findJoined(LinalgOp op) {
  ArrayRef<int64_t> shape =
      cast<ShapedType>(op->getResult(0).getType()).getShape();
  Sources all;
  SmallVector<std::pair<OpOperand *, Sources>> branches;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    Sources sources = getSources(operand->get());
    all.insert(sources.begin(), sources.end());
    if (!sources.empty() && op.getMatchingIndexingMap(operand).isIdentity() &&
        cast<ShapedType>(operand->get().getType()).getShape() == shape)
      branches.push_back({operand, std::move(sources)});
  }
  if (all.size() < 2 ||
      llvm::none_of(all, [](Value v) { return comesFromConvolution(v); }))
    return {};
  Value carrier = findCarrier(all, shape);
  SmallVector<OpOperand *> stored;
  for (auto &[operand, sources] : branches)
    if (!sources.contains(carrier))
      stored.push_back(operand);
  return stored;
}

SmallVector<OpOperand *> nnq::findStoredBranches(LinalgOp op) {
  if (!op.hasPureTensorSemantics() || op->getNumResults() != 1)
    return {};
  if (isSumPooling(op) && comesFromConvolution(op.getDpsInputs()[0]))
    return {op.getDpsInputOperand(0)};
  if (isElementwise(op))
    return findJoined(op);
  return {};
}
