//===- LowerQuantization.cpp - Quantized linalg to integer linalg ---------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "QuantizedValues.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Lower/Passes.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Contraction.h"
#include "nnq/Support/Remarks.h"

#include <cmath>

namespace nnq {
#define GEN_PASS_DEF_LOWERQUANTIZATION
#include "nnq/Lower/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {

/// A quantized tensor whose integers are at hand. Parameters are static, or the
/// run-time values `scale` (f32) and `zeroPoint` (i32, in storage units).
struct Quantized {
  Value storage;
  bool isSigned;
  std::optional<ActivationParams> params;
  Value scale, zeroPoint;
};

/// The ops behind a contraction that its epilogue takes in.
struct EpilogueChain {
  Operation *last;
  /// By channel; empty if there is none.
  SmallVector<float> bias;
  bool relu = false;
  quant::QuantizeCastOp requantize;
};

class QuantizationLowering {
public:
  QuantizationLowering(func::FuncOp func, ActivationStorage storage)
      : func(func), rewriter(func.getContext()), storage(storage) {}

  void run();

  unsigned integerOps = 0;
  unsigned floatOps = 0;

private:
  void lowerQuantize(quant::QuantizeCastOp op);
  void lowerDynamicQuantize(DynamicQCastOp op);
  void lowerContraction(Contraction contraction);
  void lowerMaxReduction(linalg::LinalgOp op);
  void lowerReshape(Operation *op);
  void lowerPad(quant::StorageCastOp op);
  void dequantize(Operation *op);
  void eraseDead(const DenseSet<Operation *> &keep = {});

  Quantized *lookup(Value dequantized);
  EpilogueChain matchEpilogue(const Contraction &contraction);
  Value emitIntegerContraction(const Contraction &contraction,
                               const Quantized &x, Value weights);
  Value channelConstant(Location loc, StringRef layer, StringRef kind,
                        Type element, ArrayRef<char> bytes);
  void setQuantized(Value quantized, Value stored);
  StorageFormat formatOf(quant::UniformQuantizedType type) {
    return getStorageFormat(func.getContext(), storage,
                            type.getStorageTypeMin());
  }
  Value intConstant(Location loc, int64_t value, Type type) {
    return arith::ConstantOp::create(rewriter, loc,
                                     rewriter.getIntegerAttr(type, value));
  }
  Value floatConstant(Location loc, double value) {
    return arith::ConstantOp::create(rewriter, loc,
                                     rewriter.getF32FloatAttr(value));
  }

  func::FuncOp func;
  IRRewriter rewriter;
  ActivationStorage storage;
  /// By the value of quantized type, or the storage result of a dynamic cast.
  DenseMap<Value, Quantized> quantizedValues;
};

} // namespace

void QuantizationLowering::setQuantized(Value quantized, Value stored) {
  auto type =
      cast<quant::UniformQuantizedType>(getElementTypeOrSelf(quantized));
  StorageFormat format = formatOf(type);
  quantizedValues[quantized] = {stored, format.isSigned,
                                getActivationParams(type, format), Value(),
                                Value()};
}

/// The integers behind the result of a dequantization, if they are at hand.
Quantized *QuantizationLowering::lookup(Value dequantized) {
  Value source;
  if (auto dcast = dequantized.getDefiningOp<quant::DequantizeCastOp>())
    source = dcast.getInput();
  else if (auto dynamic = dequantized.getDefiningOp<DynamicDCastOp>())
    source = dynamic.getInput();
  auto it = quantizedValues.find(source);
  return it == quantizedValues.end() ? nullptr : &it->second;
}

void QuantizationLowering::lowerQuantize(quant::QuantizeCastOp op) {
  if (quantizedValues.contains(op.getResult()))
    return; // Folded into the epilogue of its producer.
  auto type = dyn_cast<quant::UniformQuantizedType>(
      getElementTypeOrSelf(op.getResult().getType()));
  auto tensorType = dyn_cast<RankedTensorType>(op.getInput().getType());
  if (!type || !tensorType)
    return;
  StorageFormat format = formatOf(type);
  ActivationParams params = getActivationParams(type, format);
  Location loc = op.getLoc();
  auto generic = createElementwise(
      rewriter, loc, tensorType.clone(format.type), op.getInput(),
      rewriter.getMultiDimIdentityMap(tensorType.getRank()),
      [&](OpBuilder &, Location, ValueRange args) {
        Value scaled = arith::DivFOp::create(rewriter, loc, args[0],
                                             floatConstant(loc, params.scale));
        return emitRequantize(
            rewriter, loc, scaled,
            intConstant(loc, params.zeroPoint, rewriter.getI32Type()),
            params.min, params.max, format.type,
            /*isNumber=*/false);
      });
  setQuantized(op.getResult(), generic.getResult(0));
}

/// Range of all elements together with zero, as two scalars.
static std::pair<Value, Value> emitRange(OpBuilder &builder, Location loc,
                                         Value input) {
  auto type = cast<RankedTensorType>(input.getType());
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(0.0));
  auto scalar = RankedTensorType::get({}, builder.getF32Type());
  Value empty = tensor::EmptyOp::create(builder, loc, scalar.getShape(),
                                        scalar.getElementType());
  Value init = linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
  AffineMap in = builder.getMultiDimIdentityMap(type.getRank());
  AffineMap out = AffineMap::get(type.getRank(), 0, builder.getContext());
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::reduction);
  auto reduce = [&](bool max) -> Value {
    auto generic = linalg::GenericOp::create(
        builder, loc, scalar, input, init, ArrayRef<AffineMap>{in, out},
        iterators, [&](OpBuilder &nested, Location at, ValueRange args) {
          Value next = max ? Value(arith::MaximumFOp::create(nested, at,
                                                             args[0], args[1]))
                           : Value(arith::MinimumFOp::create(nested, at,
                                                             args[0], args[1]));
          linalg::YieldOp::create(nested, at, next);
        });
    return tensor::ExtractOp::create(builder, loc, generic.getResult(0),
                                     ValueRange());
  };
  Value min = reduce(false);
  return {min, reduce(true)};
}

void QuantizationLowering::lowerDynamicQuantize(DynamicQCastOp op) {
  Location loc = op.getLoc();
  bool symmetric = op.getSymmetric();
  int64_t qmin = symmetric ? -127 : 0, qmax = symmetric ? 127 : 255;
  StorageFormat format = getStorageFormat(func.getContext(), storage, qmin);
  auto [min, max] = emitRange(rewriter, loc, op.getInput());

  Value span;
  if (symmetric)
    span = arith::MaximumFOp::create(rewriter, loc, max,
                                     arith::NegFOp::create(rewriter, loc, min));
  else
    span = arith::SubFOp::create(rewriter, loc, max, min);
  Value scale = arith::DivFOp::create(
      rewriter, loc, span, floatConstant(loc, symmetric ? 127 : 255));
  Value isZero = arith::CmpFOp::create(rewriter, loc, arith::CmpFPredicate::OEQ,
                                       scale, floatConstant(loc, 0.0));
  scale = arith::SelectOp::create(rewriter, loc, isZero,
                                  floatConstant(loc, 1.0), scale);
  Value zeroPoint = intConstant(loc, format.offset, rewriter.getI32Type());
  if (!symmetric) {
    Value zero = arith::DivFOp::create(
        rewriter, loc, arith::NegFOp::create(rewriter, loc, min), scale);
    zeroPoint =
        emitRequantize(rewriter, loc, zero, zeroPoint, qmin + format.offset,
                       qmax + format.offset, rewriter.getI32Type(),
                       /*isNumber=*/false);
  }
  auto type = cast<RankedTensorType>(op.getInput().getType());
  auto generic = createElementwise(
      rewriter, loc, type.clone(format.type), op.getInput(),
      rewriter.getMultiDimIdentityMap(type.getRank()),
      [&](OpBuilder &, Location, ValueRange args) {
        Value scaled = arith::DivFOp::create(rewriter, loc, args[0], scale);
        return emitRequantize(rewriter, loc, scaled, zeroPoint,
                              qmin + format.offset, qmax + format.offset,
                              format.type, /*isNumber=*/false);
      });
  quantizedValues[op.getQuantized()] = {generic.getResult(0), format.isSigned,
                                        std::nullopt, scale, zeroPoint};
}

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

static bool matchRelu(linalg::GenericOp op) {
  if (!op || op.getNumReductionLoops() != 0 || op.getNumDpsInputs() != 1 ||
      !op.getIndexingMapsArray()[0].isIdentity() ||
      !op.getIndexingMapsArray()[1].isIdentity())
    return false;
  Operation *max =
      op.getBlock()->getTerminator()->getOperand(0).getDefiningOp();
  return isa_and_nonnull<arith::MaximumFOp, arith::MaxNumFOp>(max) &&
         max->getOperand(0) == op.getBlock()->getArgument(0) &&
         matchPattern(max->getOperand(1), m_AnyZeroFloat());
}

EpilogueChain
QuantizationLowering::matchEpilogue(const Contraction &contraction) {
  EpilogueChain chain;
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
  if (auto op = dyn_cast_or_null<linalg::GenericOp>(next()); matchRelu(op)) {
    chain.relu = true;
    chain.last = op;
  }
  if (auto op = dyn_cast_or_null<quant::QuantizeCastOp>(next()))
    if (isa<quant::UniformQuantizedType>(
            getElementTypeOrSelf(op.getResult().getType()))) {
      chain.requantize = op;
      chain.last = op;
    }
  return chain;
}

Value QuantizationLowering::emitIntegerContraction(
    const Contraction &contraction, const Quantized &x, Value weights) {
  linalg::LinalgOp op = contraction.op;
  Location loc = op.getLoc();
  Type i32 = rewriter.getI32Type();
  auto type = cast<RankedTensorType>(op->getResult(0).getType()).clone(i32);
  Value empty = tensor::EmptyOp::create(rewriter, loc, type.getShape(), i32);
  Value init =
      linalg::FillOp::create(rewriter, loc, intConstant(loc, 0, i32), empty)
          .getResult(0);
  auto generic = linalg::GenericOp::create(
      rewriter, loc, type, ValueRange{x.storage, weights}, init,
      op.getIndexingMapsArray(), op.getIteratorTypesArray(),
      [&](OpBuilder &nested, Location at, ValueRange args) {
        Value a = extendToI32(nested, at, args[0], x.isSigned);
        Value b = extendToI32(nested, at, args[1], /*isSigned=*/true);
        Value product = arith::MulIOp::create(nested, at, a, b);
        linalg::YieldOp::create(
            nested, at,
            Value(arith::AddIOp::create(nested, at, args[2], product)));
      });
  for (StringRef name : {kLayerAttr, kProvenanceAttr, kKernelAttr})
    if (Attribute attr = op->getAttr(name))
      generic->setAttr(name, attr);
  return generic.getResult(0);
}

Value QuantizationLowering::channelConstant(Location loc, StringRef layer,
                                            StringRef kind, Type element,
                                            ArrayRef<char> bytes) {
  int64_t channels = bytes.size() / (element.getIntOrFloatBitWidth() / 8);
  return makeConstant(rewriter, loc, RankedTensorType::get({channels}, element),
                      (layer + "_" + kind).str(), bytes);
}

template <typename T>
static ArrayRef<char> asBytes(ArrayRef<T> values) {
  return {reinterpret_cast<const char *>(values.data()),
          values.size() * sizeof(T)};
}

static int32_t saturateToI32(double value) {
  return static_cast<int32_t>(
      std::clamp(std::nearbyint(value), -2147483648.0, 2147483647.0));
}

void QuantizationLowering::lowerContraction(Contraction contraction) {
  linalg::LinalgOp op = contraction.op;
  Quantized *x = lookup(contraction.activation->get());
  std::string reason;
  FailureOr<SymmetricWeights> weights = getWeights(
      contraction.weight->get(), contraction.weightChannelDim, reason);
  if (!x || failed(weights)) {
    if (x || succeeded(weights))
      remarkMissed(op, "nnq-lower-quantization",
                   x ? StringRef(reason) : "the activation is not quantized");
    return;
  }
  Value fill = getFillValue(op);
  if (!fill || !matchPattern(fill, m_AnyZeroFloat()))
    return remarkMissed(op, "nnq-lower-quantization",
                        "the accumulator does not start at zero");

  EpilogueChain chain = matchEpilogue(contraction);
  rewriter.setInsertionPoint(chain.last);
  Location loc = op.getLoc();
  StringRef layer = getLayerName(op);
  Value acc = emitIntegerContraction(contraction, *x, weights->values);

  int64_t channels = weights->scales.size();
  auto accType = cast<RankedTensorType>(acc.getType());
  AffineMap identity = rewriter.getMultiDimIdentityMap(accType.getRank());
  AffineMap perChannel = AffineMap::get(
      accType.getRank(), 0,
      getAffineDimExpr(contraction.channelDim, func.getContext()));
  ArrayRef<float> bias = chain.bias;
  Type i32 = rewriter.getI32Type(), f32 = rewriter.getF32Type();
  auto relu = [&](Value value) -> Value {
    if (!chain.relu)
      return value;
    return arith::MaximumFOp::create(rewriter, loc, value,
                                     floatConstant(loc, 0.0));
  };
  linalg::GenericOp epilogue;

  if (!x->params) {
    // Scale and zero point come at run time: the bias stays in f32.
    SmallVector<int32_t> sums(weights->sums.begin(), weights->sums.end());
    SmallVector<float> scales(weights->scales.begin(), weights->scales.end());
    SmallVector<float> biases(bias.begin(), bias.end());
    biases.resize(channels, 0.0f);
    Value sumConst =
        channelConstant(loc, layer, "weight_sum", i32, asBytes<int32_t>(sums));
    Value scaleConst =
        channelConstant(loc, layer, "scale", f32, asBytes<float>(scales));
    Value biasConst =
        channelConstant(loc, layer, "bias", f32, asBytes<float>(biases));
    epilogue = createElementwise(
        rewriter, loc, accType.clone(f32),
        {acc, sumConst, scaleConst, biasConst},
        {identity, perChannel, perChannel, perChannel},
        [&](OpBuilder &, Location, ValueRange args) {
          Value offset =
              arith::MulIOp::create(rewriter, loc, args[1], x->zeroPoint);
          Value sum = arith::SubIOp::create(rewriter, loc, args[0], offset);
          Value value = arith::SIToFPOp::create(rewriter, loc, f32, sum);
          Value scale = arith::MulFOp::create(rewriter, loc, args[2], x->scale);
          value = arith::MulFOp::create(rewriter, loc, value, scale);
          value = arith::AddFOp::create(rewriter, loc, value, args[3]);
          return relu(value);
        });
    if (chain.requantize)
      chain.last = chain.requantize.getInput().getDefiningOp();
  } else {
    SmallVector<int32_t> biases(channels);
    SmallVector<float> multipliers(channels);
    double outScale = 1.0;
    StorageFormat format;
    ActivationParams out;
    if (chain.requantize) {
      auto type = cast<quant::UniformQuantizedType>(
          getElementTypeOrSelf(chain.requantize.getResult().getType()));
      format = formatOf(type);
      out = getActivationParams(type, format);
      outScale = out.scale;
    }
    for (int64_t c = 0; c < channels; ++c) {
      double scale = x->params->scale * weights->scales[c];
      double corrected = bias.empty() ? 0.0 : std::nearbyint(bias[c] / scale);
      corrected -= static_cast<double>(x->params->zeroPoint) * weights->sums[c];
      biases[c] = saturateToI32(corrected);
      multipliers[c] = static_cast<float>(scale / outScale);
    }
    Value biasConst =
        channelConstant(loc, layer, "bias", i32, asBytes<int32_t>(biases));
    Value multiplierConst = channelConstant(loc, layer, "multiplier", f32,
                                            asBytes<float>(multipliers));
    epilogue = createElementwise(
        rewriter, loc,
        accType.clone(chain.requantize ? Type(format.type) : Type(f32)),
        {acc, biasConst, multiplierConst}, {identity, perChannel, perChannel},
        [&](OpBuilder &, Location, ValueRange args) -> Value {
          Value sum = arith::AddIOp::create(rewriter, loc, args[0], args[1]);
          Value value = arith::SIToFPOp::create(rewriter, loc, f32, sum);
          value = arith::MulFOp::create(rewriter, loc, value, args[2]);
          if (!chain.requantize)
            return relu(value);
          int64_t low = chain.relu ? std::max(out.min, out.zeroPoint) : out.min;
          return emitRequantize(rewriter, loc, value,
                                intConstant(loc, out.zeroPoint, i32), low,
                                out.max, format.type, /*isNumber=*/true);
        });
  }
  epilogue->setAttr(kLayerAttr, rewriter.getStringAttr(layer));
  ++integerOps;
  if (chain.requantize && x->params)
    setQuantized(chain.requantize.getResult(), epilogue.getResult(0));
  else
    rewriter.replaceAllUsesWith(chain.last->getResult(0),
                                epilogue.getResult(0));
}

/// Smallest value of an integer type, the identity of max.
static int64_t lowestValue(Type type, bool isSigned) {
  return isSigned ? -(int64_t(1) << (type.getIntOrFloatBitWidth() - 1)) : 0;
}

void QuantizationLowering::lowerMaxReduction(linalg::LinalgOp op) {
  Quantized *x = lookup(op.getDpsInputOperand(0)->get());
  Value result = op->getResult(0);
  if (!x || !x->params || !result.hasOneUse())
    return;
  Value start = getFillValue(op);
  if (!start || !isLowestValue(start))
    return remarkMissed(op, "nnq-lower-quantization",
                        "the maximum does not start from the lowest value");
  auto qcast = dyn_cast<quant::QuantizeCastOp>(*result.user_begin());
  auto dcast =
      op.getDpsInputOperand(0)->get().getDefiningOp<quant::DequantizeCastOp>();
  if (!qcast || !dcast ||
      getElementTypeOrSelf(qcast.getResult().getType()) !=
          getElementTypeOrSelf(dcast.getInput().getType()))
    return;
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  Type element = getElementTypeOrSelf(x->storage.getType());
  auto type = cast<RankedTensorType>(result.getType()).clone(element);
  Value lowest = intConstant(loc, lowestValue(element, x->isSigned), element);
  Value empty =
      tensor::EmptyOp::create(rewriter, loc, type.getShape(), element);
  Value init =
      linalg::FillOp::create(rewriter, loc, lowest, empty).getResult(0);
  SmallVector<Value> inputs(op.getDpsInputs());
  inputs[0] = x->storage;
  auto generic = linalg::GenericOp::create(
      rewriter, loc, type, inputs, init, op.getIndexingMapsArray(),
      op.getIteratorTypesArray(),
      [&](OpBuilder &nested, Location at, ValueRange args) {
        Value a = args.front(), b = args.back();
        Value max = x->isSigned
                        ? Value(arith::MaxSIOp::create(nested, at, a, b))
                        : Value(arith::MaxUIOp::create(nested, at, a, b));
        linalg::YieldOp::create(nested, at, max);
      });
  generic->setAttr(kLayerAttr, rewriter.getStringAttr(getLayerName(op)));
  setQuantized(qcast.getResult(), generic.getResult(0));
  ++integerOps;
}

void QuantizationLowering::lowerReshape(Operation *op) {
  auto it = quantizedValues.find(op->getOperand(0));
  if (it == quantizedValues.end())
    return;
  Value stored = it->second.storage;
  rewriter.setInsertionPoint(op);
  auto type = cast<RankedTensorType>(op->getResult(0).getType())
                  .clone(getElementTypeOrSelf(stored.getType()));
  IRMapping mapping;
  mapping.map(op->getOperand(0), stored);
  Operation *clone = rewriter.clone(*op, mapping);
  clone->getResult(0).setType(type);
  setQuantized(op->getResult(0), clone->getResult(0));
}

/// Pads act on the storage, between two casts.
void QuantizationLowering::lowerPad(quant::StorageCastOp op) {
  auto pad = op.getInput().getDefiningOp<tensor::PadOp>();
  auto type = dyn_cast<quant::UniformQuantizedType>(
      getElementTypeOrSelf(op.getResult().getType()));
  if (!pad || !type)
    return;
  auto source = pad.getSource().getDefiningOp<quant::StorageCastOp>();
  Value padding = pad.getConstantPaddingValue();
  APInt stored;
  if (!source || getElementTypeOrSelf(source.getInput().getType()) != type ||
      !padding || !matchPattern(padding, m_ConstantInt(&stored)))
    return;
  auto it = quantizedValues.find(source.getInput());
  if (it == quantizedValues.end())
    return;
  StorageFormat format = formatOf(type);
  int64_t value =
      type.isSigned() ? stored.getSExtValue() : stored.getZExtValue();
  rewriter.setInsertionPoint(op);
  Location loc = pad.getLoc();
  Value constant = arith::ConstantOp::create(
      rewriter, loc,
      rewriter.getIntegerAttr(
          format.type, APInt(format.type.getWidth(), value + format.offset,
                             /*isSigned=*/true, /*implicitTrunc=*/true)));
  auto padded = tensor::PadOp::create(
      rewriter, loc, pad.getResultType().clone(format.type), it->second.storage,
      pad.getMixedLowPad(), pad.getMixedHighPad(), constant, pad.getNofold());
  if (Attribute layer = pad->getAttr(kLayerAttr))
    padded->setAttr(kLayerAttr, layer);
  setQuantized(op.getResult(), padded);
}

/// Writes (q - zp) * s in front of ops that stay in f32.
void QuantizationLowering::dequantize(Operation *op) {
  if (op->use_empty())
    return;
  rewriter.setInsertionPoint(op);
  Location loc = op->getLoc();
  if (auto dcast = dyn_cast<quant::DequantizeCastOp>(op))
    if (FailureOr<std::vector<float>> values = getDequantizedConstant(dcast);
        succeeded(values)) {
      Value constant =
          makeConstant(rewriter, loc, cast<ShapedType>(dcast.getType()),
                       "dequantized", asBytes<float>(ArrayRef<float>(*values)));
      rewriter.replaceAllUsesWith(dcast.getResult(), constant);
      ++floatOps;
      return;
    }
  Quantized *x = lookup(op->getResult(0));
  if (!x)
    return; // The edge verifier names what is left.
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Value scale = x->params ? floatConstant(loc, x->params->scale) : x->scale;
  Value zeroPoint =
      x->params ? intConstant(loc, x->params->zeroPoint, rewriter.getI32Type())
                : x->zeroPoint;
  auto generic = createElementwise(
      rewriter, loc, type, x->storage,
      rewriter.getMultiDimIdentityMap(type.getRank()),
      [&](OpBuilder &, Location, ValueRange args) -> Value {
        Value q = extendToI32(rewriter, loc, args[0], x->isSigned);
        q = arith::SubIOp::create(rewriter, loc, q, zeroPoint);
        q = arith::SIToFPOp::create(rewriter, loc, rewriter.getF32Type(), q);
        return arith::MulFOp::create(rewriter, loc, q, scale);
      });
  rewriter.replaceAllUsesWith(op->getResult(0), generic.getResult(0));
  ++floatOps;
}

void QuantizationLowering::eraseDead(const DenseSet<Operation *> &keep) {
  SmallVector<Operation *> ops;
  for (Operation &op : func.getBody().front())
    ops.push_back(&op);
  for (Operation *op : llvm::reverse(ops))
    if (!keep.contains(op) && isOpTriviallyDead(op))
      rewriter.eraseOp(op);
}

void QuantizationLowering::run() {
  SmallVector<Operation *> ops;
  for (Operation &op : func.getBody().front())
    ops.push_back(&op);
  for (Operation *op : ops) {
    rewriter.setInsertionPoint(op);
    if (auto qcast = dyn_cast<quant::QuantizeCastOp>(op))
      lowerQuantize(qcast);
    else if (auto dynamic = dyn_cast<DynamicQCastOp>(op))
      lowerDynamicQuantize(dynamic);
    else if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op))
      lowerReshape(op);
    else if (auto scast = dyn_cast<quant::StorageCastOp>(op))
      lowerPad(scast);
    else if (FailureOr<Contraction> contraction = Contraction::match(op);
             succeeded(contraction))
      lowerContraction(*contraction);
    else if (auto structured = dyn_cast<linalg::LinalgOp>(op)) {
      if (isMaxReduction(structured))
        lowerMaxReduction(structured);
      else if (isMultiplyAddBody(structured) &&
               llvm::any_of(op->getOperands(),
                            [&](Value value) { return lookup(value); }))
        remarkMissed(op, "nnq-lower-quantization",
                     "no contraction with one channel loop and weights that "
                     "all rows share");
    }
  }
  // What dequantizations may still read stays until they are written.
  DenseSet<Operation *> stored;
  for (auto &[value, quantized] : quantizedValues)
    for (Value part : {quantized.storage, quantized.scale, quantized.zeroPoint})
      if (part && part.getDefiningOp())
        stored.insert(part.getDefiningOp());
  eraseDead(stored);
  ops.clear();
  func.walk([&](Operation *op) {
    if (isa<quant::DequantizeCastOp, DynamicDCastOp>(op))
      ops.push_back(op);
  });
  for (Operation *op : ops)
    dequantize(op);
  eraseDead();
}

namespace {
struct LowerQuantization
    : public nnq::impl::LowerQuantizationBase<LowerQuantization> {
  using LowerQuantizationBase::LowerQuantizationBase;

  void runOnOperation() override {
    QuantizationLowering lowering(getOperation(), resolveStorage());
    lowering.run();
    integerOps += lowering.integerOps;
    floatOps += lowering.floatOps;
  }

  ActivationStorage resolveStorage() {
    if (activationStorage != ActivationStorage::Auto)
      return activationStorage;
    auto module = getOperation()->getParentOfType<ModuleOp>();
    auto target =
        module ? module->getAttrOfType<TargetAttr>(kTargetAttr) : nullptr;
    if (!target)
      return ActivationStorage::S8;
    switch (target.getDot()) {
    case DotKind::VPDPBUSD:
      return ActivationStorage::U8;
    case DotKind::VPMADDWD:
      return ActivationStorage::S16;
    default:
      return ActivationStorage::S8;
    }
  }
};
} // namespace
