//===- QuantizationCasts.cpp - Quantize and dequantize activations --------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "QuantizationLowering.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Support/ConstantData.h"

using namespace mlir;
using namespace nnq;

void QuantizationLowering::setQuantized(Value quantized, Value stored,
                                        bool isCentered) {
  auto type =
      cast<quant::UniformQuantizedType>(getElementTypeOrSelf(quantized));
  StorageFormat format = formatOf(quantized, isCentered);
  quantizedValues[quantized] = {
      stored,  format.isSigned, getActivationParams(type, format),
      Value(), Value(),         isCentered};
}

/// The integers behind the result of a dequantization, if they are at hand.
Quantized *QuantizationLowering::lookup(Value dequantized) {
  auto it = quantizedValues.find(getQuantizedSource(dequantized));
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
  bool isCentered = feedsProducts(op.getResult());
  StorageFormat format = formatOf(op.getResult(), isCentered);
  ActivationParams params = getActivationParams(type, format);
  Location loc = op.getLoc();
  // Where parts will be put.
  if (auto empty = op.getInput().getDefiningOp<tensor::EmptyOp>())
    return setQuantized(op.getResult(),
                        tensor::EmptyOp::create(
                            rewriter, loc, empty.getMixedSizes(), format.type),
                        isCentered);
  ToQuantize what{op.getInput(), /*isScaled=*/false, params.min, params.max,
                  Rounded::Anything};
  scaleTerms(op, params, what);
  rewriter.setInsertionPoint(op);
  auto generic = createElementwise(
      rewriter, loc, tensorType.clone(format.type), what.value,
      rewriter.getMultiDimIdentityMap(tensorType.getRank()),
      [&](OpBuilder &, Location, ValueRange args) {
        Value scaled = args[0];
        if (!what.isScaled)
          scaled = arith::DivFOp::create(rewriter, loc, scaled,
                                         floatConstant(loc, params.scale));
        return emitRequantize(
            rewriter, loc, scaled,
            intConstant(loc, params.zeroPoint, rewriter.getI32Type()), what.low,
            what.high, format.type, what.known);
      });
  setQuantized(op.getResult(), generic.getResult(0), isCentered);
}

/// Range of all elements together with zero, as two scalars.
static std::pair<Value, Value> emitRange(OpBuilder &builder, Location loc,
                                         Value input) {
  auto type = cast<RankedTensorType>(input.getType());
  auto scalar = RankedTensorType::get({}, builder.getF32Type());
  Value init = createFilled(builder, loc, {}, builder.getF32FloatAttr(0.0));
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
  StorageFormat format =
      getStorageFormat(func.getContext(), storageOf(op.getQuantized()), qmin);
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
    zeroPoint = emitRequantize(rewriter, loc, zero, zeroPoint,
                               qmin + format.offset, qmax + format.offset,
                               rewriter.getI32Type(), Rounded::Anything);
  }
  auto type = cast<RankedTensorType>(op.getInput().getType());
  auto generic = createElementwise(
      rewriter, loc, type.clone(format.type), op.getInput(),
      rewriter.getMultiDimIdentityMap(type.getRank()),
      [&](OpBuilder &, Location, ValueRange args) {
        Value scaled = arith::DivFOp::create(rewriter, loc, args[0], scale);
        return emitRequantize(rewriter, loc, scaled, zeroPoint,
                              qmin + format.offset, qmax + format.offset,
                              format.type, Rounded::Anything);
      });
  quantizedValues[op.getQuantized()] = {generic.getResult(0), format.isSigned,
                                        std::nullopt, scale, zeroPoint};
}

Value QuantizationLowering::emitOffset(Location loc, Value input, bool isSigned,
                                       int64_t offset, Type element) {
  auto type = cast<RankedTensorType>(input.getType());
  if (offset == 0 && type.getElementType() == element)
    return input;
  return createElementwise(
             rewriter, loc, type.clone(element), input,
             rewriter.getMultiDimIdentityMap(type.getRank()),
             [&](OpBuilder &, Location, ValueRange args) -> Value {
               Value q = extendToI32(rewriter, loc, args[0], isSigned);
               q = arith::AddIOp::create(
                   rewriter, loc, q,
                   intConstant(loc, offset, rewriter.getI32Type()));
               return arith::TruncIOp::create(rewriter, loc, element, q);
             })
      .getResult(0);
}

void QuantizationLowering::lowerStorageCast(quant::StorageCastOp op) {
  auto type = dyn_cast<quant::UniformQuantizedType>(
      getElementTypeOrSelf(op.getResult().getType()));
  Value input = op.getInput();
  // Constants are weights, whose readers look at them.
  if (!type || lowerPad(op) || matchPattern(input, m_Constant()) ||
      !isa<RankedTensorType>(input.getType()) ||
      !getElementTypeOrSelf(input).isInteger(8))
    return;
  bool isCentered = feedsProducts(op.getResult());
  StorageFormat format = formatOf(op.getResult(), isCentered);
  setQuantized(op.getResult(),
               emitOffset(op.getLoc(), input, type.isSigned(), format.offset,
                          format.type),
               isCentered);
}

void QuantizationLowering::readStorage(quant::StorageCastOp op) {
  auto it = quantizedValues.find(op.getInput());
  Type element = getElementTypeOrSelf(op.getResult().getType());
  if (op->use_empty() || it == quantizedValues.end() || !element.isInteger(8))
    return;
  const Quantized &x = it->second;
  rewriter.setInsertionPoint(op);
  rewriter.replaceAllUsesWith(
      op.getResult(),
      emitOffset(op.getLoc(), x.storage, x.isSigned,
                 -formatOf(op.getInput(), x.isCentered).offset, element));
}

/// (q - zp) * s, with the scale in units of `unit`.
Value QuantizationLowering::emitDequantized(Location loc, const Quantized &x,
                                            double unit) {
  assert((x.params || unit == 1.0) && "a scale of run time has its own unit");
  auto type = cast<RankedTensorType>(x.storage.getType());
  Type f32 = rewriter.getF32Type();
  Value scale = x.params ? floatConstant(loc, x.params->scale / unit) : x.scale;
  Value zeroPoint =
      x.params ? intConstant(loc, x.params->zeroPoint, rewriter.getI32Type())
               : x.zeroPoint;
  return createElementwise(
             rewriter, loc, type.clone(f32), x.storage,
             rewriter.getMultiDimIdentityMap(type.getRank()),
             [&](OpBuilder &, Location, ValueRange args) -> Value {
               Value q = extendToI32(rewriter, loc, args[0], x.isSigned);
               q = arith::SubIOp::create(rewriter, loc, q, zeroPoint);
               q = arith::SIToFPOp::create(rewriter, loc, f32, q);
               return arith::MulFOp::create(rewriter, loc, q, scale);
             })
      .getResult(0);
}

/// Writes what was dequantized in front of ops that stay in f32.
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
  rewriter.replaceAllUsesWith(op->getResult(0),
                              emitDequantized(loc, *x, /*unit=*/1.0));
  ++floatOps;
}
