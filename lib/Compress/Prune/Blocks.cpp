//===- Blocks.cpp - Parts of a network that it works without --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Blocks.h"

#include "nnq/Support/LayerKind.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace nnq;

using OpSet = llvm::SetVector<Operation *>;

std::string PrunableBlock::getName() const {
  StringRef first = getLayerName(ArrayRef(layers).front()),
            last = getLayerName(ArrayRef(layers).back());
  return first == last ? first.str() : (first + " to " + last).str();
}

bool PrunableBlock::overlaps(const PrunableBlock &other) const {
  return llvm::any_of(
      ops, [&](Operation *op) { return llvm::is_contained(other.ops, op); });
}

static std::string show(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

/// Multiply-adds where dynamic loops count once.
static int64_t countMultiplyAdds(linalg::LinalgOp op) {
  int64_t count = 1;
  for (int64_t range : op.getStaticLoopRanges())
    count *= ShapedType::isDynamic(range) ? 1 : range;
  return count;
}

/// How many weights `op` has, if it is a layer with constant ones.
static std::optional<int64_t> countWeights(Operation *op) {
  auto layer = dyn_cast<linalg::LinalgOp>(op);
  if (!layer || !isMultiplyAccumulate(layer))
    return std::nullopt;
  FailureOr<WeightedOp> operands = matchWeightedOp(layer);
  if (failed(operands))
    return std::nullopt;
  return cast<ShapedType>(operands->weight->get().getType()).getNumElements();
}

/// The dimension of the result of `op` that its loop `loop` runs along.
static std::optional<unsigned> findResultDim(linalg::LinalgOp op,
                                             unsigned loop) {
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  return map.getResultPosition(getAffineDimExpr(loop, op.getContext()));
}

namespace {
class Finder {
public:
  Finder(func::FuncOp function, bool bridges, Blocks &found)
      : body(function.getBody().front()), bridges(bridges), found(found) {}

  void run();

private:
  bool isComputed(Value value) const { return computed.contains(value); }
  SmallVector<Value> getSources(Operation *op) const;
  /// All ops that make `value` of `stop`, or of the inputs of the network if
  /// there is none. False if `value` is not made of `stop` alone.
  bool collect(Value value, Value stop, OpSet &ops) const;
  void addResidual(linalg::LinalgOp add);
  void addShortcut(linalg::LinalgOp add);
  void addLayer(linalg::LinalgOp op);
  bool fill(PrunableBlock &block, const OpSet &ops);
  std::optional<unsigned> findChannelDim(Value value, unsigned depth = 0) const;

  Block &body;
  bool bridges;
  Blocks &found;
  /// Tensors that depend on the inputs of the function.
  llvm::DenseSet<Value> computed;
  /// Ops of residual blocks, be they ones that can go or not.
  llvm::DenseSet<Operation *> inResidual;
};
} // namespace

SmallVector<Value> Finder::getSources(Operation *op) const {
  SmallVector<Value> sources;
  for (Value operand : op->getOperands())
    if (isComputed(operand) && !llvm::is_contained(sources, operand))
      sources.push_back(operand);
  return sources;
}

bool Finder::collect(Value value, Value stop, OpSet &ops) const {
  SmallVector<Value> open = {value};
  while (!open.empty()) {
    Value next = open.pop_back_val();
    if (next == stop)
      continue;
    Operation *op = next.getDefiningOp();
    if (!stop && !op)
      continue;
    if (!op || (stop && stop.getDefiningOp() &&
                op->isBeforeInBlock(stop.getDefiningOp())))
      return false;
    if (ops.insert(op))
      llvm::append_range(open, getSources(op));
  }
  return true;
}

/// The op adds two tensors of its own shape, element by element.
static bool isPlainAddition(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() != 2 || op->getNumResults() != 1 ||
      op.getNumParallelLoops() != op.getNumLoops())
    return false;
  for (OpOperand *operand : op.getDpsInputOperands())
    if (!op.getMatchingIndexingMap(operand).isIdentity() ||
        operand->get().getType() != op->getResult(0).getType())
      return false;
  auto add = dyn_cast_or_null<arith::AddFOp>(getSingleBodyOp(op));
  ArrayRef<BlockArgument> args = op.getBlock()->getArguments();
  return add && add.getLhs() != add.getRhs() &&
         llvm::is_contained(args.take_front(2), add.getLhs()) &&
         llvm::is_contained(args.take_front(2), add.getRhs());
}

/// Completes `block` by ops between its ends. False if it has no layers, or if
/// other ops read what is between.
bool Finder::fill(PrunableBlock &block, const OpSet &ops) {
  Operation *exit = block.getExit();
  block.ops.assign(ops.begin(), ops.end());
  block.ops.push_back(exit);
  llvm::sort(block.ops,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  for (Operation *op : block.ops) {
    auto structured = dyn_cast<linalg::LinalgOp>(op);
    if (!structured || !isMultiplyAccumulate(structured))
      continue;
    block.multiplyAdds += countMultiplyAdds(structured);
    if (std::optional<int64_t> weights = countWeights(op)) {
      block.layers.push_back(structured);
      block.numWeights += *weights;
    }
  }
  if (block.layers.empty())
    return false;
  for (Operation *op : block.ops)
    for (Operation *user : op->getUsers())
      if (op != exit && user != exit && !ops.contains(user) &&
          !isa<tensor::DimOp>(user)) {
        found.refused.push_back({exit, "'" + getLayerName(user).str() +
                                           "' reads what block " +
                                           block.getName() + " has inside"});
        return false;
      }
  return true;
}

/// Follows the dimension of channels from layers to what is made of them.
std::optional<unsigned> Finder::findChannelDim(Value value,
                                               unsigned depth) const {
  // Layers are close to the end of a block.
  if (depth > 16)
    return std::nullopt;
  Operation *op = value.getDefiningOp();
  if (auto structured = dyn_cast_or_null<linalg::LinalgOp>(op)) {
    if (FailureOr<WeightedOp> operands = matchWeightedOp(structured);
        isMultiplyAccumulate(structured) && succeeded(operands)) {
      if (!operands->channelAxis)
        return std::nullopt;
      AffineMap map = structured.getMatchingIndexingMap(operands->weight);
      auto loop =
          dyn_cast<AffineDimExpr>(map.getResult(*operands->channelAxis));
      return loop ? findResultDim(structured, loop.getPosition())
                  : std::nullopt;
    }
    if (structured.getNumParallelLoops() != structured.getNumLoops())
      return std::nullopt;
    for (OpOperand *operand : structured.getDpsInputOperands()) {
      if (!isComputed(operand->get()))
        continue;
      std::optional<unsigned> dim = findChannelDim(operand->get(), depth + 1);
      if (!dim)
        continue;
      AffineMap map = structured.getMatchingIndexingMap(operand);
      if (auto loop = dyn_cast<AffineDimExpr>(map.getResult(*dim)))
        return findResultDim(structured, loop.getPosition());
    }
    return std::nullopt;
  }
  if (auto collapse = dyn_cast_or_null<tensor::CollapseShapeOp>(op)) {
    std::optional<unsigned> dim = findChannelDim(collapse.getSrc(), depth + 1);
    if (!dim)
      return std::nullopt;
    for (auto [i, group] : llvm::enumerate(collapse.getReassociationIndices()))
      if (llvm::is_contained(group, static_cast<int64_t>(*dim)) &&
          collapse.getSrcType().getDimSize(*dim) ==
              collapse.getResultType().getDimSize(i))
        return i;
    return std::nullopt;
  }
  if (auto expand = dyn_cast_or_null<tensor::ExpandShapeOp>(op)) {
    std::optional<unsigned> dim = findChannelDim(expand.getSrc(), depth + 1);
    if (!dim)
      return std::nullopt;
    for (int64_t i : expand.getReassociationIndices()[*dim])
      if (expand.getResultType().getDimSize(i) ==
          expand.getSrcType().getDimSize(*dim))
        return i;
  }
  return std::nullopt;
}

void Finder::addResidual(linalg::LinalgOp add) {
  Value operands[] = {add.getDpsInputOperand(0)->get(),
                      add.getDpsInputOperand(1)->get()};
  for (unsigned i : {0, 1}) {
    Value branch = operands[i], kept = operands[1 - i];
    OpSet ops;
    if (!collect(branch, kept, ops) || ops.empty())
      continue;
    inResidual.insert(ops.begin(), ops.end());
    PrunableBlock block;
    block.input = kept;
    block.output = add->getResult(0);
    if (!fill(block, ops))
      return;
    block.channelDim = findChannelDim(branch);
    found.blocks.push_back(std::move(block));
    return;
  }
  addShortcut(add);
}

/// Two branches of one tensor, neither of which is the tensor itself.
void Finder::addShortcut(linalg::LinalgOp add) {
  Value operands[] = {add.getDpsInputOperand(0)->get(),
                      add.getDpsInputOperand(1)->get()};
  OpSet all[2], own[2];
  for (unsigned i : {0, 1})
    (void)collect(operands[i], Value(), all[i]);
  llvm::SetVector<Value> entries;
  for (unsigned i : {0, 1}) {
    for (Operation *op : all[i])
      if (!all[1 - i].contains(op))
        own[i].insert(op);
    for (Operation *op : own[i])
      for (Value source : getSources(op))
        if (!source.getDefiningOp() || !own[i].contains(source.getDefiningOp()))
          entries.insert(source);
  }
  if (own[0].empty() || own[1].empty() || entries.size() != 1)
    return;
  auto countAll = [](const OpSet &ops) {
    int64_t count = 0;
    for (Operation *op : ops)
      count += countWeights(op).value_or(0);
    return count;
  };
  unsigned shortcut = countAll(own[0]) < countAll(own[1]) ? 0 : 1;
  PrunableBlock block;
  block.input = operands[shortcut];
  block.output = add->getResult(0);
  for (const OpSet &ops : own)
    inResidual.insert(ops.begin(), ops.end());
  if (!fill(block, own[1 - shortcut]))
    return;
  StringRef name = getLayerName(operands[shortcut].getDefiningOp());
  if (!bridges) {
    found.refused.push_back({add, "block " + block.getName() + " makes " +
                                      show(block.output.getType()) + " of " +
                                      show(entries.front().getType()) +
                                      "; bridge keeps its shortcut, '" +
                                      name.str() + "'"});
    return;
  }
  block.bridge = name.str();
  block.channelDim = findChannelDim(operands[1 - shortcut]);
  found.blocks.push_back(std::move(block));
}

/// A layer on its own, with the elementwise ops that follow.
void Finder::addLayer(linalg::LinalgOp op) {
  FailureOr<WeightedOp> operands = matchWeightedOp(op);
  if (failed(operands) || op->getNumResults() != 1)
    return;
  OpSet ops;
  ops.insert(op);
  Value output = op->getResult(0);
  while (output.hasOneUse()) {
    auto user = dyn_cast<linalg::LinalgOp>(*output.user_begin());
    if (!user || user->getNumResults() != 1 || !isElementwiseCompute(user) ||
        getSources(user).size() != 1 ||
        user->getResult(0).getType() != output.getType())
      break;
    ops.insert(user);
    output = user->getResult(0);
  }
  Value input = operands->activation->get();
  // Borders and reshapes belong to the layer.
  while (input.getType() != output.getType() &&
         isa_and_nonnull<tensor::PadOp, tensor::ExpandShapeOp,
                         tensor::CollapseShapeOp>(input.getDefiningOp())) {
    Operation *source = input.getDefiningOp();
    if (input.hasOneUse())
      ops.insert(source);
    input = source->getOperand(0);
  }
  if (input.getType() != output.getType() || !isComputed(input)) {
    found.refused.push_back({op, "makes " + show(output.getType()) + " of " +
                                     show(input.getType())});
    return;
  }
  PrunableBlock block;
  block.input = input;
  block.output = output;
  ops.remove(block.getExit());
  if (!fill(block, ops))
    return;
  block.channelDim = findChannelDim(output);
  found.blocks.push_back(std::move(block));
}

void Finder::run() {
  for (BlockArgument arg : body.getArguments())
    if (isa<RankedTensorType>(arg.getType()))
      computed.insert(arg);
  for (Operation &op : body)
    if (llvm::any_of(op.getOperands(),
                     [&](Value operand) { return isComputed(operand); }))
      for (Value result : op.getResults())
        if (isa<RankedTensorType>(result.getType()))
          computed.insert(result);
  for (Operation &op : body)
    if (auto add = dyn_cast<linalg::LinalgOp>(op);
        add && isPlainAddition(add) &&
        llvm::all_of(add.getDpsInputs(),
                     [&](Value input) { return isComputed(input); }))
      addResidual(add);
  for (Operation &op : body)
    if (auto layer = dyn_cast<linalg::LinalgOp>(op);
        layer && isMultiplyAccumulate(layer) && !inResidual.contains(layer))
      addLayer(layer);
  llvm::sort(found.blocks, [](const PrunableBlock &a, const PrunableBlock &b) {
    return a.getExit()->isBeforeInBlock(b.getExit());
  });
}

Blocks Blocks::find(func::FuncOp function, bool bridges) {
  Blocks found;
  Finder(function, bridges, found).run();
  return found;
}
