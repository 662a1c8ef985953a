//===- ChannelGraph.cpp - Which positions shrink together -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ChannelGraph.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Support/Structured.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace nnq;

void nnq::isolateSources(func::FuncOp function) {
  // A fill is cloned with its destination, whose uses come later here.
  SmallVector<Operation *> users;
  function.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op->getParentOp() == function)
      users.push_back(op);
  });
  for (Operation *op : llvm::reverse(users))
    for (OpOperand &operand : op->getOpOperands()) {
      Operation *source = operand.get().getDefiningOp();
      if (!isa_and_nonnull<arith::ConstantOp, tensor::EmptyOp, linalg::FillOp>(
              source) ||
          !isa<RankedTensorType>(operand.get().getType()) ||
          operand.get().hasOneUse())
        continue;
      OpBuilder builder(op);
      Operation *copy = builder.clone(*source);
      if (auto fill = dyn_cast<linalg::FillOp>(copy))
        if (auto empty =
                fill.getOutputs()[0].getDefiningOp<tensor::EmptyOp>()) {
          builder.setInsertionPoint(fill);
          fill.getOutputsMutable().assign(builder.clone(*empty)->getResult(0));
        }
      operand.set(copy->getResult(0));
    }
}

ChannelGraph::ChannelGraph(func::FuncOp function) {
  for (BlockArgument input : function.getArguments())
    fixAll(input, function, "an input of the network has it");
  for (Operation &op : function.getBody().front())
    visit(&op);
  decideReshapes();
}

unsigned ChannelGraph::addDim(Value value, unsigned dim) {
  auto [it, isNew] = numbers.try_emplace({value, dim}, dims.size());
  if (!isNew)
    return it->second;
  auto type = cast<RankedTensorType>(value.getType());
  // Of a dynamic size only that is known that it stays.
  int64_t size = type.isDynamicDim(dim) ? 1 : type.getDimSize(dim);
  dims.push_back({value, dim});
  sizes.push_back(size);
  firsts.push_back(parents.size());
  for (int64_t i = 0; i < size; ++i)
    parents.push_back(parents.size());
  if (type.isDynamicDim(dim))
    fixed.try_emplace(firsts.back(), Fixed{"its size is known at run time only",
                                           value.getDefiningOp()});
  else if (size == 1)
    fixed.try_emplace(firsts.back(),
                      Fixed{"it is the only one", value.getDefiningOp()});
  return dims.size() - 1;
}

std::optional<unsigned> ChannelGraph::findDim(Value value, unsigned dim) const {
  auto it = numbers.find({value, dim});
  return it == numbers.end() ? std::nullopt : std::optional(it->second);
}

ChannelGraph::Position ChannelGraph::getUnit(Position position) const {
  while (parents[position] != position) {
    parents[position] = parents[parents[position]];
    position = parents[position];
  }
  return position;
}

StringRef ChannelGraph::getReason(Position unit) const {
  auto it = fixed.find(unit);
  return it == fixed.end() ? StringRef() : it->second.reason;
}

Operation *ChannelGraph::getCause(Position unit) const {
  return fixed.lookup(unit).op;
}

void ChannelGraph::unite(Position a, Position b) {
  a = getUnit(a);
  b = getUnit(b);
  if (a == b)
    return;
  // The first of them stands for the unit, which makes their order that of the
  // network.
  auto [first, second] = std::minmax(a, b);
  parents[second] = first;
  if (auto it = fixed.find(second); it != fixed.end()) {
    Fixed reason = it->second;
    fixed.erase(it);
    fixed.try_emplace(first, reason);
  }
}

void ChannelGraph::unite(TensorDim a, int64_t offsetA, TensorDim b,
                         int64_t offsetB, int64_t count) {
  unsigned i = addDim(a.value, a.dim), j = addDim(b.value, b.dim);
  assert(offsetA + count <= sizes[i] && offsetB + count <= sizes[j]);
  for (int64_t k = 0; k < count; ++k)
    unite(firsts[i] + offsetA + k, firsts[j] + offsetB + k);
}

void ChannelGraph::unite(TensorDim a, TensorDim b, Operation *op) {
  int64_t size = sizes[addDim(a.value, a.dim)];
  if (size == sizes[addDim(b.value, b.dim)])
    return unite(a, 0, b, 0, size);
  fix(a, op, "it is read in another size");
  fix(b, op, "it is read in another size");
}

void ChannelGraph::fix(TensorDim dim, Operation *op, StringRef reason) {
  unsigned number = addDim(dim.value, dim.dim);
  for (int64_t i = 0; i < sizes[number]; ++i)
    fixed.try_emplace(getUnit(firsts[number] + i), Fixed{reason, op});
}

void ChannelGraph::fixAll(Value value, Operation *op, StringRef reason) {
  if (auto type = dyn_cast<RankedTensorType>(value.getType()))
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      fix({value, static_cast<unsigned>(dim)}, op, reason);
}

bool ChannelGraph::isFixed(TensorDim dim) {
  unsigned number = addDim(dim.value, dim.dim);
  for (int64_t i = 0; i < sizes[number]; ++i)
    if (!fixed.contains(getUnit(firsts[number] + i)))
      return false;
  return true;
}

void ChannelGraph::visit(Operation *op) {
  if (auto structured = dyn_cast<linalg::LinalgOp>(op);
      structured && structured.hasPureTensorSemantics())
    return visit(structured);
  if (auto pad = dyn_cast<tensor::PadOp>(op))
    return visit(pad);
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return visit(slice);
  if (auto slice = dyn_cast<tensor::InsertSliceOp>(op))
    return visit(slice);
  if (auto concat = dyn_cast<tensor::ConcatOp>(op))
    return visit(concat);
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return visitReshape(op, expand.getSrc(), expand.getResult(),
                        expand.getReassociationIndices());
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return visitReshape(op, collapse.getResult(), collapse.getSrc(),
                        collapse.getReassociationIndices());
  if (isa<arith::ConstantOp, tensor::EmptyOp>(op))
    return;
  if (isa<quant::QuantizeCastOp, quant::DequantizeCastOp, quant::StorageCastOp>(
          op))
    return visitCast(op);
  StringRef reason = isa<func::ReturnOp>(op)
                         ? StringRef("a result of the network has it")
                         : StringRef("an op that is no structured one reads or "
                                     "makes it");
  for (Value operand : op->getOperands())
    fixAll(operand, op, reason);
  for (Value result : op->getResults())
    fixAll(result, op, reason);
}

void ChannelGraph::visitCast(Operation *op) {
  Value from = op->getOperand(0), to = op->getResult(0);
  if (auto type = dyn_cast<RankedTensorType>(from.getType()))
    for (unsigned dim = 0, rank = type.getRank(); dim < rank; ++dim)
      unite({from, dim}, {to, dim}, op);
  for (Value value : {from, to})
    if (isa<quant::UniformQuantizedSubChannelType>(
            getElementTypeOrSelf(value.getType())))
      fixAll(value, op, "neighbours along it share a scale");
}

void ChannelGraph::fixLoop(linalg::LinalgOp op, unsigned loop,
                           StringRef reason) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<RankedTensorType>(operand.get().getType()))
      continue;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [dim, expr] : llvm::enumerate(map.getResults()))
      if (expr.isFunctionOfDim(loop))
        fix({operand.get(), static_cast<unsigned>(dim)}, op, reason);
  }
}

/// A convolution over groups reads `(c floordiv n) * m + i`: groups go as a
/// whole.
bool ChannelGraph::uniteGroups(linalg::LinalgOp op, OpOperand *operand,
                               unsigned dim, AffineExpr expr) {
  if (!isConvolution(op))
    return false;
  for (auto [number, result] : llvm::enumerate(
           op.getMatchingIndexingMap(op.getDpsInitOperand(0)).getResults())) {
    auto loop = dyn_cast<AffineDimExpr>(result);
    if (!loop || !expr.isFunctionOfDim(loop.getPosition()))
      continue;
    std::optional<int64_t> outputs = getGroupChannels(
        op.getMatchingIndexingMap(operand), loop.getPosition());
    int64_t channels = op.getStaticLoopRanges()[loop.getPosition()];
    int64_t size =
        cast<RankedTensorType>(operand->get().getType()).getDimSize(dim);
    if (!outputs || channels % *outputs || size % (channels / *outputs))
      return false;
    int64_t inputs = size / (channels / *outputs);
    unsigned x = addDim(operand->get(), dim),
             y = addDim(op->getResult(0), number);
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = 0; i < inputs; ++i)
        unite(firsts[x] + c / *outputs * inputs + i, firsts[y] + c);
    for (unsigned other = 0; other < op.getNumLoops(); ++other)
      if (other != loop.getPosition() && expr.isFunctionOfDim(other))
        for (OpOperand *in : op.getDpsInputOperands())
          if (in != operand)
            for (auto [position, read] :
                 llvm::enumerate(op.getMatchingIndexingMap(in).getResults()))
              if (read.isFunctionOfDim(other))
                fix({in->get(), static_cast<unsigned>(position)}, op,
                    "it counts the channels of a group");
    return true;
  }
  return false;
}

/// The constant that an elementwise op multiplies or divides its input by.
static FloatAttr getScale(linalg::LinalgOp op, bool &divides) {
  if (op.getNumLoops() != op.getNumParallelLoops() || op.getNumDpsInputs() != 1)
    return {};
  Operation *body =
      op.getBlock()->getTerminator()->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::MulFOp, arith::DivFOp>(body))
    return {};
  divides = isa<arith::DivFOp>(body);
  for (Value factor : body->getOperands()) {
    FloatAttr number;
    if (matchPattern(factor, m_Constant(&number)) &&
        (!divides || factor == body->getOperand(1)))
      return number;
  }
  return {};
}

/// The op behind a sum over `count` numbers that makes their mean of it.
static linalg::LinalgOp findMean(Value sum, int64_t count) {
  while (sum.hasOneUse()) {
    Operation *user = *sum.getUsers().begin();
    if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(user)) {
      sum = user->getResult(0);
      continue;
    }
    auto op = dyn_cast<linalg::LinalgOp>(user);
    bool divides = false;
    FloatAttr number = op ? getScale(op, divides) : FloatAttr();
    if (!number)
      return {};
    double factor = number.getValueAsDouble() * (divides ? 1.0 / count : count);
    return std::abs(factor - 1) < 1e-4 ? op : linalg::LinalgOp();
  }
  return {};
}

/// Sums of products and means do not miss positions that are left out.
void ChannelGraph::visitReduction(linalg::LinalgOp op, unsigned loop) {
  if (isMultiplyAddBody(op) && !isPooling(op))
    return;
  Operation *body =
      op.getBlock()->getTerminator()->getOperand(0).getDefiningOp();
  if (isa_and_nonnull<arith::AddFOp>(body) && op.getNumDpsInputs() == 1 &&
      op.getNumReductionLoops() == 1 && isZeroFill(op.getDpsInits()[0])) {
    if (linalg::LinalgOp scale =
            findMean(op->getResult(0), op.getStaticLoopRanges()[loop])) {
      means.push_back({op, loop, scale});
      return;
    }
  }
  fixLoop(op, loop, "a reduction that counts its elements runs over it");
}

void ChannelGraph::visit(linalg::LinalgOp op) {
  constexpr StringLiteral kWindow = "a window moves along it";
  SmallVector<SmallVector<TensorDim>> users(op.getNumLoops());
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = dyn_cast<RankedTensorType>(operand.get().getType());
    if (!type)
      continue;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [number, expr] : llvm::enumerate(map.getResults())) {
      unsigned dim = number;
      if (auto loop = dyn_cast<AffineDimExpr>(expr)) {
        users[loop.getPosition()].push_back({operand.get(), dim});
        if (op.isDpsInit(&operand) && op->getNumResults() > 0)
          users[loop.getPosition()].push_back(
              {op.getTiedOpResult(&operand), dim});
        continue;
      }
      if (uniteGroups(op, &operand, dim, expr))
        continue;
      fix({operand.get(), dim}, op, kWindow);
      for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
        if (expr.isFunctionOfDim(loop))
          fixLoop(op, loop, kWindow);
    }
  }
  for (ArrayRef<TensorDim> dims : users)
    for (const TensorDim &dim : dims)
      unite(dims.front(), dim, op);

  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  for (auto [loop, iterator] : llvm::enumerate(iterators))
    if (iterator == utils::IteratorType::reduction)
      visitReduction(op, loop);
  op.getBlock()->walk([&](Operation *inner) {
    if (auto index = dyn_cast<linalg::IndexOp>(inner))
      fixLoop(op, index.getDim(), "the position of its elements matters");
    for (Value operand : inner->getOperands())
      fixAll(operand, op, "elements of it are gathered");
  });
}

void ChannelGraph::visit(tensor::PadOp op) {
  for (unsigned dim = 0, rank = op.getType().getRank(); dim < rank; ++dim) {
    TensorDim source{op.getSource(), dim}, result{op.getResult(), dim};
    int64_t low = op.getStaticLow()[dim];
    if (!op.getConstantPaddingValue() || ShapedType::isDynamic(low) ||
        ShapedType::isDynamic(op.getStaticHigh()[dim])) {
      fix(source, op, "its padding is computed");
      fix(result, op, "its padding is computed");
      continue;
    }
    int64_t size = sizes[addDim(source.value, dim)];
    if (op.getType().isDynamicDim(dim))
      unite(source, result, op);
    else
      unite(source, 0, result, low, size);
  }
}

void ChannelGraph::visitSlice(Value whole, Value part,
                              OffsetSizeAndStrideOpInterface op,
                              const llvm::SmallBitVector &dropped) {
  unsigned partDim = 0;
  for (unsigned dim = 0, rank = dropped.size(); dim < rank; ++dim) {
    int64_t offset = op.getStaticOffsets()[dim],
            size = op.getStaticSizes()[dim],
            stride = op.getStaticStrides()[dim];
    bool isStatic = !ShapedType::isDynamic(offset) &&
                    !ShapedType::isDynamic(size) && stride == 1;
    constexpr StringLiteral kStrided = "a slice of it has steps";
    if (dropped.test(dim)) {
      fix({whole, dim}, op, "single elements of it are taken");
      continue;
    }
    TensorDim inPart{part, partDim++};
    if (isStatic) {
      unite({whole, dim}, offset, inPart, 0, size);
    } else {
      fix({whole, dim}, op, kStrided);
      fix(inPart, op, kStrided);
    }
  }
}

void ChannelGraph::visit(tensor::ExtractSliceOp op) {
  visitSlice(op.getSource(), op.getResult(), op, op.getDroppedDims());
}

void ChannelGraph::visit(tensor::InsertSliceOp op) {
  for (unsigned dim = 0, rank = op.getType().getRank(); dim < rank; ++dim)
    unite({op.getDest(), dim}, {op.getResult(), dim}, op);
  visitSlice(op.getResult(), op.getSource(), op, op.getDroppedDims());
}

void ChannelGraph::visit(tensor::ConcatOp op) {
  int64_t offset = 0;
  for (Value input : op.getInputs()) {
    auto type = cast<RankedTensorType>(input.getType());
    for (unsigned dim = 0, rank = type.getRank(); dim < rank; ++dim) {
      TensorDim source{input, dim}, result{op.getResult(), dim};
      if (dim != op.getDim())
        unite(source, result, op);
      else if (op.getType().isDynamicDim(dim))
        fix(source, op, "it is joined with others of unknown sizes");
      else
        unite(source, 0, result, offset, type.getDimSize(dim));
    }
    offset += type.getDimSize(op.getDim());
  }
}

void ChannelGraph::visitReshape(Operation *op, Value flat, Value split,
                                ArrayRef<ReassociationIndices> groups) {
  auto type = cast<RankedTensorType>(split.getType());
  // Units that no group lists, as in a tensor of rank 0, have nothing to join.
  for (auto [number, group] : llvm::enumerate(groups)) {
    Reshape reshape{op, {flat, static_cast<unsigned>(number)}, {}};
    for (int64_t dim : group) {
      TensorDim part{split, static_cast<unsigned>(dim)};
      addDim(part.value, part.dim);
      if (type.getDimSize(dim) != 1)
        reshape.split.push_back(part);
    }
    if (reshape.split.size() == 1)
      unite(reshape.flat, reshape.split.front(), op);
    else if (reshape.split.size() > 1)
      reshapes.push_back(std::move(reshape));
  }
}

void ChannelGraph::decide(const Reshape &reshape, unsigned chosen) {
  unsigned flat = addDim(reshape.flat.value, reshape.flat.dim);
  int64_t inner = 1;
  for (auto [number, dim] : llvm::enumerate(reshape.split)) {
    if (number != chosen)
      fix(dim, reshape.op, "it is merged with another dimension");
    if (number > chosen)
      inner *= sizes[addDim(dim.value, dim.dim)];
  }
  const TensorDim &along = reshape.split[chosen];
  unsigned split = addDim(along.value, along.dim);
  for (int64_t i = 0; i < sizes[flat]; ++i)
    unite(firsts[flat] + i, firsts[split] + i / inner % sizes[split]);
}

/// One of the dimensions that are merged may shrink: one that no other op
/// keeps. Where there are several, it is the outermost of at least four
/// positions, which are heads and groups, or else the longest.
void ChannelGraph::decideReshapes() {
  constexpr int64_t kLeast = 4;
  while (!reshapes.empty()) {
    SmallVector<unsigned> candidates;
    Reshape *next = nullptr;
    for (Reshape &reshape : reshapes) {
      SmallVector<unsigned> here;
      if (!isFixed(reshape.flat))
        for (auto [number, dim] : llvm::enumerate(reshape.split))
          if (!isFixed(dim))
            here.push_back(number);
      if (!next || here.size() < 2) {
        next = &reshape;
        candidates = here;
      }
      if (here.size() < 2)
        break;
    }
    Reshape reshape = *next;
    reshapes.erase(next);
    if (candidates.empty() ||
        llvm::any_of(reshape.split, [](const TensorDim &dim) {
          return cast<RankedTensorType>(dim.value.getType())
              .isDynamicDim(dim.dim);
        })) {
      constexpr StringLiteral kMerged = "it is merged with another dimension";
      fix(reshape.flat, reshape.op, kMerged);
      for (const TensorDim &dim : reshape.split)
        fix(dim, reshape.op, kMerged);
      continue;
    }
    auto sizeOf = [&](unsigned number) {
      const TensorDim &dim = reshape.split[number];
      return sizes[addDim(dim.value, dim.dim)];
    };
    auto chosen = llvm::find_if(
        candidates, [&](unsigned n) { return sizeOf(n) >= kLeast; });
    if (chosen == candidates.end())
      chosen = llvm::max_element(candidates, [&](unsigned a, unsigned b) {
        return sizeOf(a) < sizeOf(b);
      });
    decide(reshape, *chosen);
  }
}
