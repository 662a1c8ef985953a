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

void RowValues::addTo(SmallVectorImpl<Value> &inputs,
                      SmallVectorImpl<AffineMap> &maps) const {
  for (Value value : values)
    if (isa<ShapedType>(value.getType())) {
      inputs.push_back(value);
      maps.push_back(map);
    }
}

SmallVector<Value> RowValues::take(ValueRange &args) const {
  SmallVector<Value> taken(values);
  for (Value &value : llvm::reverse(taken))
    if (isa<ShapedType>(value.getType())) {
      value = args.back();
      args = args.drop_back();
    }
  return taken;
}

Value QuantizationLowering::emitByRow(
    Location loc, Value input, Value scale, Value zeroPoint, Type element,
    function_ref<Value(Value, Value, Value)> body) {
  auto type = cast<RankedTensorType>(input.getType());
  AffineMap all = rewriter.getMultiDimIdentityMap(type.getRank());
  RowValues rows{{scale, zeroPoint}, all.getSliceMap(0, type.getRank() - 1)};
  SmallVector<Value> inputs{input};
  SmallVector<AffineMap> maps{all};
  rows.addTo(inputs, maps);
  return createElementwise(rewriter, loc, type.clone(element), inputs, maps,
                           [&](OpBuilder &, Location, ValueRange args) {
                             SmallVector<Value> taken = rows.take(args);
                             return body(args[0], taken[0], taken[1]);
                           })
      .getResult(0);
}

/// Range together with zero: two scalars, or as many tensors of a number for
/// each row.
static std::pair<Value, Value> emitRange(OpBuilder &builder, Location loc,
                                         Value input, bool isPerRow) {
  auto type = cast<RankedTensorType>(input.getType());
  unsigned kept = isPerRow ? type.getRank() - 1 : 0;
  Value init = createFilled(builder, loc, type.getShape().take_front(kept),
                            builder.getF32FloatAttr(0.0));
  AffineMap in = builder.getMultiDimIdentityMap(type.getRank());
  AffineMap out = in.getSliceMap(0, kept);
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), kept, utils::IteratorType::parallel);
  auto reduce = [&](bool max) -> Value {
    auto generic = linalg::GenericOp::create(
        builder, loc, init.getType(), input, init, ArrayRef<AffineMap>{in, out},
        iterators, [&](OpBuilder &nested, Location at, ValueRange args) {
          Value next = max ? Value(arith::MaximumFOp::create(nested, at,
                                                             args[0], args[1]))
                           : Value(arith::MinimumFOp::create(nested, at,
                                                             args[0], args[1]));
          linalg::YieldOp::create(nested, at, next);
        });
    if (isPerRow)
      return generic.getResult(0);
    return tensor::ExtractOp::create(builder, loc, generic.getResult(0),
                                     ValueRange());
  };
  Value min = reduce(false);
  return {min, reduce(true)};
}

/// The scale of a range.
static Value emitScale(OpBuilder &b, Location loc, Value min, Value max,
                       bool isSymmetric) {
  auto constant = [&](double number) {
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(number));
  };
  Value span;
  if (isSymmetric)
    span = arith::MaximumFOp::create(b, loc, max,
                                     arith::NegFOp::create(b, loc, min));
  else
    span = arith::SubFOp::create(b, loc, max, min);
  Value scale =
      arith::DivFOp::create(b, loc, span, constant(isSymmetric ? 127 : 255));
  Value isZero = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, scale,
                                       constant(0.0));
  return arith::SelectOp::create(b, loc, isZero, constant(1.0), scale);
}

void QuantizationLowering::lowerDynamicQuantize(DynamicQCastOp op) {
  Location loc = op.getLoc();
  bool symmetric = op.getSymmetric(), isPerRow = op.isPerRow();
  int64_t qmin = symmetric ? -127 : 0, qmax = symmetric ? 127 : 255;
  StorageFormat format =
      getStorageFormat(func.getContext(), storageOf(op.getQuantized()), qmin);
  Type f32 = rewriter.getF32Type(), i32 = rewriter.getI32Type();
  auto requantize = [&](Value scaled, Value zeroPoint, Type type) {
    return emitRequantize(rewriter, loc, scaled, zeroPoint,
                          qmin + format.offset, qmax + format.offset, type,
                          Rounded::Anything);
  };
  auto findZeroPoint = [&](Value min, Value scale) {
    Value zero = arith::DivFOp::create(
        rewriter, loc, arith::NegFOp::create(rewriter, loc, min), scale);
    return requantize(zero, intConstant(loc, format.offset, i32), i32);
  };
  auto [min, max] = emitRange(rewriter, loc, op.getInput(), isPerRow);
  auto mapRows = [&](Value a, Value b, Type element,
                     function_ref<Value(Value, Value)> body) -> Value {
    if (!isPerRow)
      return body(a, b);
    auto type = cast<RankedTensorType>(a.getType());
    AffineMap map = rewriter.getMultiDimIdentityMap(type.getRank());
    return createElementwise(rewriter, loc, type.clone(element), {a, b},
                             {map, map},
                             [&](OpBuilder &, Location, ValueRange args) {
                               return body(args[0], args[1]);
                             })
        .getResult(0);
  };
  Value scale = mapRows(min, max, f32, [&](Value low, Value high) {
    return emitScale(rewriter, loc, low, high, symmetric);
  });
  Value zeroPoint = symmetric ? intConstant(loc, format.offset, i32)
                              : mapRows(min, scale, i32, findZeroPoint);
  Value stored = emitByRow(loc, op.getInput(), scale, zeroPoint, format.type,
                           [&](Value x, Value step, Value zero) {
                             Value scaled =
                                 arith::DivFOp::create(rewriter, loc, x, step);
                             return requantize(scaled, zero, format.type);
                           });
  quantizedValues[op.getQuantized()] = {stored, format.isSigned, std::nullopt,
                                        scale, zeroPoint};
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
      getElementTypeOrSelf(input) != type.getStorageType() ||
      type.getStorageTypeIntegralWidth() < 8)
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
  if (op->use_empty() || it == quantizedValues.end() ||
      (!element.isInteger(8) && !element.isInteger(16)))
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
  Type f32 = rewriter.getF32Type();
  Value scale = x.params ? floatConstant(loc, x.params->scale / unit) : x.scale;
  Value zeroPoint =
      x.params ? intConstant(loc, x.params->zeroPoint, rewriter.getI32Type())
               : x.zeroPoint;
  return emitByRow(loc, x.storage, scale, zeroPoint, f32,
                   [&](Value q, Value step, Value zero) -> Value {
                     q = extendToI32(rewriter, loc, q, x.isSigned);
                     q = arith::SubIOp::create(rewriter, loc, q, zero);
                     q = arith::SIToFPOp::create(rewriter, loc, f32, q);
                     return arith::MulFOp::create(rewriter, loc, q, step);
                   });
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
