//===- QuantizedProduct.cpp - Integer products of two activations ---------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "QuantizationLowering.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Support/Remarks.h"

using namespace mlir;
using namespace nnq;

/// True for a tensor dequantized with one scale that is no constant.
static bool isDequantizedActivation(Value value) {
  auto dcast = value.getDefiningOp<quant::DequantizeCastOp>();
  if (!dcast || !isa<quant::UniformQuantizedType>(
                    getElementTypeOrSelf(dcast.getInput().getType())))
    return false;
  auto scast = dcast.getInput().getDefiningOp<quant::StorageCastOp>();
  return !scast || !matchPattern(scast.getInput(), m_Constant());
}

bool nnq::isQuantizedProduct(Operation *op) {
  auto structured = dyn_cast<linalg::LinalgOp>(op);
  return structured && isActivationProduct(structured) &&
         llvm::all_of(structured.getDpsInputs(), isDequantizedActivation);
}

bool nnq::isNarrowProduct(Operation *op) {
  if (!isQuantizedProduct(op))
    return false;
  auto fits = [&](unsigned factor, int64_t low, int64_t high) {
    auto dcast =
        op->getOperand(factor).getDefiningOp<quant::DequantizeCastOp>();
    auto type = cast<quant::UniformQuantizedType>(
        getElementTypeOrSelf(dcast.getInput().getType()));
    return type.getStorageTypeMin() - type.getZeroPoint() >= low &&
           type.getStorageTypeMax() - type.getZeroPoint() <= high;
  };
  return fits(0, 0, llvm::maxUIntN(8)) &&
         fits(1, llvm::minIntN(8), llvm::maxIntN(8));
}

/// True if `op` moves elements that are quantized again as they were, by
/// `type`, for products.
static bool movesToProducts(Operation *op, Type type,
                            function_ref<bool(Operation *)> isProduct) {
  if (!getPermutation(op) || op->use_empty())
    return false;
  return llvm::all_of(op->getUsers(), [&](Operation *user) {
    auto qcast = dyn_cast<quant::QuantizeCastOp>(user);
    return qcast && getElementTypeOrSelf(qcast.getResult().getType()) == type &&
           feedsProducts(qcast.getResult(), isProduct);
  });
}

bool nnq::feedsProducts(Value quantized,
                        function_ref<bool(Operation *)> isProduct) {
  if (quantized.use_empty())
    return false;
  Type type = getElementTypeOrSelf(quantized.getType());
  return llvm::all_of(quantized.getUsers(), [&](Operation *user) {
    if (isView(user))
      return feedsProducts(user->getResult(0), isProduct);
    return isa<quant::DequantizeCastOp>(user) && !user->use_empty() &&
           llvm::all_of(user->getUsers(), [&](Operation *reader) {
             return isProduct(reader) ||
                    movesToProducts(reader, type, isProduct);
           });
  });
}

StorageFormat QuantizationLowering::centeredFormatOf(Value quantized) {
  auto type = cast<quant::UniformQuantizedType>(
      getElementTypeOrSelf(quantized.getType()));
  auto [it, isNew] = narrowFactors.try_emplace(quantized, false);
  // Only vpdpbusd multiplies u8 by s8 without saturation.
  if (isNew)
    it->second = storage == ActivationStorage::U8 &&
                 feedsProducts(quantized, isNarrowProduct);
  if (it->second)
    return {rewriter.getI8Type(),
            /*isSigned=*/type.getStorageTypeMin() < type.getZeroPoint(),
            -type.getZeroPoint()};
  return {rewriter.getI16Type(), /*isSigned=*/true, -type.getZeroPoint()};
}

Value QuantizationLowering::emitCentered(Location loc, const Quantized &x,
                                         Type element) {
  auto type = cast<RankedTensorType>(x.storage.getType());
  if (x.isCentered && type.getElementType() == element)
    return x.storage;
  return createElementwise(
             rewriter, loc, type.clone(element), x.storage,
             rewriter.getMultiDimIdentityMap(type.getRank()),
             [&](OpBuilder &, Location, ValueRange args) -> Value {
               Value q = extendToI32(rewriter, loc, args[0], x.isSigned);
               Value zero =
                   intConstant(loc, x.params->zeroPoint, rewriter.getI32Type());
               q = arith::SubIOp::create(rewriter, loc, q, zero);
               return arith::TruncIOp::create(rewriter, loc, element, q);
             })
      .getResult(0);
}

double nnq::getMagnitude(const ActivationParams &params) {
  return std::max(std::abs(params.min - params.zeroPoint),
                  std::abs(params.max - params.zeroPoint));
}

/// Without zero points nothing has to be corrected: sum (a - za) (b - zb) is a
/// plain sum of products. 16 bits hold the differences, and often 8.
void QuantizationLowering::lowerProduct(linalg::LinalgOp op) {
  Quantized *a = lookup(op.getDpsInputs()[0]),
            *b = lookup(op.getDpsInputs()[1]);
  if (!a || !b || op.hasDynamicShape())
    return remarkMissed(op, "nnq-lower-quantization",
                        "the integers of both activations are not at hand");
  if (!isZeroFill(op.getDpsInitOperand(0)->get()))
    return remarkMissed(op, "nnq-lower-quantization",
                        "the accumulator does not start at zero");
  double largest = getMagnitude(*a->params) * getMagnitude(*b->params);
  for (auto [size, kind] :
       llvm::zip(op.getStaticLoopRanges(), op.getIteratorTypesArray()))
    if (linalg::isReductionIterator(kind))
      largest *= size;
  if (largest > kFitsI32)
    return remarkMissed(op, "nnq-lower-quantization",
                        "32 bits do not hold the sum of products");

  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  double scale = a->params->scale * b->params->scale;
  auto isNarrow = [](const Quantized &x) {
    return !x.isCentered || getElementTypeOrSelf(x.storage).isInteger(8);
  };
  bool isU8ByS8 = storage == ActivationStorage::U8 && isNarrowProduct(op) &&
                  isNarrow(*a) && isNarrow(*b);
  Type element = rewriter.getIntegerType(isU8ByS8 ? 8 : 16);
  Value x = emitCentered(loc, *a, element), y = emitCentered(loc, *b, element);
  Value acc =
      emitIntegerContraction(op, x, /*isSigned=*/!isU8ByS8, y).getResult(0);
  Value result = op->getResult(0);
  quant::QuantizeCastOp requantize;
  if (result.hasOneUse())
    requantize = dyn_cast<quant::QuantizeCastOp>(*result.user_begin());
  quant::UniformQuantizedType outType;
  if (requantize)
    outType = dyn_cast<quant::UniformQuantizedType>(
        getElementTypeOrSelf(requantize.getResult().getType()));
  bool isCentered = outType && feedsProducts(requantize.getResult());
  StorageFormat format;
  ActivationParams out;
  if (outType) {
    format = formatOf(requantize.getResult(), isCentered);
    out = getActivationParams(outType, format);
    scale /= out.scale;
  }
  Rounded known = getRounded(largest * scale);
  auto type = cast<RankedTensorType>(acc.getType());
  Type f32 = rewriter.getF32Type();
  auto epilogue = createElementwise(
      rewriter, loc, type.clone(outType ? Type(format.type) : f32), acc,
      rewriter.getMultiDimIdentityMap(type.getRank()),
      [&](OpBuilder &, Location, ValueRange args) -> Value {
        Value value = arith::SIToFPOp::create(rewriter, loc, f32, args[0]);
        value = arith::MulFOp::create(rewriter, loc, value,
                                      floatConstant(loc, scale));
        if (!outType)
          return value;
        return emitRequantize(
            rewriter, loc, value,
            intConstant(loc, out.zeroPoint, rewriter.getI32Type()), out.min,
            out.max, format.type, known);
      });
  epilogue->setAttr(kLayerAttr, rewriter.getStringAttr(getLayerName(op)));
  ++integerOps;
  if (outType)
    setQuantized(requantize.getResult(), epilogue.getResult(0), isCentered);
  else
    rewriter.replaceAllUsesWith(result, epilogue.getResult(0));
}
