//===- QuantizedGroups.cpp - Weights with a scale for each group ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "QuantizationLowering.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Remarks.h"

using namespace mlir;
using namespace nnq;

/// `map` with `loop` running over a group; the groups have a loop of their own.
static AffineMap splitLoop(AffineMap map, unsigned loop, unsigned groups,
                           int64_t groupSize) {
  MLIRContext *context = map.getContext();
  SmallVector<AffineExpr> loops;
  for (unsigned i = 0; i < map.getNumDims(); ++i)
    loops.push_back(getAffineDimExpr(i, context));
  loops[loop] = getAffineDimExpr(groups, context) * groupSize + loops[loop];
  return map.replaceDimsAndSymbols(loops, {}, map.getNumDims() + 1, 0);
}

/// With `element` in front of position `at`.
template <typename T>
static SmallVector<T> insertAt(ArrayRef<T> values, unsigned at, T element) {
  SmallVector<T> result(values);
  result.insert(result.begin() + at, element);
  return result;
}

linalg::GenericOp QuantizationLowering::emitMixedContraction(
    linalg::LinalgOp op, Value x, Value w, Value init, ArrayRef<AffineMap> maps,
    ArrayRef<utils::IteratorType> iterators, bool isSigned) {
  auto generic = linalg::GenericOp::create(
      rewriter, op.getLoc(), init.getType(), ValueRange{x, w}, init, maps,
      iterators, [&](OpBuilder &nested, Location at, ValueRange args) {
        Value a = args[0], sum;
        if (isa<FloatType>(a.getType())) {
          Value b = arith::SIToFPOp::create(nested, at, a.getType(), args[1]);
          Value product = arith::MulFOp::create(nested, at, a, b);
          sum = arith::AddFOp::create(nested, at, args[2], product);
        } else {
          a = extendToI32(nested, at, a, isSigned);
          Value b = extendToI32(nested, at, args[1], /*isSigned=*/true);
          Value product = arith::MulIOp::create(nested, at, a, b);
          sum = arith::AddIOp::create(nested, at, args[2], product);
        }
        linalg::YieldOp::create(nested, at, sum);
      });
  for (StringRef name : {kLayerAttr, kProvenanceAttr, kKernelAttr})
    if (Attribute attr = op->getAttr(name))
      generic->setAttr(name, attr);
  return generic;
}

TypedAttr QuantizationLowering::getZeroSum(const Quantized *x) {
  return x ? TypedAttr(rewriter.getI32IntegerAttr(0))
           : TypedAttr(rewriter.getF32FloatAttr(0));
}

linalg::GenericOp
QuantizationLowering::emitGroupSums(const Contraction &contraction,
                                    const Quantized *x,
                                    const IntegerWeights &weights) {
  linalg::LinalgOp op = contraction.op;
  Location loc = op.getLoc();
  MLIRContext *context = op.getContext();
  unsigned numLoops = op.getNumLoops();
  AffineMap weightMap = op.getMatchingIndexingMap(contraction.weight);
  AffineMap resultMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  unsigned inputLoop =
      cast<AffineDimExpr>(weightMap.getResult(weights.groupDim)).getPosition();
  AffineExpr groupLoop = getAffineDimExpr(numLoops, context);

  FailureOr<ConstantData> data = ConstantData::get(weights.values);
  int64_t groups = data->getShape()[weights.groupDim] / weights.groupSize;
  SmallVector<int64_t> shape(data->getShape());
  shape[weights.groupDim] = weights.groupSize;
  shape = insertAt<int64_t>(shape, weights.groupDim, groups);
  Value w =
      makeConstant(rewriter, loc, data->getType().clone(shape),
                   (getLayerName(op) + "_weights").str(), data->getBytes());

  auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
  Value init = createFilled(
      rewriter, loc,
      insertAt<int64_t>(resultType.getShape(), contraction.channelDim, groups),
      getZeroSum(x));
  SmallVector<AffineMap> maps{
      splitLoop(op.getMatchingIndexingMap(contraction.activation), inputLoop,
                numLoops, weights.groupSize),
      AffineMap::get(numLoops + 1, 0,
                     insertAt<AffineExpr>(weightMap.getResults(),
                                          weights.groupDim, groupLoop),
                     context),
      AffineMap::get(numLoops + 1, 0,
                     insertAt<AffineExpr>(resultMap.getResults(),
                                          contraction.channelDim, groupLoop),
                     context)};
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  iterators.push_back(utils::IteratorType::parallel);
  auto sums =
      emitMixedContraction(op, x ? x->storage : contraction.activation->get(),
                           w, init, maps, iterators, !x || x->isSigned);
  if (weights.bits < 8)
    sums->setAttr(kWeightBitsAttr, rewriter.getI64IntegerAttr(weights.bits));
  return sums;
}

Value QuantizationLowering::emitActivationGroupSums(
    const Contraction &contraction, const Quantized *x, int64_t groupSize) {
  linalg::LinalgOp op = contraction.op;
  Location loc = op.getLoc();
  Value activation = x ? x->storage : contraction.activation->get();
  auto type = cast<RankedTensorType>(activation.getType());
  unsigned last = type.getRank() - 1;
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<ReassociationIndices> reassociation;
  for (unsigned i = 0; i < last; ++i)
    reassociation.push_back({i});
  reassociation.push_back({last, last + 1});
  shape.back() /= groupSize;
  SmallVector<int64_t> sumShape(shape);
  shape.push_back(groupSize);
  Value split = tensor::ExpandShapeOp::create(rewriter, loc, type.clone(shape),
                                              activation, reassociation);
  Value init = createFilled(rewriter, loc, sumShape, getZeroSum(x));
  AffineMap all = rewriter.getMultiDimIdentityMap(shape.size());
  SmallVector<utils::IteratorType> iterators(shape.size(),
                                             utils::IteratorType::parallel);
  iterators.back() = utils::IteratorType::reduction;
  auto sums = linalg::GenericOp::create(
      rewriter, loc, init.getType(), split, init,
      ArrayRef<AffineMap>{all, all.getMajorSubMap(sumShape.size())}, iterators,
      [&](OpBuilder &nested, Location at, ValueRange args) {
        Value sum;
        if (x)
          sum = arith::AddIOp::create(
              nested, at, args[1],
              extendToI32(nested, at, args[0], x->isSigned));
        else
          sum = arith::AddFOp::create(nested, at, args[1], args[0]);
        linalg::YieldOp::create(nested, at, sum);
      });
  sums->setAttr(kLayerAttr, rewriter.getStringAttr(getLayerName(op)));
  return sums.getResult(0);
}

/// The sum of each group is without zero points and, of integers, exact; sums
/// are scaled and added up in f32, in the order of the groups.
void QuantizationLowering::lowerGroups(Contraction contraction,
                                       const Quantized *x,
                                       const IntegerWeights &weights) {
  linalg::LinalgOp op = contraction.op;
  Location loc = op.getLoc();
  MLIRContext *context = op.getContext();
  AffineMap inputMap = op.getMatchingIndexingMap(contraction.activation);
  unsigned rank = inputMap.getNumResults();
  if (op.getNumReductionLoops() != 1 || op.hasDynamicShape() || rank == 0 ||
      !linalg::isReductionIterator(
          op.getIteratorTypesArray()[inputMap.getDimPosition(rank - 1)]))
    return remarkMissed(op, "nnq-lower-quantization",
                        "groups of weights have an integer kernel where the "
                        "activation is read along its innermost dimension");
  constexpr int64_t kMostWeights = 256;
  if (weights.groupSize > kMostWeights)
    return remarkMissed(op, "nnq-lower-quantization",
                        "groups of more than 256 weights have no integer "
                        "kernel");
  bool isStatic = x && x->params;
  ContractionChain chain = matchChain(contraction, isStatic);
  rewriter.setInsertionPoint(chain.last);
  // Nothing may lie between the sums and what scales them.
  Value activationSums;
  if (!weights.zeroPoints.empty())
    activationSums = emitActivationGroupSums(contraction, x, weights.groupSize);
  linalg::GenericOp sums = emitGroupSums(contraction, x, weights);
  if (isStatic)
    sums->setAttr(kRangeAttr, rewriter.getDenseI64ArrayAttr(
                                  {x->params->min, x->params->max}));

  Type i32 = rewriter.getI32Type(), f32 = rewriter.getF32Type();
  auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
  unsigned resultRank = resultType.getRank(), channel = contraction.channelDim;
  int64_t channels = resultType.getDimSize(channel);
  int64_t groups = static_cast<int64_t>(weights.scales.size()) / channels;
  AffineExpr groupLoop = getAffineDimExpr(resultRank, context);
  AffineMap result = AffineMap::get(
      resultRank + 1, 0,
      rewriter.getMultiDimIdentityMap(resultRank).getResults(), context);
  SmallVector<AffineExpr> sumsAt =
      insertAt<AffineExpr>(result.getResults(), channel, groupLoop);
  SmallVector<Value> inputs{sums.getResult(0)};
  SmallVector<AffineMap> maps{
      AffineMap::get(resultRank + 1, 0, sumsAt, context)};
  AffineMap byGroup =
      AffineMap::get(resultRank + 1, 0,
                     {groupLoop, getAffineDimExpr(channel, context)}, context);
  auto addConstant = [&](StringRef kind, Type element, ArrayRef<char> bytes) {
    inputs.push_back(makeConstant(
        rewriter, loc, RankedTensorType::get({groups, channels}, element),
        (getLayerName(op) + "_" + kind).str(), bytes));
    maps.push_back(byGroup);
  };
  SmallVector<float> scales(weights.scales.begin(), weights.scales.end());
  addConstant("scale", f32, asBytes<float>(scales));
  bool hasZeroPoint = x && (!x->params || x->params->zeroPoint != 0);
  if (hasZeroPoint) {
    // 16 bits hold the sum of as many weights of 8 bits.
    SmallVector<int16_t> groupSums(weights.sums.begin(), weights.sums.end());
    addConstant("weight_sum", rewriter.getI16Type(),
                asBytes<int16_t>(groupSums));
  }
  AffineMap rowMap;
  if (x && x->isPerRow())
    rowMap = *getRowMap(op, *contraction.activation);
  RowValues zeroPoints;
  if (x && !x->params)
    zeroPoints.values = {x->zeroPoint};
  if (rowMap)
    zeroPoints.map =
        AffineMap::get(resultRank + 1, 0, rowMap.getResults(), context);
  if (!weights.zeroPoints.empty()) {
    if (x) {
      addConstant("weight_zero_point", i32,
                  asBytes<int32_t>(weights.zeroPoints));
    } else {
      SmallVector<float> points(weights.zeroPoints.begin(),
                                weights.zeroPoints.end());
      addConstant("weight_zero_point", f32, asBytes<float>(points));
    }
    inputs.push_back(activationSums);
    SmallVector<AffineExpr> at(sumsAt);
    at.erase(at.begin() + channel + 1);
    maps.push_back(AffineMap::get(resultRank + 1, 0, at, context));
  }
  zeroPoints.addTo(inputs, maps);
  Value init = createFilled(rewriter, loc, resultType.getShape(),
                            rewriter.getF32FloatAttr(0));
  maps.push_back(result);
  SmallVector<utils::IteratorType> iterators(resultRank,
                                             utils::IteratorType::parallel);
  iterators.push_back(utils::IteratorType::reduction);
  auto scaled = linalg::GenericOp::create(
      rewriter, loc, init.getType(), inputs, init, maps, iterators,
      [&](OpBuilder &nested, Location at, ValueRange args) {
        Value sum = args[0], total = args.back();
        args = args.drop_back();
        SmallVector<Value> known = zeroPoints.take(args);
        unsigned next = 2;
        if (hasZeroPoint) {
          Value offset = arith::ExtSIOp::create(nested, at, i32, args[next++]);
          Value zeroPoint =
              x->params ? intConstant(at, x->params->zeroPoint, i32) : known[0];
          offset = arith::MulIOp::create(nested, at, offset, zeroPoint);
          sum = arith::SubIOp::create(nested, at, sum, offset);
        }
        if (!weights.zeroPoints.empty()) {
          Value point = args[next], inputs = args[next + 1];
          if (x)
            sum = arith::SubIOp::create(
                nested, at, sum,
                arith::MulIOp::create(nested, at, point, inputs));
          else
            sum = arith::SubFOp::create(
                nested, at, sum,
                arith::MulFOp::create(nested, at, point, inputs));
        }
        Value value = sum;
        if (x)
          value = arith::SIToFPOp::create(nested, at, f32, sum);
        value = arith::MulFOp::create(nested, at, value, args[1]);
        linalg::YieldOp::create(
            nested, at, Value(arith::AddFOp::create(nested, at, total, value)));
      });
  scaled->setAttr(kLayerAttr, rewriter.getStringAttr(getLayerName(op)));
  chain.rows.map = rowMap;
  finishGroups(chain, x, /*scales=*/{}, scaled.getResult(0));
}

/// Weights are multiplied as they are, and sums scaled.
bool QuantizationLowering::lowerWeightOnly(Contraction contraction,
                                           const IntegerWeights &weights) {
  linalg::LinalgOp op = contraction.op;
  // Others are better off with weights in f32: those of windows are few, and
  // zero points of whole channels, for which nothing adds up the activation,
  // would have to be subtracted one by one.
  if (!isContraction(op) || op.hasDynamicShape() ||
      !isZeroFill(op.getDpsInitOperand(0)->get()) ||
      (!weights.zeroPoints.empty() && !weights.groupSize) ||
      !getElementTypeOrSelf(contraction.activation->get()).isF32()) {
    if (op->hasAttr(kWeightBitsAttr))
      remarkMissed(op, "nnq-lower-quantization",
                   "its activation is f32: numbers of the codebook are stored "
                   "in place of indices");
    return false;
  }
  if (weights.groupSize) {
    lowerGroups(contraction, /*x=*/nullptr, weights);
    return true;
  }
  ContractionChain chain = matchChain(contraction, /*requantize=*/false);
  rewriter.setInsertionPoint(chain.last);
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Value init = createFilled(rewriter, op.getLoc(), type.getShape(),
                            rewriter.getF32FloatAttr(0));
  linalg::GenericOp products = emitMixedContraction(
      op, contraction.activation->get(), weights.values, init,
      op.getIndexingMapsArray(), op.getIteratorTypesArray(),
      /*isSigned=*/true);
  if (weights.bits < 8)
    products->setAttr(kWeightBitsAttr,
                      rewriter.getI64IntegerAttr(weights.bits));
  SmallVector<float> scales(weights.scales.begin(), weights.scales.end());
  finishGroups(chain, /*x=*/nullptr, scales, products.getResult(0));
  return true;
}

/// Scales of the activation and of channels, and what follows the contraction.
void QuantizationLowering::finishGroups(ContractionChain &chain,
                                        const Quantized *x,
                                        ArrayRef<float> scales, Value acc) {
  Location loc = acc.getLoc();
  Type f32 = rewriter.getF32Type();
  ChainResult out = getResult(chain);
  if (x && !x->params)
    chain.rows.values = {x->scale};
  SmallVector<Value> constants;
  if (!scales.empty())
    constants.push_back(channelConstant<float>(chain, "scale", f32, scales));
  if (!chain.bias.empty()) {
    SmallVector<float> biases;
    for (float bias : chain.bias)
      biases.push_back(static_cast<float>(bias / out.scale));
    constants.push_back(channelConstant<float>(chain, "bias", f32, biases));
  }
  linalg::GenericOp epilogue = createEpilogue(
      chain, acc, chain.requantize ? Type(out.format.type) : f32, constants,
      [&](OpBuilder &, Location, ValueRange args) -> Value {
        SmallVector<Value> known = chain.rows.take(args);
        Value value = args[0];
        if (!scales.empty())
          value = arith::MulFOp::create(rewriter, loc, value, args[1]);
        if (x) {
          Value scale = x->params
                            ? floatConstant(loc, x->params->scale / out.scale)
                            : known[0];
          value = arith::MulFOp::create(rewriter, loc, value, scale);
        }
        if (!chain.bias.empty())
          value = arith::AddFOp::create(rewriter, loc, value, args.back());
        return emitResult(loc, value, chain, out, Rounded::Number);
      });
  replaceChain(chain, epilogue);
}
