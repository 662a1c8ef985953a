//===- ChannelGroups.cpp - Channels that may be removed -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ChannelGroups.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "nnq/Support/Contraction.h"
#include "nnq/Support/Structured.h"

#include <map>

using namespace mlir;
using namespace nnq;

Value nnq::findWeight(OpOperand &operand) {
  Value value = operand.get();
  while (isa_and_nonnull<quant::DequantizeCastOp, quant::StorageCastOp>(
      value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value.getDefiningOp<arith::ConstantOp>() ? value : Value();
}

bool nnq::isSummedOver(linalg::LinalgOp op, OpOperand *operand, unsigned dim) {
  auto loop =
      cast<AffineDimExpr>(op.getMatchingIndexingMap(operand).getResult(dim));
  return linalg::isReductionIterator(
      op.getIteratorTypesArray()[loop.getPosition()]);
}

ChannelGroups::ChannelGroups(func::FuncOp function) : graph(function) {
  function.walk([&](linalg::LinalgOp op) {
    if (isMultiplyAccumulate(op) && op.hasPureTensorSemantics())
      addLayer(op);
  });
  collectGroups();
}

void ChannelGroups::addLayer(linalg::LinalgOp op) {
  Layer layer;
  layer.loops.sizes = op.getStaticLoopRanges();
  layer.dims.resize(layer.loops.sizes.size());
  FailureOr<WeightedOp> operands = matchWeightedOp(op);
  // Of two activations either may be seen as weights.
  bool isWeighted = succeeded(operands);
  layer.loops.activationMap = op.getMatchingIndexingMap(
      isWeighted ? operands->activation : op.getDpsInputOperand(0));
  layer.loops.weightMap = op.getMatchingIndexingMap(
      isWeighted ? operands->weight : op.getDpsInputOperand(1));
  for (utils::IteratorType type : op.getIteratorTypesArray())
    layer.loops.sums.push_back(linalg::isReductionIterator(type));
  for (OpOperand &operand : op->getOpOperands())
    for (auto [dim, expr] :
         llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults()))
      if (auto loop = dyn_cast<AffineDimExpr>(expr))
        layer.dims[loop.getPosition()] = graph.findDim(operand.get(), dim);
  if (!op.hasDynamicShape())
    layers.push_back(std::move(layer));
  // Channels of a depthwise convolution come from the layer before it.
  if (FailureOr<Contraction> contraction = Contraction::match(op);
      succeeded(contraction) && findWeight(*contraction->weight))
    producers.push_back({op, contraction->channelDim});
}

SmallVector<int64_t> ChannelGroups::countPositions() const {
  SmallVector<int64_t> sizes;
  for (unsigned dim = 0, count = graph.getDims().size(); dim < count; ++dim)
    sizes.push_back(graph.getSize(dim));
  return sizes;
}

std::vector<int64_t>
ChannelGroups::Layer::getSizes(ArrayRef<int64_t> kept) const {
  std::vector<int64_t> result;
  for (auto [dim, size] : llvm::zip_equal(dims, loops.sizes))
    result.push_back(dim ? kept[*dim] : size);
  return result;
}

int64_t ChannelGroups::countMultiplyAdds(ArrayRef<int64_t> kept) const {
  int64_t sum = 0;
  for (const Layer &layer : layers)
    sum += llvm::product_of(layer.getSizes(kept));
  return sum;
}

double ChannelGroups::estimateCycles(TargetAttr target, bool isInt8,
                                     ArrayRef<int64_t> kept) const {
  double sum = 0;
  for (const Layer &layer : layers) {
    std::vector<int64_t> sizes = layer.getSizes(kept);
    auto [it, isNew] = layer.cycles.try_emplace(sizes, 0);
    if (isNew) {
      LayerLoops loops = layer.loops;
      loops.sizes.assign(sizes.begin(), sizes.end());
      it->second = estimateLayerCycles(target, loops, isInt8);
    }
    sum += it->second;
  }
  return sum;
}

void ChannelGroups::collectGroups() {
  // The dimensions of each unit, and how often it is there.
  llvm::MapVector<ChannelGraph::Position, SmallVector<unsigned>> dimsOfUnits;
  for (unsigned dim = 0, count = graph.getDims().size(); dim < count; ++dim)
    for (int64_t i = 0; i < graph.getSize(dim); ++i) {
      ChannelGraph::Position unit = graph.getUnit(graph.getFirst(dim) + i);
      if (graph.getReason(unit).empty())
        dimsOfUnits[unit].push_back(dim);
    }

  std::map<std::vector<unsigned>, unsigned> numbers;
  std::vector<ChannelGroup> all;
  for (auto &[unit, dims] : dimsOfUnits) {
    std::vector<unsigned> key(dims.begin(), dims.end());
    auto [it, isNew] = numbers.try_emplace(key, all.size());
    if (isNew) {
      ChannelGroup group;
      for (unsigned dim : dims) {
        if (group.dims.empty() || group.dims.back() != dim) {
          group.dims.push_back(dim);
          group.times.push_back(0);
        }
        ++group.times.back();
      }
      all.push_back(std::move(group));
    }
    all[it->second].units.push_back(unit);
  }

  llvm::DenseMap<unsigned, ChannelProducer> producerOfDim;
  for (const ChannelProducer &producer : producers) {
    Value result = producer.op->getResult(0);
    unsigned dim = *graph.findDim(result, producer.dim);
    producerOfDim[dim] = producer;
    for (int64_t i = 0; i < graph.getSize(dim); ++i) {
      ChannelGraph::Position unit = graph.getUnit(graph.getFirst(dim) + i);
      if (graph.getReason(unit).empty())
        continue;
      fixed.push_back(
          {producer.op, graph.getReason(unit), graph.getCause(unit)});
      break;
    }
  }
  for (ChannelGroup &group : all) {
    for (unsigned number : group.dims) {
      if (auto it = producerOfDim.find(number); it != producerOfDim.end())
        group.producers.push_back(it->second);
      const TensorDim &dim = graph.getDims()[number];
      if (!dim.value.hasOneUse())
        continue;
      OpOperand &use = *dim.value.getUses().begin();
      auto op = dyn_cast<linalg::LinalgOp>(use.getOwner());
      if (op && isMultiplyAccumulate(op) && findWeight(use))
        group.weights.push_back({op, &use, dim.dim});
    }
    if (!group.producers.empty())
      groups.push_back(std::move(group));
  }
  llvm::sort(groups, [](const ChannelGroup &a, const ChannelGroup &b) {
    return a.units.front() < b.units.front();
  });
}
