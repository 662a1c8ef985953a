//===- QuantizedContraction.cpp - Integer contractions with epilogues -----===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "FixedPoint.h"
#include "QuantizationLowering.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Remarks.h"

#include <cmath>

using namespace mlir;
using namespace nnq;

/// What an elementwise op adds to `value` if that depends on `channelDim` at
/// most: a constant vector, or one number, which canonicalization may have
/// moved into the body.
static std::optional<SmallVector<float>>
matchBiasAdd(linalg::GenericOp op, Value value, unsigned channelDim) {
  if (!op || op.getNumReductionLoops() != 0 || op.getNumDpsInputs() > 2 ||
      op.getNumDpsInits() != 1 ||
      !op.getIndexingMapsArray().back().isIdentity())
    return std::nullopt;
  Operation *yield = op.getBlock()->getTerminator();
  auto add = yield->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!add)
    return std::nullopt;
  Value addend;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    Value arg = op.getMatchingBlockArgument(operand);
    if (operand->get() == value &&
        op.getMatchingIndexingMap(operand).isIdentity())
      addend = add.getLhs() == arg   ? add.getRhs()
               : add.getRhs() == arg ? add.getLhs()
                                     : Value();
    if (addend)
      break;
  }
  int64_t channels = cast<ShapedType>(value.getType()).getDimSize(channelDim);
  APFloat number(0.0f);
  if (addend && matchPattern(addend, m_ConstantFloat(&number)))
    return SmallVector<float>(channels, number.convertToFloat());
  auto arg = dyn_cast_or_null<BlockArgument>(addend);
  if (!arg || arg.getOwner() != op.getBlock() ||
      arg.getArgNumber() >= op.getNumDpsInputs())
    return std::nullopt;
  OpOperand *bias = op.getDpsInputOperand(arg.getArgNumber());
  AffineMap map = op.getMatchingIndexingMap(bias);
  FailureOr<ConstantData> data = ConstantData::get(bias->get());
  if (failed(data) || map.getNumResults() != 1 ||
      map.getResult(0) != getAffineDimExpr(channelDim, op.getContext()))
    return std::nullopt;
  return llvm::to_vector(data->getAs<float>());
}

bool nnq::matchClamp(linalg::GenericOp op, ContractionChain &chain) {
  if (!op || op.getNumReductionLoops() != 0 || op.getNumDpsInputs() != 1 ||
      !op.getIndexingMapsArray()[0].isIdentity() ||
      !op.getIndexingMapsArray()[1].isIdentity())
    return false;
  std::optional<float> low = chain.low, high = chain.high;
  Value value = op.getBlock()->getArgument(0);
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (isa<arith::ConstantOp>(inner))
      continue;
    APFloat bound(0.0f);
    if (inner.getNumOperands() != 2 || inner.getOperand(0) != value ||
        !matchPattern(inner.getOperand(1), m_ConstantFloat(&bound)) ||
        bound.isNaN())
      return false;
    float number = bound.convertToFloat();
    if (isa<arith::MaximumFOp, arith::MaxNumFOp>(inner)) {
      low = std::max(low.value_or(number), number);
      if (high)
        high = std::max(*high, number);
    } else if (isa<arith::MinimumFOp, arith::MinNumFOp>(inner)) {
      high = std::min(high.value_or(number), number);
      if (low)
        low = std::min(*low, number);
    } else {
      return false;
    }
    value = inner.getResult(0);
  }
  if (op.getBlock()->getTerminator()->getOperand(0) != value)
    return false;
  chain.low = low;
  chain.high = high;
  return true;
}

ContractionChain QuantizationLowering::matchChain(Contraction contraction,
                                                  bool requantize) {
  ContractionChain chain;
  chain.contraction = contraction;
  chain.last = contraction.op;
  auto next = [&]() -> Operation * {
    Value result = chain.last->getResult(0);
    return result.hasOneUse() ? *result.user_begin() : nullptr;
  };
  if (auto op = dyn_cast_or_null<linalg::GenericOp>(next()))
    if (auto bias = matchBiasAdd(op, chain.last->getResult(0),
                                 contraction.channelDim)) {
      chain.bias = std::move(*bias);
      chain.last = op;
    }
  while (true) {
    auto op = dyn_cast_or_null<linalg::GenericOp>(next());
    if (!matchClamp(op, chain))
      break;
    chain.last = op;
  }
  if (!requantize)
    return chain;
  if (auto op = dyn_cast_or_null<quant::QuantizeCastOp>(next()))
    if (isa<quant::UniformQuantizedType>(
            getElementTypeOrSelf(op.getResult().getType()))) {
      chain.requantize = op;
      chain.isCentered = feedsProducts(op.getResult());
      chain.last = op;
    }
  return chain;
}

linalg::GenericOp
QuantizationLowering::emitIntegerContraction(linalg::LinalgOp op, Value x,
                                             bool isSigned, Value w) {
  Location loc = op.getLoc();
  Type i32 = rewriter.getI32Type();
  auto type = cast<RankedTensorType>(op->getResult(0).getType()).clone(i32);
  Value init = createFilled(rewriter, loc, type.getShape(),
                            rewriter.getI32IntegerAttr(0));
  return emitMixedContraction(op, x, w, init, op.getIndexingMapsArray(),
                              op.getIteratorTypesArray(), isSigned);
}

linalg::GenericOp QuantizationLowering::createEpilogue(
    ContractionChain &chain, Value acc, Type element,
    ArrayRef<Value> channelValues,
    function_ref<Value(OpBuilder &, Location, ValueRange)> body) {
  linalg::LinalgOp op = chain.contraction.op;
  auto type = cast<RankedTensorType>(acc.getType());
  SmallVector<Value> inputs{acc};
  SmallVector<AffineMap> maps{rewriter.getMultiDimIdentityMap(type.getRank())};
  for (Value value : channelValues) {
    inputs.push_back(value);
    maps.push_back(AffineMap::get(
        type.getRank(), 0,
        rewriter.getAffineDimExpr(chain.contraction.channelDim)));
  }
  if (chain.sums) {
    inputs.push_back(chain.sums->value);
    maps.push_back(chain.sums->map);
  }
  chain.rows.addTo(inputs, maps);
  auto epilogue = createElementwise(rewriter, op.getLoc(), type.clone(element),
                                    inputs, maps, body);
  epilogue->setAttr(kLayerAttr, rewriter.getStringAttr(getLayerName(op)));
  return epilogue;
}

static int32_t saturateToI32(double value) {
  return static_cast<int32_t>(
      std::clamp(std::nearbyint(value), -2147483648.0, 2147483647.0));
}

Value QuantizationLowering::emitClamp(Location loc, Value value,
                                      const ContractionChain &chain) {
  if (chain.low)
    value = arith::MaximumFOp::create(rewriter, loc, value,
                                      floatConstant(loc, *chain.low));
  if (chain.high)
    value = arith::MinimumFOp::create(rewriter, loc, value,
                                      floatConstant(loc, *chain.high));
  return value;
}

void QuantizationLowering::addWeightZeroPoints(ContractionChain &chain,
                                               SmallVectorImpl<Value> &values) {
  if (chain.sums)
    values.push_back(channelConstant<int32_t>(chain, "weight_zero_point",
                                              rewriter.getI32Type(),
                                              chain.weightZeroPoints));
}

/// Zero point and sum are the last arguments.
Value QuantizationLowering::correctWeightZeroPoints(
    Location loc, Value acc, ValueRange args, const ContractionChain &chain) {
  if (!chain.sums)
    return acc;
  Value offset = arith::MulIOp::create(rewriter, loc, args.drop_back().back(),
                                       args.back());
  return arith::SubIOp::create(rewriter, loc, acc, offset);
}

int64_t nnq::quantizeBound(float bound, const ActivationParams &params) {
  double q = std::nearbyint(bound / static_cast<float>(params.scale));
  return std::clamp<double>(q + params.zeroPoint, params.min, params.max);
}

/// Scale and zero point come at run time: the bias stays in f32.
linalg::GenericOp
QuantizationLowering::emitDynamicEpilogue(Value acc, ContractionChain &chain,
                                          const Quantized &x,
                                          const IntegerWeights &weights) {
  Type i32 = rewriter.getI32Type(), f32 = rewriter.getF32Type();
  SmallVector<int32_t> sums(weights.sums.begin(), weights.sums.end());
  SmallVector<float> scales(weights.scales.begin(), weights.scales.end());
  SmallVector<float> biases(chain.bias);
  biases.resize(scales.size(), 0.0f);
  Value sumConst = channelConstant<int32_t>(chain, "weight_sum", i32, sums);
  Value scaleConst = channelConstant<float>(chain, "scale", f32, scales);
  Value biasConst = channelConstant<float>(chain, "bias", f32, biases);
  SmallVector<Value> constants{sumConst, scaleConst, biasConst};
  chain.rows.values = {x.scale, x.zeroPoint};
  addWeightZeroPoints(chain, constants);
  return createEpilogue(
      chain, acc, f32, constants,
      [&](OpBuilder &, Location loc, ValueRange args) -> Value {
        SmallVector<Value> rows = chain.rows.take(args);
        Value offset = arith::MulIOp::create(rewriter, loc, args[1], rows[1]);
        Value sum = correctWeightZeroPoints(loc, args[0], args, chain);
        sum = arith::SubIOp::create(rewriter, loc, sum, offset);
        Value value = arith::SIToFPOp::create(rewriter, loc, f32, sum);
        Value scale = arith::MulFOp::create(rewriter, loc, args[2], rows[0]);
        value = arith::MulFOp::create(rewriter, loc, value, scale);
        value = arith::AddFOp::create(rewriter, loc, value, args[3]);
        return emitClamp(loc, value, chain);
      });
}

std::pair<int64_t, int64_t> nnq::getBounds(const ContractionChain &chain,
                                           const ActivationParams &out) {
  return {chain.low ? quantizeBound(*chain.low, out) : out.min,
          chain.high ? quantizeBound(*chain.high, out) : out.max};
}

/// In integers throughout.
linalg::GenericOp QuantizationLowering::emitFixedEpilogue(
    Value acc, ContractionChain &chain, ArrayRef<int32_t> biases,
    ArrayRef<double> factors, const ActivationParams &out, Type storage) {
  SmallVector<int32_t> values, left, right;
  for (double factor : factors) {
    FixedPointFactor fixed = getFixedPointFactor(factor);
    values.push_back(fixed.value);
    left.push_back(std::max(fixed.shift, 0));
    right.push_back(std::max(-fixed.shift, 0));
  }
  Type i32 = rewriter.getI32Type();
  bool hasLeft = llvm::any_of(left, [](int32_t shift) { return shift != 0; });
  SmallVector<Value> constants{
      channelConstant<int32_t>(chain, "bias", i32, biases),
      channelConstant<int32_t>(chain, "multiplier", i32, values),
      channelConstant<int32_t>(chain, "shift", i32, right)};
  if (hasLeft)
    constants.push_back(
        channelConstant<int32_t>(chain, "left_shift", i32, left));
  addWeightZeroPoints(chain, constants);
  std::pair<int64_t, int64_t> bounds = getBounds(chain, out);
  return createEpilogue(
      chain, acc, storage, constants,
      [&](OpBuilder &, Location loc, ValueRange args) -> Value {
        Value sum = correctWeightZeroPoints(loc, args[0], args, chain);
        sum = arith::AddIOp::create(rewriter, loc, sum, args[1]);
        Value q = emitFixedPointProduct(rewriter, loc, sum, args[2],
                                        hasLeft ? args[4] : Value(), args[3]);
        q = arith::AddIOp::create(rewriter, loc, q,
                                  intConstant(loc, out.zeroPoint, i32));
        q = arith::MaxSIOp::create(rewriter, loc, q,
                                   intConstant(loc, bounds.first, i32));
        q = arith::MinSIOp::create(rewriter, loc, q,
                                   intConstant(loc, bounds.second, i32));
        return arith::TruncIOp::create(rewriter, loc, storage, q);
      });
}

/// The bias and what the zero point adds are one integer a channel; one
/// multiplier a channel leads to f32 or to the integers of the next layer.
linalg::GenericOp
QuantizationLowering::emitStaticEpilogue(Value acc, ContractionChain &chain,
                                         const Quantized &x,
                                         const IntegerWeights &weights) {
  Type i32 = rewriter.getI32Type(), f32 = rewriter.getF32Type();
  ChainResult out = getResult(chain);
  size_t channels = weights.scales.size();
  SmallVector<int32_t> biases(channels);
  SmallVector<float> multipliers(channels);
  SmallVector<double> factors(channels);
  double largest = 0; // Magnitude of a result.
  for (size_t c = 0; c < channels; ++c) {
    double scale = x.params->scale * weights.scales[c];
    double corrected =
        chain.bias.empty() ? 0.0 : std::nearbyint(chain.bias[c] / scale);
    corrected -= static_cast<double>(x.params->zeroPoint) * weights.sums[c];
    biases[c] = saturateToI32(corrected);
    factors[c] = scale / out.scale;
    multipliers[c] = static_cast<float>(factors[c]);
    double most = std::max(std::abs(static_cast<double>(x.params->min)),
                           std::abs(static_cast<double>(x.params->max)));
    largest =
        std::max(largest, (most * weights.magnitudes[c] + std::abs(corrected)) *
                              multipliers[c]);
  }
  if (chain.requantize && requant == Requantization::Fixed)
    return emitFixedEpilogue(acc, chain, biases, factors, out.params,
                             out.format.type);
  Rounded known = getRounded(largest);
  Value biasConst = channelConstant<int32_t>(chain, "bias", i32, biases);
  Value multiplierConst =
      channelConstant<float>(chain, "multiplier", f32, multipliers);
  SmallVector<Value> constants{biasConst, multiplierConst};
  addWeightZeroPoints(chain, constants);
  linalg::GenericOp epilogue = createEpilogue(
      chain, acc, chain.requantize ? Type(out.format.type) : f32, constants,
      [&](OpBuilder &, Location loc, ValueRange args) -> Value {
        Value sum = correctWeightZeroPoints(loc, args[0], args, chain);
        sum = arith::AddIOp::create(rewriter, loc, sum, args[1]);
        Value value = arith::SIToFPOp::create(rewriter, loc, f32, sum);
        value = arith::MulFOp::create(rewriter, loc, value, args[2]);
        return emitResult(loc, value, chain, out, known);
      });
  // A bound of zero is the same in all units.
  if (!chain.requantize && chain.low.value_or(0) == 0 && !chain.high)
    setMultiplied(epilogue, /*multiplier=*/2, factors, largest);
  return epilogue;
}

ChainResult QuantizationLowering::getResult(const ContractionChain &chain) {
  ChainResult result;
  if (!chain.requantize)
    return result;
  auto requantize = chain.requantize;
  auto type = cast<quant::UniformQuantizedType>(
      getElementTypeOrSelf(requantize.getResult().getType()));
  result.format = formatOf(requantize.getResult(), chain.isCentered);
  result.params = getActivationParams(type, result.format);
  result.scale = result.params.scale;
  return result;
}

Value QuantizationLowering::emitResult(Location loc, Value value,
                                       const ContractionChain &chain,
                                       const ChainResult &result,
                                       Rounded known) {
  if (!chain.requantize)
    return emitClamp(loc, value, chain);
  const ActivationParams &out = result.params;
  auto [low, high] = getBounds(chain, out);
  return emitRequantize(rewriter, loc, value,
                        intConstant(loc, out.zeroPoint, rewriter.getI32Type()),
                        low, high, result.format.type, known);
}

void QuantizationLowering::replaceChain(ContractionChain &chain,
                                        linalg::GenericOp epilogue) {
  ++integerOps;
  if (chain.requantize)
    setQuantized(chain.requantize.getResult(), epilogue.getResult(0),
                 chain.isCentered);
  else
    rewriter.replaceAllUsesWith(chain.last->getResult(0),
                                epilogue.getResult(0));
}

void QuantizationLowering::lowerContraction(Contraction contraction) {
  linalg::LinalgOp op = contraction.op;
  Quantized *x = lookup(contraction.activation->get());
  std::string reason;
  FailureOr<IntegerWeights> weights = getWeights(
      contraction.weight->get(), contraction.weightChannelDim, reason);
  // Codebooks of up to 16 numbers have kernels.
  if (auto bits = op->getAttrOfType<IntegerAttr>(kWeightBitsAttr);
      bits && succeeded(weights)) {
    if (bits.getInt() <= kTableBits)
      weights->bits = bits.getInt() <= 2 ? 2 : kTableBits;
    else
      remarkMissed(op, "nnq-lower-quantization",
                   "its codebook has more than 16 numbers, which no kernel "
                   "looks up: weights have 8 bits");
  }
  if (!x && succeeded(weights) && lowerWeightOnly(contraction, *weights))
    return;
  if (!x || failed(weights)) {
    if (x || succeeded(weights))
      remarkMissed(op, "nnq-lower-quantization",
                   x ? StringRef(reason) : "the activation is not quantized");
    return;
  }
  if (!isZeroFill(op.getDpsInitOperand(0)->get()))
    return remarkMissed(op, "nnq-lower-quantization",
                        "the accumulator does not start at zero");

  std::optional<AffineMap> rowMap = getRowMap(op, *contraction.activation);
  if (x->isPerRow() && !rowMap)
    return remarkMissed(op, "nnq-lower-quantization",
                        "rows with parameters of their own have an integer "
                        "kernel where a product of matrices sums them up");
  if (weights->groupSize)
    return lowerGroups(contraction, x, *weights);

  // Parameters known at run time only leave the quantization to itself.
  ContractionChain chain = matchChain(contraction, x->params.has_value());
  chain.rows.map = rowMap.value_or(AffineMap());
  rewriter.setInsertionPoint(chain.last);
  if (!weights->zeroPoints.empty()) {
    chain.weightZeroPoints = weights->zeroPoints;
    chain.sums = emitActivationSums(contraction, *x);
    if (!chain.sums)
      return remarkMissed(op, "nnq-lower-quantization",
                          "asymmetric weights of dynamic shapes have no "
                          "integer kernel");
  }
  linalg::GenericOp integers =
      emitIntegerContraction(op, x->storage, x->isSigned, weights->values);
  if (x->params)
    integers->setAttr(kRangeAttr, rewriter.getDenseI64ArrayAttr(
                                      {x->params->min, x->params->max}));
  if (weights->bits < 8)
    integers->setAttr(kWeightBitsAttr,
                      rewriter.getI64IntegerAttr(weights->bits));
  Value acc = integers.getResult(0);
  linalg::GenericOp epilogue =
      x->params ? emitStaticEpilogue(acc, chain, *x, *weights)
                : emitDynamicEpilogue(acc, chain, *x, *weights);
  replaceChain(chain, epilogue);
}
