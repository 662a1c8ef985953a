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

/// Sums of `input` in i32 over the reduction loops. `window` gives bounds of
/// loops that no map alone gives.
static Value emitSum(OpBuilder &builder, linalg::LinalgOp layer, Value input,
                     bool isSigned, ArrayRef<int64_t> bounds,
                     ArrayRef<utils::IteratorType> iterators,
                     AffineMap inputMap, AffineMap outputMap) {
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

std::optional<ActivationSums>
QuantizationLowering::emitActivationSums(const Contraction &contraction,
                                         const Quantized &x) {
  linalg::LinalgOp op = contraction.op;
  if (op.hasDynamicShape() || contraction.groupChannels)
    return std::nullopt;
  MLIRContext *context = op.getContext();
  SmallVector<int64_t> bounds = op.getStaticLoopRanges();
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  AffineMap inputMap = op.getMatchingIndexingMap(contraction.activation);
  AffineMap resultMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  bool isDepthwise = inputMap.isFunctionOfDim(contraction.channelLoop);

  // Channels first: what is left for the window is small.
  Value sums = x.storage;
  bool isSigned = x.isSigned;
  SmallVector<AffineExpr> kept, keptDims;
  SmallVector<utils::IteratorType> inputIterators;
  for (auto [dim, expr] : llvm::enumerate(inputMap.getResults())) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    bool isSummed =
        loop && linalg::isReductionIterator(iterators[loop.getPosition()]);
    inputIterators.push_back(isSummed ? utils::IteratorType::reduction
                                      : utils::IteratorType::parallel);
    if (isSummed)
      continue;
    kept.push_back(expr);
    keptDims.push_back(getAffineDimExpr(dim, context));
  }
  unsigned rank = inputMap.getNumResults();
  if (kept.size() < rank) {
    sums = emitSum(rewriter, op, sums, isSigned,
                   cast<RankedTensorType>(sums.getType()).getShape(),
                   inputIterators,
                   AffineMap::getMultiDimIdentityMap(rank, context),
                   AffineMap::get(rank, 0, keptDims, context));
    isSigned = true;
  }

  // The loops of the result, without that of the channels, and of the window.
  SmallVector<AffineExpr> replacements(op.getNumLoops(),
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
    if (loop == contraction.channelLoop && !isDepthwise)
      continue;
    addLoop(loop);
    results.push_back(replacements[loop]);
    positions.push_back(getAffineDimExpr(dim, context));
  }
  AffineMap keptMap = AffineMap::get(op.getNumLoops(), 0, kept, context);
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
  return ActivationSums{
      sums, AffineMap::get(resultMap.getNumResults(), 0, positions, context)};
}
