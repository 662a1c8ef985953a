//===- RemoveBlocks.cpp - Let what blocks read stand in for them ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Blocks.h"
#include "nnq/Compress/Prune/Passes.h"
#include "nnq/Support/BiasAdd.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Statistics.h"

namespace nnq {
#define GEN_PASS_DEF_REMOVEBLOCKS
#include "nnq/Compress/Prune/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-remove-blocks";

/// A matrix times the channels of `input`, or a number times each of them.
static FailureOr<linalg::LinalgOp> createProjection(OpBuilder &builder,
                                                    Location loc, Value input,
                                                    unsigned dim,
                                                    TypedAttr weights) {
  auto type = cast<RankedTensorType>(input.getType());
  const unsigned rank = type.getRank();
  const bool isMatrix = cast<ShapedType>(weights.getType()).getRank() == 2;
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  // The loop over input channels is the last.
  SmallVector<AffineExpr> to, from, channels = {builder.getAffineDimExpr(dim)};
  for (unsigned i = 0; i < rank; ++i)
    to.push_back(builder.getAffineDimExpr(i));
  from = to;
  Value init = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, input),
      type.getElementType());
  if (isMatrix) {
    iterators.push_back(utils::IteratorType::reduction);
    from[dim] = builder.getAffineDimExpr(rank);
    channels.push_back(from[dim]);
    Value zero = arith::ConstantOp::create(
        builder, loc, builder.getZeroAttr(type.getElementType()));
    init = linalg::FillOp::create(builder, loc, zero, init).getResult(0);
  }
  // Layouts are chosen for images, and so for what is known as a convolution.
  if (isMatrix && rank == 4 && dim == 1) {
    FailureOr<ConstantData> data = ConstantData::get(weights);
    if (failed(data))
      return failure();
    SmallVector<int64_t> shape(data->getShape());
    shape.append({1, 1});
    auto kernel = RankedTensorType::get(shape, type.getElementType());
    Value constant = arith::ConstantOp::create(
        builder, loc, makeResource(kernel, "projection", data->getBytes()));
    Attribute ones = builder.getI64VectorAttr({1, 1});
    return cast<linalg::LinalgOp>(
        linalg::Conv2DNchwFchwOp::create(builder, loc, type,
                                         ValueRange{input, constant}, init,
                                         /*strides=*/ones, /*dilations=*/ones)
            .getOperation());
  }
  auto map = [&](ArrayRef<AffineExpr> results) {
    return AffineMap::get(iterators.size(), 0, results, builder.getContext());
  };
  Value constant = arith::ConstantOp::create(builder, loc, weights);
  auto projection = linalg::GenericOp::create(
      builder, loc, type, ValueRange{input, constant}, init,
      ArrayRef<AffineMap>{map(from), map(channels), map(to)}, iterators,
      [&](OpBuilder &b, Location loc, ValueRange args) {
        Value result = arith::MulFOp::create(b, loc, args[0], args[1]);
        if (isMatrix)
          result = arith::AddFOp::create(b, loc, args[2], result);
        linalg::YieldOp::create(b, loc, result);
      });
  return cast<linalg::LinalgOp>(projection.getOperation());
}

namespace {
struct RemoveBlocks : public nnq::impl::RemoveBlocksBase<RemoveBlocks> {
  using RemoveBlocksBase::RemoveBlocksBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && failed(remove(function)))
        return signalPassFailure();
    if (numRemoved > 0)
      dropStatistics(getOperation());
  }

private:
  LogicalResult remove(func::FuncOp function);
  LogicalResult remove(const PrunableBlock &block, DictionaryAttr request);
  FailureOr<Value> fit(const PrunableBlock &block, DictionaryAttr request);
};
} // namespace

/// What takes the place of the block.
FailureOr<Value> RemoveBlocks::fit(const PrunableBlock &block,
                                   DictionaryAttr request) {
  auto weights = request.getAs<ElementsAttr>("weights");
  auto bias = request.getAs<ElementsAttr>("bias");
  if (!weights && !bias)
    return block.input;
  auto type = cast<RankedTensorType>(block.output.getType());
  int64_t size = block.channelDim ? type.getDimSize(*block.channelDim) : 0;
  auto isF32 = [&](ElementsAttr attr, ArrayRef<int64_t> shape) {
    return attr && attr.getElementType().isF32() &&
           attr.getShapedType().getShape() == shape;
  };
  if (!isF32(bias, {size}) ||
      !(isF32(weights, {size}) || isF32(weights, {size, size})))
    return emitLayerError(block.getExit())
           << kRemoveBlockAttr
           << " has weights and bias that are not those of the " << size
           << " channels of its result";
  OpBuilder builder(block.getExit());
  FailureOr<linalg::LinalgOp> projection =
      createProjection(builder, block.getExit()->getLoc(), block.input,
                       *block.channelDim, cast<TypedAttr>(weights));
  if (failed(projection))
    return emitLayerError(block.getExit())
           << kRemoveBlockAttr << " has weights that cannot be read";
  Operation *op = *projection;
  op->setAttr(kLayerAttr, builder.getStringAttr(getLayerName(block.getExit()) +
                                                ".projection"));
  Value addend =
      arith::ConstantOp::create(builder, op->getLoc(), cast<TypedAttr>(bias));
  AffineMap map = AffineMap::get(type.getRank(), 0,
                                 builder.getAffineDimExpr(*block.channelDim));
  return createBiasAdd(builder, op, op->getResult(0), addend, map).getResult(0);
}

LogicalResult RemoveBlocks::remove(const PrunableBlock &block,
                                   DictionaryAttr request) {
  FailureOr<Value> input = fit(block, request);
  if (failed(input))
    return failure();
  std::string text = "block " + block.getName() + " is removed";
  if (auto importance = request.getAs<FloatAttr>("importance"))
    text +=
        llvm::formatv(", of importance {0:F4}", importance.getValueAsDouble());
  if (!block.bridge.empty())
    text += "; its shortcut, '" + block.bridge + "', stays";
  remarkPassed(block.getExit(), kPass, text);
  Value output = block.output;
  output.replaceAllUsesWith(*input);
  // A chain of them is left to those before.
  for (Operation *op : llvm::reverse(block.ops))
    if (op->use_empty())
      op->erase();
  ++numRemoved;
  numMultiplyAdds += block.multiplyAdds;
  numWeights += block.numWeights;
  return success();
}

LogicalResult RemoveBlocks::remove(func::FuncOp function) {
  llvm::MapVector<Operation *, DictionaryAttr> requests;
  bool bridges = false;
  function.walk([&](Operation *op) {
    if (auto request = op->getAttrOfType<DictionaryAttr>(kRemoveBlockAttr)) {
      requests[op] = request;
      bridges |= request.contains("bridge");
    }
  });
  if (requests.empty())
    return success();
  Blocks found = Blocks::find(function, bridges);
  llvm::erase_if(found.blocks, [&](const PrunableBlock &block) {
    return !requests.contains(block.getExit());
  });
  for (auto [op, request] : requests) {
    if (llvm::any_of(found.blocks, [op = op](const PrunableBlock &block) {
          return block.getExit() == op;
        }))
      continue;
    InFlightDiagnostic error = emitLayerError(op)
                               << "has " << kRemoveBlockAttr
                               << ", but no block that can go ends here";
    for (const RefusedBlock &refused : found.refused)
      if (refused.op == op)
        error.attachNote(op->getLoc()) << refused.reason;
    return error;
  }
  SmallVector<Attribute> removed;
  Builder builder(&getContext());
  if (auto before = function->getAttrOfType<ArrayAttr>(kRemovedBlocksAttr))
    llvm::append_range(removed, before);
  for (const PrunableBlock &block : found.blocks) {
    NamedAttrList entry;
    entry.set("name", builder.getStringAttr(block.getName()));
    entry.set("macs", builder.getI64IntegerAttr(block.multiplyAdds));
    entry.set("weights", builder.getI64IntegerAttr(block.numWeights));
    if (auto importance =
            requests[block.getExit()].getAs<FloatAttr>("importance"))
      entry.set("importance", importance);
    removed.push_back(entry.getDictionary(&getContext()));
  }
  // The input of a block may be the output of the one before.
  for (const PrunableBlock &block : llvm::reverse(found.blocks))
    if (failed(remove(block, requests[block.getExit()])))
      return failure();
  function->setAttr(kRemovedBlocksAttr, builder.getArrayAttr(removed));
  return success();
}
