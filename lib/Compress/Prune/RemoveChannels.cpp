//===- RemoveChannels.cpp - Shrink shapes by the channels that go ---------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ChannelRequests.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Compress/Prune/Passes.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Contraction.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/QuantScales.h"
#include "nnq/Support/Statistics.h"

#include "llvm/ADT/StringMap.h"

namespace nnq {
#define GEN_PASS_DEF_REMOVECHANNELS
#include "nnq/Compress/Prune/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
class Remover {
public:
  explicit Remover(func::FuncOp function)
      : function(function), groups(function), graph(groups.getGraph()),
        removed(graph.getNumPositions()) {}

  /// Marks the units that layers name.
  LogicalResult readRequests();
  LogicalResult run();
  LogicalResult runMask();

  int64_t units = 0, weights = 0, multiplyAdds = 0;

private:
  LogicalResult checkDims();
  /// The positions along a dimension that stay.
  SmallVector<int64_t> getKept(Value value, unsigned dim) const;
  int64_t countKept(Value value, unsigned dim, int64_t from, int64_t to) const;
  bool isChanged(Value value) const;
  RankedTensorType getNewType(Value value) const;

  void recordKept();
  void shrink(Operation *op);
  void shrink(arith::ConstantOp op);
  void mask(arith::ConstantOp op);
  void shrink(tensor::PadOp op);
  void shrinkSlice(OffsetSizeAndStrideOpInterface op, Value whole,
                   const llvm::SmallBitVector &dropped);
  void rescaleMeans();

  func::FuncOp function;
  ChannelGroups groups;
  const ChannelGraph &graph;
  llvm::BitVector removed;
};
} // namespace

LogicalResult Remover::readRequests() {
  FailureOr<llvm::BitVector> asked = readChannelRequests(function, graph);
  if (failed(asked))
    return failure();
  removed = std::move(*asked);
  units = removed.count();
  function.walk([](Operation *op) { op->removeAttr(kRemoveChannelsAttr); });
  // What was seen of other channels.
  dropStatistics(function);
  return success();
}

SmallVector<int64_t> Remover::getKept(Value value, unsigned dim) const {
  SmallVector<int64_t> kept;
  std::optional<unsigned> number = graph.findDim(value, dim);
  int64_t size = cast<RankedTensorType>(value.getType()).getDimSize(dim);
  for (int64_t i = 0; i < size; ++i)
    if (!number || !removed.test(graph.getUnit(graph.getFirst(*number) + i)))
      kept.push_back(i);
  return kept;
}

int64_t Remover::countKept(Value value, unsigned dim, int64_t from,
                           int64_t to) const {
  return llvm::count_if(getKept(value, dim), [&](int64_t position) {
    return position >= from && position < to;
  });
}

bool Remover::isChanged(Value value) const {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return false;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (!type.isDynamicDim(dim) &&
        static_cast<int64_t>(getKept(value, dim).size()) !=
            type.getDimSize(dim))
      return true;
  return false;
}

/// The element type with the scales of the positions that stay.
static Type shrinkElementType(Type element, ArrayRef<int64_t> kept) {
  auto type = cast<quant::UniformQuantizedPerAxisType>(element);
  SmallVector<double> scales;
  SmallVector<int64_t> zeroPoints;
  for (int64_t position : kept) {
    scales.push_back(type.getScales()[position]);
    zeroPoints.push_back(type.getZeroPoints()[position]);
  }
  return quant::UniformQuantizedPerAxisType::get(
      type.getFlags(), type.getStorageType(), type.getExpressedType(), scales,
      zeroPoints, type.getQuantizedDimension(), type.getStorageTypeMin(),
      type.getStorageTypeMax());
}

RankedTensorType Remover::getNewType(Value value) const {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  for (auto [dim, size] : llvm::enumerate(shape))
    if (!ShapedType::isDynamic(size))
      size = getKept(value, dim).size();
  Type element = type.getElementType();
  if (auto quantized = dyn_cast<quant::UniformQuantizedPerAxisType>(element))
    element = shrinkElementType(
        element, getKept(value, quantized.getQuantizedDimension()));
  return RankedTensorType::get(shape, element, type.getEncoding());
}

LogicalResult Remover::checkDims() {
  Operation *empty = nullptr;
  for (const TensorDim &dim : graph.getDims()) {
    auto type = cast<RankedTensorType>(dim.value.getType());
    if (type.isDynamicDim(dim.dim) || !getKept(dim.value, dim.dim).empty())
      continue;
    // Inputs of the network are never empty. A layer says more than what it
    // writes into.
    Operation *op = dim.value.getDefiningOp();
    if (!empty || succeeded(Contraction::match(op)))
      empty = op;
    if (succeeded(Contraction::match(op)))
      break;
  }
  if (empty)
    return emitLayerError(empty)
           << "no channel would be left; at least one has to stay";
  WalkResult result = function.walk([&](arith::ConstantOp op) {
    if (!isChanged(op.getResult()) ||
        succeeded(ConstantData::get(op.getResult())))
      return WalkResult::advance();
    emitLayerError(op) << "channels of a constant of type " << op.getType()
                       << " cannot be removed";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

/// The bytes of the elements whose index along `dim` is kept.
static std::vector<char> takeSlices(ArrayRef<char> bytes,
                                    ArrayRef<int64_t> shape, unsigned dim,
                                    ArrayRef<int64_t> kept, int64_t width) {
  int64_t outer = ShapedType::getNumElements(shape.take_front(dim)),
          run = ShapedType::getNumElements(shape.drop_front(dim + 1)) * width;
  std::vector<char> result;
  result.reserve(outer * kept.size() * run);
  for (int64_t i = 0; i < outer; ++i)
    for (int64_t position : kept) {
      const char *from = bytes.data() + (i * shape[dim] + position) * run;
      result.insert(result.end(), from, from + run);
    }
  return result;
}

void Remover::shrink(arith::ConstantOp op) {
  RankedTensorType type = getNewType(op.getResult());
  ConstantData data = *ConstantData::get(op.getResult());
  weights += data.getNumElements() - type.getNumElements();
  if (auto splat = dyn_cast<SplatElementsAttr>(op.getValue())) {
    op.setValueAttr(splat.resizeSplat(type));
    op.getResult().setType(type);
    return;
  }
  StringRef name = "pruned";
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(op.getValue()))
    name = resource.getRawHandle().getKey();
  std::vector<char> bytes(data.getBytes());
  SmallVector<int64_t> shape(data.getShape());
  int64_t width = type.getElementTypeBitWidth() / 8;
  for (unsigned dim = 0, rank = shape.size(); dim < rank; ++dim) {
    SmallVector<int64_t> kept = getKept(op.getResult(), dim);
    bytes = takeSlices(bytes, shape, dim, kept, width);
    shape[dim] = kept.size();
  }
  op.setValueAttr(makeResource(type, name, bytes));
  op.getResult().setType(type);
}

void Remover::shrink(tensor::PadOp op) {
  SmallVector<int64_t> low(op.getStaticLow()), high(op.getStaticHigh());
  auto type = op.getType();
  for (unsigned dim = 0, rank = low.size(); dim < rank; ++dim) {
    if (type.isDynamicDim(dim) || ShapedType::isDynamic(low[dim]) ||
        ShapedType::isDynamic(high[dim]))
      continue;
    int64_t size = type.getDimSize(dim);
    int64_t newLow = countKept(op.getResult(), dim, 0, low[dim]);
    high[dim] = countKept(op.getResult(), dim, size - high[dim], size);
    low[dim] = newLow;
  }
  op.setStaticLow(low);
  op.setStaticHigh(high);
}

void Remover::shrinkSlice(OffsetSizeAndStrideOpInterface op, Value whole,
                          const llvm::SmallBitVector &dropped) {
  SmallVector<int64_t> offsets(op.getStaticOffsets()),
      sizes(op.getStaticSizes());
  for (unsigned dim = 0, rank = offsets.size(); dim < rank; ++dim) {
    if (dropped.test(dim) || ShapedType::isDynamic(offsets[dim]) ||
        ShapedType::isDynamic(sizes[dim]) || op.getStaticStrides()[dim] != 1)
      continue;
    int64_t from = offsets[dim], to = from + sizes[dim];
    offsets[dim] = countKept(whole, dim, 0, from);
    sizes[dim] = countKept(whole, dim, from, to);
  }
  MLIRContext *context = op->getContext();
  op->setAttr("static_offsets", DenseI64ArrayAttr::get(context, offsets));
  op->setAttr("static_sizes", DenseI64ArrayAttr::get(context, sizes));
}

/// Attributes and result types; all of the graph is asked by old types, so
/// these are set last.
void Remover::shrink(Operation *op) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    if (isChanged(constant.getResult()))
      shrink(constant);
    return;
  }
  if (auto pad = dyn_cast<tensor::PadOp>(op))
    shrink(pad);
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    shrinkSlice(slice, slice.getSource(), slice.getDroppedDims());
  if (auto slice = dyn_cast<tensor::InsertSliceOp>(op))
    shrinkSlice(slice, slice.getResult(), slice.getDroppedDims());
  for (Value result : op->getResults()) {
    if (!isChanged(result))
      continue;
    RankedTensorType type = getNewType(result);
    if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
      expand.setStaticOutputShape(type.getShape());
    result.setType(type);
  }
}

/// A mean over fewer elements has another divisor.
void Remover::rescaleMeans() {
  for (MeanOfPositions mean : graph.getMeans()) {
    OpOperand *input = mean.sum.getDpsInputOperand(0);
    AffineMap map = mean.sum.getMatchingIndexingMap(input);
    unsigned dim =
        *map.getResultPosition(getAffineDimExpr(mean.loop, map.getContext()));
    double before =
        cast<RankedTensorType>(input->get().getType()).getDimSize(dim);
    double after = getKept(input->get(), dim).size();
    if (before == after)
      continue;
    Operation *body =
        mean.scale.getBlock()->getTerminator()->getOperand(0).getDefiningOp();
    double factor = isa<arith::DivFOp>(body) ? after / before : before / after;
    for (OpOperand &operand : body->getOpOperands()) {
      FloatAttr number;
      if (!matchPattern(operand.get(), m_Constant(&number)))
        continue;
      OpBuilder builder(body);
      operand.set(arith::ConstantOp::create(
          builder, body->getLoc(),
          FloatAttr::get(number.getType(),
                         number.getValueAsDouble() * factor)));
      break;
    }
  }
}

/// Writes down which channels of the network, as it was before any of them
/// went, layers still have.
void Remover::recordKept() {
  Builder builder(function.getContext());
  llvm::StringMap<DictionaryAttr> before;
  if (auto known = function->getAttrOfType<ArrayAttr>(kKeptChannelsAttr))
    for (auto layer : known.getAsRange<DictionaryAttr>())
      before[layer.getAs<StringAttr>("layer")] = layer;
  SmallVector<Attribute> layers;
  function.walk([&](linalg::LinalgOp op) {
    FailureOr<WeightedOp> operands = matchWeightedOp(op);
    if (!isMultiplyAccumulate(op) || failed(operands))
      return;
    NamedAttrList entry;
    StringRef name = getLayerName(op);
    entry.set("layer", builder.getStringAttr(name));
    auto set = [&](StringRef key, std::optional<int64_t> axis) {
      if (!axis)
        return;
      SmallVector<int64_t> kept = getKept(operands->weight->get(), *axis);
      auto type = cast<ShapedType>(operands->weight->get().getType());
      DictionaryAttr earlier = before.lookup(name);
      auto numbers = earlier ? earlier.getAs<DenseI64ArrayAttr>(key) : nullptr;
      if (numbers && numbers.size() == type.getDimSize(*axis))
        for (int64_t &position : kept)
          position = numbers[position];
      else if (numbers)
        // Channels that were masked are still there.
        llvm::erase_if(kept, [&](int64_t position) {
          return !llvm::is_contained(numbers.asArrayRef(), position);
        });
      entry.set(key, builder.getDenseI64ArrayAttr(kept));
    };
    set("output", operands->channelAxis);
    if (operands->inputAxis != operands->channelAxis)
      set("input", operands->inputAxis);
    layers.push_back(entry.getDictionary(function.getContext()));
  });
  function->setAttr(kKeptChannelsAttr, builder.getArrayAttr(layers));
}

LogicalResult Remover::run() {
  if (failed(checkDims()))
    return failure();
  recordKept();
  SmallVector<int64_t> kept = groups.countPositions();
  int64_t before = groups.countMultiplyAdds(kept);
  for (auto [number, dim] : llvm::enumerate(graph.getDims()))
    if (auto type = cast<RankedTensorType>(dim.value.getType());
        !type.isDynamicDim(dim.dim))
      kept[number] = getKept(dim.value, dim.dim).size();
  multiplyAdds = before - groups.countMultiplyAdds(kept);
  rescaleMeans();
  // Later ops ask about the results of earlier ones.
  SmallVector<Operation *> ops;
  for (Operation &op : function.getBody().front())
    ops.push_back(&op);
  for (Operation *op : llvm::reverse(ops))
    shrink(op);
  return success();
}

void Remover::mask(arith::ConstantOp op) {
  auto type = cast<RankedTensorType>(op.getType());
  ConstantData data = *ConstantData::get(op.getResult());
  std::vector<char> bytes(data.getBytes());
  int64_t width = type.getElementTypeBitWidth() / 8;
  for (unsigned dim = 0, rank = type.getRank(); dim < rank; ++dim) {
    llvm::BitVector keeps(type.getDimSize(dim));
    for (int64_t position : getKept(op.getResult(), dim))
      keeps.set(position);
    int64_t run =
        ShapedType::getNumElements(type.getShape().drop_front(dim + 1)) * width;
    for (int64_t at = 0, size = bytes.size(); at < size; at += run)
      if (!keeps.test(at / run % type.getDimSize(dim)))
        std::fill_n(bytes.begin() + at, run, 0);
  }
  op.setValueAttr(makeResource(type, "masked", bytes));
}

LogicalResult Remover::runMask() {
  if (failed(checkDims()))
    return failure();
  recordKept();
  function.walk([&](arith::ConstantOp op) {
    if (isChanged(op.getResult()))
      mask(op);
  });
  return success();
}

namespace {
struct RemoveChannels : public nnq::impl::RemoveChannelsBase<RemoveChannels> {
  using RemoveChannelsBase::RemoveChannelsBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      bool isAsked = false;
      function.walk(
          [&](Operation *op) { isAsked |= op->hasAttr(kRemoveChannelsAttr); });
      if (!isAsked)
        continue;
      isolateSources(function);
      Remover remover(function);
      if (failed(remover.readRequests()) ||
          failed(mask ? remover.runMask() : remover.run()))
        return signalPassFailure();
      numRemoved += remover.units;
      numWeights += remover.weights;
      numMultiplyAdds += remover.multiplyAdds;
    }
  }
};
} // namespace
