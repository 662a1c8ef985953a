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
  auto getType = [&](unsigned factor) {
    auto dcast =
        op->getOperand(factor).getDefiningOp<quant::DequantizeCastOp>();
    return cast<quant::UniformQuantizedType>(
        getElementTypeOrSelf(dcast.getInput().getType()));
  };
  quant::UniformQuantizedType second = getType(1);
  return getType(0).getStorageTypeIntegralWidth() == 8 &&
         llvm::isInt<8>(second.getStorageTypeMin() - second.getZeroPoint()) &&
         llvm::isInt<8>(second.getStorageTypeMax() - second.getZeroPoint());
}

/// True if `op` moves elements that are quantized again as they were, by
/// `type`, for products.
static bool movesToProducts(Operation *op, Type type,
                            function_ref<bool(OpOperand &)> accepts) {
  if (!getPermutation(op) || op->use_empty())
    return false;
  return llvm::all_of(op->getUsers(), [&](Operation *user) {
    auto qcast = dyn_cast<quant::QuantizeCastOp>(user);
    return qcast && getElementTypeOrSelf(qcast.getResult().getType()) == type &&
           feedsProducts(qcast.getResult(), accepts);
  });
}

bool nnq::feedsProducts(Value quantized,
                        function_ref<bool(OpOperand &)> accepts) {
  if (quantized.use_empty())
    return false;
  Type type = getElementTypeOrSelf(quantized.getType());
  return llvm::all_of(quantized.getUsers(), [&](Operation *user) {
    if (isView(user))
      return feedsProducts(user->getResult(0), accepts);
    return isa<quant::DequantizeCastOp>(user) && !user->use_empty() &&
           llvm::all_of(user->getUses(), [&](OpOperand &use) {
             return accepts(use) ||
                    movesToProducts(use.getOwner(), type, accepts);
           });
  });
}

StorageFormat QuantizationLowering::centeredFormatOf(Value quantized) {
  auto type = cast<quant::UniformQuantizedType>(
      getElementTypeOrSelf(quantized.getType()));
  auto [it, isNew] = narrowFactors.try_emplace(quantized, std::nullopt);
  // Only vpdpbusd multiplies u8 by s8 without saturation.
  if (isNew && storage == ActivationStorage::U8)
    for (unsigned factor : {0, 1})
      if (feedsProducts(quantized, [&](OpOperand &use) {
            return use.getOperandNumber() == factor &&
                   isNarrowProduct(use.getOwner());
          }))
        it->second = factor;
  if (it->second == 0)
    return getStorageFormat(func.getContext(), ActivationStorage::U8,
                            type.getStorageTypeMin());
  if (it->second == 1)
    return {rewriter.getI8Type(), /*isSigned=*/true, -type.getZeroPoint()};
  return {rewriter.getI16Type(), /*isSigned=*/true, -type.getZeroPoint()};
}

Value QuantizationLowering::emitCentered(Location loc, const Quantized &x,
                                         Type element) {
  auto type = cast<RankedTensorType>(x.storage.getType());
  if (x.isCentered && x.params->zeroPoint == 0 &&
      type.getElementType() == element)
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

std::optional<ActivationSums>
QuantizationLowering::emitZeroPointSums(linalg::LinalgOp op, const Quantized &x,
                                        Value y) {
  if (x.params->zeroPoint == 0)
    return std::nullopt;
  MLIRContext *context = op.getContext();
  AffineMap map = op.getIndexingMapsArray()[1],
            outMap = op.getIndexingMapsArray()[2];
  ArrayRef<int64_t> shape = cast<RankedTensorType>(y.getType()).getShape();
  SmallVector<utils::IteratorType> iterators;
  SmallVector<AffineExpr> kept, positions;
  for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
    std::optional<unsigned> position = outMap.getResultPosition(expr);
    iterators.push_back(position ? utils::IteratorType::parallel
                                 : utils::IteratorType::reduction);
    if (!position)
      continue;
    kept.push_back(getAffineDimExpr(dim, context));
    positions.push_back(getAffineDimExpr(*position, context));
  }
  AffineMap identity = rewriter.getMultiDimIdentityMap(shape.size());
  Value sums =
      emitSum(rewriter, op, y, /*isSigned=*/true, shape, iterators, identity,
              AffineMap::get(shape.size(), 0, kept, context));
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(sums.getType());
  linalg::GenericOp scaled = createElementwise(
      rewriter, loc, type, sums,
      rewriter.getMultiDimIdentityMap(type.getRank()),
      [&](OpBuilder &, Location, ValueRange args) -> Value {
        Value factor =
            intConstant(loc, -x.params->zeroPoint, rewriter.getI32Type());
        return arith::MulIOp::create(rewriter, loc, args[0], factor);
      });
  scaled->setAttr(kLayerAttr, rewriter.getStringAttr(getLayerName(op)));
  return ActivationSums{
      scaled.getResult(0),
      AffineMap::get(outMap.getNumResults(), 0, positions, context)};
}

/// Without zero points nothing has to be corrected: sum (a - za) (b - zb) is a
/// plain sum of products. 16 bits hold the differences. Where bytes are
/// multiplied, the first factor keeps its zero point: sums of the second times
/// that are subtracted.
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
  auto hasBytes = [](const Quantized &x) {
    return getElementTypeOrSelf(x.storage).isInteger(8);
  };
  bool isU8ByS8 = storage == ActivationStorage::U8 && isNarrowProduct(op) &&
                  hasBytes(*a) && !a->isSigned &&
                  (hasBytes(*b) || !b->isCentered);
  Type element = rewriter.getIntegerType(isU8ByS8 ? 8 : 16);
  Value x = isU8ByS8 ? a->storage : emitCentered(loc, *a, element);
  Value y = emitCentered(loc, *b, element);
  std::optional<ActivationSums> sums;
  if (isU8ByS8)
    sums = emitZeroPointSums(op, *a, y);
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
  SmallVector<Value> inputs{acc};
  SmallVector<AffineMap> maps{rewriter.getMultiDimIdentityMap(type.getRank())};
  if (sums) {
    inputs.push_back(sums->value);
    maps.push_back(sums->map);
  }
  auto epilogue = createElementwise(
      rewriter, loc, type.clone(outType ? Type(format.type) : f32), inputs,
      maps, [&](OpBuilder &, Location, ValueRange args) -> Value {
        Value value = args[0];
        if (sums)
          value = arith::AddIOp::create(rewriter, loc, value, args[1]);
        value = arith::SIToFPOp::create(rewriter, loc, f32, value);
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
