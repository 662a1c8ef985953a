//===- Branches.cpp - Where branches of a network join --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Branches.h"

#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
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

/// True if `value` is an elementwise function of the results of convolutions,
/// pooled or joined. What attention layers hand on spans ranges that 8 bits
/// serve badly.
static bool comesFromConvolution(Value value,
                                 llvm::SmallDenseSet<Value> &visited) {
  if (!visited.insert(value).second)
    return false;
  if (auto concat = value.getDefiningOp<tensor::ConcatOp>())
    return llvm::any_of(concat.getInputs(), [&](Value input) {
      return comesFromConvolution(input, visited);
    });
  auto def = value.getDefiningOp<LinalgOp>();
  if (!def)
    return false;
  if (nnq::isConvolution(def))
    return true;
  if (nnq::isMaxPooling(def))
    return comesFromConvolution(def.getDpsInputs()[0], visited);
  return isElementwise(def) &&
         llvm::any_of(def.getDpsInputs(), [&](Value input) {
           return comesFromConvolution(input, visited);
         });
}

static bool comesFromConvolution(Value value) {
  llvm::SmallDenseSet<Value> visited;
  return comesFromConvolution(value, visited);
}

/// True for what gives elements of its operand another place or shape.
static bool isMove(Operation *op) {
  return nnq::isView(op) || nnq::getPermutation(op);
}

/// True if a layer with weights reads `value`, or what else of it a
/// convolutional network computes.
static bool leadsToLayer(Value value, llvm::SmallDenseSet<Value> &visited) {
  if (!visited.insert(value).second)
    return false;
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    auto structured = dyn_cast<LinalgOp>(user);
    if (structured && nnq::isMultiplyAccumulate(structured))
      return !nnq::isActivationProduct(structured);
    return (isElementwise(user) || isMove(user) ||
            (structured && nnq::isPooling(structured)) ||
            isa<tensor::ConcatOp, tensor::PadOp>(user)) &&
           leadsToLayer(user->getResult(0), visited);
  });
}

/// True if more than one op reads `value`, or what it is a part or another
/// shape of.
static bool hasOtherReaders(Value value) {
  while (value.hasOneUse()) {
    Operation *def = value.getDefiningOp();
    if (!def || !nnq::isView(def))
      return false;
    value = def->getOperand(0);
  }
  return true;
}

/// What of a concatenation between convolutions, or of their results in front
/// of the classifier, is stored for several readers. An operand that nothing
/// else reads has the scale of the result.
static SmallVector<OpOperand *> findConcatenated(tensor::ConcatOp op) {
  Value result = op.getResult();
  llvm::SmallDenseSet<Value> visited;
  if (!comesFromConvolution(result) || !leadsToLayer(result, visited))
    return {};
  SmallVector<OpOperand *> stored;
  auto addReaders = [&](Value value) {
    for (OpOperand &use : value.getUses()) {
      auto reader = dyn_cast<LinalgOp>(use.getOwner());
      if (reader ? reader.isDpsInput(&use) && !nnq::isMultiplyAccumulate(reader)
                 : isa<tensor::ConcatOp>(use.getOwner()))
        stored.push_back(&use);
    }
  };
  for (Value input : op.getInputs())
    if (hasOtherReaders(input) && !isConstant(input))
      addReaders(input);
  // Channels that are shuffled are stored once all of them are in place.
  Value moved = result;
  while (moved.hasOneUse() && isMove(*moved.user_begin()))
    moved = moved.user_begin()->getResult(0);
  if (moved != result && !moved.hasOneUse()) {
    for (OpOperand &use : moved.getUses())
      stored.push_back(&use);
    return stored;
  }
  // Into one larger concatenation the operands go with its scale.
  if (!result.hasOneUse() || !isa<tensor::ConcatOp>(*result.user_begin()))
    addReaders(result);
  return stored;
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

/// True for the result of a layer, in another shape perhaps.
static bool isOfLayer(Value value) {
  while (value.getDefiningOp<tensor::CollapseShapeOp>() ||
         value.getDefiningOp<tensor::ExpandShapeOp>())
    value = value.getDefiningOp()->getOperand(0);
  auto def = value.getDefiningOp<LinalgOp>();
  return def && nnq::isMultiplyAccumulate(def);
}

static SmallVector<OpOperand *> findJoined(LinalgOp op) {
  ArrayRef<int64_t> shape =
      cast<ShapedType>(op->getResult(0).getType()).getShape();
  Sources all;
  SmallVector<std::pair<OpOperand *, Sources>> branches;
  SmallVector<OpOperand *> gates;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    Sources sources = getSources(operand->get());
    all.insert(sources.begin(), sources.end());
    if (!sources.empty() && op.getMatchingIndexingMap(operand).isIdentity() &&
        cast<ShapedType>(operand->get().getType()).getShape() == shape)
      branches.push_back({operand, std::move(sources)});
    else if (llvm::any_of(sources, isOfLayer) &&
             cast<ShapedType>(operand->get().getType()).getShape() != shape)
      gates.push_back(operand);
  }
  if (all.size() < 2 ||
      llvm::none_of(all, [](Value v) { return comesFromConvolution(v); }))
    return {};
  Value carrier = findCarrier(all, shape);
  SmallVector<OpOperand *> stored;
  for (auto &[operand, sources] : branches)
    if (!sources.contains(carrier))
      stored.push_back(operand);
  // No epilogue computes them: other elements of the result need them, too.
  if (!branches.empty())
    llvm::append_range(stored, gates);
  return stored;
}

SmallVector<OpOperand *> nnq::findStoredBranches(Operation *operation) {
  if (auto concat = dyn_cast<tensor::ConcatOp>(operation))
    return findConcatenated(concat);
  auto op = dyn_cast<LinalgOp>(operation);
  if (!op || !op.hasPureTensorSemantics() || op->getNumResults() != 1)
    return {};
  if (isSumPooling(op) && comesFromConvolution(op.getDpsInputs()[0]))
    return {op.getDpsInputOperand(0)};
  if (isElementwise(op))
    return findJoined(op);
  return {};
}
