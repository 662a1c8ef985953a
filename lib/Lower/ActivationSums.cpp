//===- ActivationSums.cpp - What zero points of weights multiply ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "QuantizationLowering.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "nnq/Support/Layers.h"

using namespace mlir;
using namespace nnq;

/// `window` gives bounds of loops that no map alone gives.
Value nnq::emitSum(OpBuilder &builder, linalg::LinalgOp layer, Value input,
                   bool isSigned, ArrayRef<int64_t> bounds,
                   ArrayRef<utils::IteratorType> iterators, AffineMap inputMap,
                   AffineMap outputMap) {
  MLIRContext *context = builder.getContext();
  Location loc = layer.getLoc();
  Type i32 = builder.getI32Type();
  SmallVector<int64_t> shape;
  for (AffineExpr expr : outputMap.getResults())
    shape.push_back(bounds[cast<AffineDimExpr>(expr).getPosition()]);
  Value init = createFilled(builder, loc, shape, builder.getI32IntegerAttr(0));
  SmallVector<Value> inputs{input};
  SmallVector<AffineMap> maps{inputMap};
  SmallVector<AffineExpr> window;
  SmallVector<int64_t> windowShape;
  for (auto [dim, iterator] : llvm::enumerate(iterators))
    if (iterator == utils::IteratorType::reduction &&
        !inputMap.getResultPosition(getAffineDimExpr(dim, context))) {
      window.push_back(getAffineDimExpr(dim, context));
      windowShape.push_back(bounds[dim]);
    }
  if (!window.empty()) {
    inputs.push_back(tensor::EmptyOp::create(builder, loc, windowShape, i32));
    maps.push_back(AffineMap::get(bounds.size(), 0, window, context));
  }
  maps.push_back(outputMap);
  auto sum = linalg::GenericOp::create(
      builder, loc, init.getType(), inputs, init, maps, iterators,
      [&](OpBuilder &nested, Location at, ValueRange args) {
        Value q = extendToI32(nested, at, args[0], isSigned);
        linalg::YieldOp::create(
            nested, at,
            Value(arith::AddIOp::create(nested, at, args.back(), q)));
      });
  sum->setAttr(kLayerAttr, builder.getStringAttr(getLayerName(layer)));
  return sum.getResult(0);
}

/// `sums` of groups of `size` channels, repeated for each channel of the
/// result.
static Value repeatGroups(IRRewriter &rewriter, const Contraction &contraction,
                          Value sums, int64_t size) {
  linalg::LinalgOp op = contraction.op;
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  AffineMap identity = rewriter.getMultiDimIdentityMap(type.getRank());
  AffineExpr channel = rewriter.getAffineDimExpr(contraction.channelDim);
  linalg::GenericOp repeated = createElementwise(
      rewriter, op.getLoc(), type.clone(rewriter.getI32Type()), {sums},
      {identity.replace(channel, channel.floorDiv(size), type.getRank(), 0)},
      [](OpBuilder &, Location, ValueRange args) { return args[0]; });
  repeated->setAttr(kLayerAttr, rewriter.getStringAttr(getLayerName(op)));
  return repeated.getResult(0);
}

std::optional<ActivationSums>
QuantizationLowering::emitActivationSums(const Contraction &contraction,
                                         const Quantized &x) {
  linalg::LinalgOp op = contraction.op;
  if (op.hasDynamicShape())
    return std::nullopt;
  MLIRContext *context = op.getContext();
  SmallVector<int64_t> bounds = op.getStaticLoopRanges();
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  AffineMap inputMap = op.getMatchingIndexingMap(contraction.activation);
  AffineMap resultMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  bool hasGroups = contraction.groupChannels.has_value();
  bool isDepthwise =
      !hasGroups && inputMap.isFunctionOfDim(contraction.channelLoop);
  // Groups have a loop of their own, of which the channels of the result are no
  // part.
  const unsigned groupLoop = op.getNumLoops();
  if (hasGroups) {
    AffineExpr channel = getAffineDimExpr(contraction.channelLoop, context);
    bounds.push_back(bounds[contraction.channelLoop] /
                     *contraction.groupChannels);
    iterators.push_back(utils::IteratorType::parallel);
    inputMap = inputMap.replace(channel.floorDiv(*contraction.groupChannels),
                                getAffineDimExpr(groupLoop, context),
                                groupLoop + 1, 0);
  }

  // Channels first: what is left for the window is small.
  Value sums = x.storage;
  bool isSigned = x.isSigned;
  SmallVector<AffineExpr> kept, read, written;
  SmallVector<int64_t> inputBounds;
  SmallVector<utils::IteratorType> inputIterators;
  auto addInputLoop = [&](int64_t bound, utils::IteratorType iterator) {
    inputBounds.push_back(bound);
    inputIterators.push_back(iterator);
    return getAffineDimExpr(inputBounds.size() - 1, context);
  };
  ArrayRef<int64_t> shape = cast<RankedTensorType>(sums.getType()).getShape();
  for (auto [size, expr] : llvm::zip_equal(shape, inputMap.getResults())) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    if (loop && linalg::isReductionIterator(iterators[loop.getPosition()])) {
      read.push_back(addInputLoop(size, utils::IteratorType::reduction));
      continue;
    }
    if (loop || !hasGroups || !expr.isFunctionOfDim(groupLoop)) {
      kept.push_back(expr);
      written.push_back(addInputLoop(size, utils::IteratorType::parallel));
      read.push_back(written.back());
      continue;
    }
    // The channels of a group.
    SmallVector<AffineExpr> replacements(groupLoop + 1,
                                         getAffineConstantExpr(0, context));
    replacements[groupLoop] =
        addInputLoop(bounds[groupLoop], utils::IteratorType::parallel);
    kept.push_back(getAffineDimExpr(groupLoop, context));
    written.push_back(replacements[groupLoop]);
    for (unsigned inner = 0; inner < groupLoop; ++inner)
      if (expr.isFunctionOfDim(inner)) {
        if (!linalg::isReductionIterator(iterators[inner]))
          return std::nullopt;
        replacements[inner] =
            addInputLoop(bounds[inner], utils::IteratorType::reduction);
      }
    read.push_back(expr.replaceDims(replacements));
  }
  if (llvm::is_contained(inputIterators, utils::IteratorType::reduction)) {
    sums = emitSum(rewriter, op, sums, isSigned, inputBounds, inputIterators,
                   AffineMap::get(inputBounds.size(), 0, read, context),
                   AffineMap::get(inputBounds.size(), 0, written, context));
    isSigned = true;
  }

  // The loops of the result, without that of the channels, and of the window.
  SmallVector<AffineExpr> replacements(bounds.size(),
                                       getAffineConstantExpr(0, context));
  SmallVector<AffineExpr> results, positions;
  SmallVector<int64_t> loopBounds;
  SmallVector<utils::IteratorType> loopIterators;
  auto addLoop = [&](unsigned loop) {
    replacements[loop] = getAffineDimExpr(loopBounds.size(), context);
    loopBounds.push_back(bounds[loop]);
    loopIterators.push_back(iterators[loop]);
  };
  for (auto [dim, expr] : llvm::enumerate(resultMap.getResults())) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    if (loop == contraction.channelLoop && !isDepthwise) {
      if (!hasGroups)
        continue;
      loop = groupLoop;
    }
    addLoop(loop);
    results.push_back(replacements[loop]);
    positions.push_back(getAffineDimExpr(dim, context));
  }
  AffineMap keptMap = AffineMap::get(bounds.size(), 0, kept, context);
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
    if (linalg::isReductionIterator(iterators[loop]) &&
        keptMap.isFunctionOfDim(loop))
      addLoop(loop);
  AffineMap inner =
      keptMap.replaceDimsAndSymbols(replacements, {}, loopBounds.size(), 0);
  AffineMap outer = AffineMap::get(loopBounds.size(), 0, results, context);
  if (inner != outer)
    sums = emitSum(rewriter, op, sums, isSigned, loopBounds, loopIterators,
                   inner, outer);
  if (hasGroups)
    sums =
        repeatGroups(rewriter, contraction, sums, *contraction.groupChannels);
  return ActivationSums{
      sums, AffineMap::get(resultMap.getNumResults(), 0, positions, context)};
}
