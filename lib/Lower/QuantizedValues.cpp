//===- QuantizedValues.cpp - Storage of quantized tensors -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "QuantizedValues.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Matchers.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/QuantScales.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nnq;

StorageFormat nnq::getStorageFormat(MLIRContext *context,
                                    ActivationStorage storage, int64_t qmin) {
  switch (storage) {
  case ActivationStorage::U8:
    return {IntegerType::get(context, 8), /*isSigned=*/false,
            qmin < 0 ? 128 : 0};
  case ActivationStorage::S16:
    return {IntegerType::get(context, 16), /*isSigned=*/true, 0};
  case ActivationStorage::S8:
  case ActivationStorage::Auto:
  case ActivationStorage::ByWeights:
    break;
  }
  return {IntegerType::get(context, 8), /*isSigned=*/true, qmin < 0 ? 0 : -128};
}

ActivationParams nnq::getActivationParams(quant::UniformQuantizedType type,
                                          const StorageFormat &format) {
  return {type.getScale(), type.getZeroPoint() + format.offset,
          type.getStorageTypeMin() + format.offset,
          type.getStorageTypeMax() + format.offset};
}

Value nnq::getQuantizedSource(Value dequantized) {
  if (auto dcast = dequantized.getDefiningOp<quant::DequantizeCastOp>())
    return dcast.getInput();
  if (auto dynamic = dequantized.getDefiningOp<DynamicDCastOp>())
    return dynamic.getInput();
  return {};
}

/// The integers that `op` dequantizes, through the cast of their type.
static FailureOr<ConstantData> getInt8Constant(quant::DequantizeCastOp op) {
  auto scast = op.getInput().getDefiningOp<quant::StorageCastOp>();
  if (!scast)
    return failure();
  FailureOr<ConstantData> data = ConstantData::getWidened(scast.getInput());
  if (failed(data) || !data->getType().getElementType().isInteger(8))
    return failure();
  return data;
}

/// Parameters of blocks that lie along one dimension of a matrix and are one
/// channel wide.
static LogicalResult readGroups(const ConstantData &data,
                                const QuantScales &params, unsigned channelDim,
                                IntegerWeights &weights, std::string &reason) {
  ArrayRef<int64_t> shape = data.getShape();
  SmallVector<int64_t> block = params.getBlockShape(shape);
  if (shape.size() != 2 || block[channelDim] != 1 || channelDim > 1) {
    reason = "scales of blocks other than groups of the inputs of a channel "
             "have no integer kernel";
    return failure();
  }
  weights.groupDim = 1 - channelDim;
  weights.groupSize = block[weights.groupDim];
  int64_t channels = shape[channelDim];
  int64_t groups = shape[weights.groupDim] / weights.groupSize;
  int64_t size = channels * groups;
  weights.scales.resize(size);
  weights.zeroPoints.resize(size);
  weights.sums.assign(size, 0);
  weights.magnitudes.assign(size, 0);
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t c = 0; c < channels; ++c) {
      int64_t from = channelDim == 1 ? g * channels + c : c * groups + g;
      weights.scales[g * channels + c] = params.scales[from];
      weights.zeroPoints[g * channels + c] = params.zeroPoints[from];
    }
  for (auto [i, value] : llvm::enumerate(data.getAs<int8_t>())) {
    int64_t row = i / shape[1], column = i % shape[1];
    int64_t input = channelDim == 1 ? row : column;
    int64_t at =
        input / weights.groupSize * channels + (channelDim == 1 ? column : row);
    int64_t centered = value - weights.zeroPoints[at];
    weights.sums[at] += centered;
    weights.magnitudes[at] += std::abs(centered);
  }
  if (llvm::all_of(weights.zeroPoints, [](int32_t z) { return z == 0; }))
    weights.zeroPoints.clear();
  return success();
}

FailureOr<IntegerWeights>
nnq::getWeights(Value dequantized, unsigned channelDim, std::string &reason) {
  auto fail = [&](const char *why) {
    reason = why;
    return failure();
  };
  auto dcast = dequantized.getDefiningOp<quant::DequantizeCastOp>();
  if (!dcast)
    return fail("the weights are not quantized");
  FailureOr<ConstantData> data = getInt8Constant(dcast);
  if (failed(data))
    return fail("the weights are not an int8 constant");

  auto type = dyn_cast<quant::QuantizedType>(
      getElementTypeOrSelf(dcast.getInput().getType()));
  FailureOr<QuantScales> params =
      type ? QuantScales::get(type) : FailureOr<QuantScales>();
  if (failed(params))
    return fail("the scales are not uniform");
  if (!type.isSigned())
    return fail("unsigned weights have no integer kernel");

  IntegerWeights weights;
  weights.values =
      dcast.getInput().getDefiningOp<quant::StorageCastOp>().getInput();
  if (type.getStorageTypeIntegralWidth() < 8) {
    OpBuilder builder(weights.values.getContext());
    builder.setInsertionPointAfterValue(weights.values);
    weights.values =
        makeConstant(builder, weights.values.getLoc(), data->getType(),
                     "weights_i8", data->getBytes());
  }
  bool isNarrow = llvm::all_of(data->getAs<int8_t>(), [](int8_t value) {
    return value >= kInt4.min && value <= kInt4.max;
  });
  if (isNarrow && type.getStorageTypeMin() >= kInt4.min &&
      type.getStorageTypeMax() <= kInt4.max)
    weights.bits = 4;
  if (isa<quant::UniformQuantizedSubChannelType>(type)) {
    if (failed(readGroups(*data, *params, channelDim, weights, reason)))
      return failure();
    return weights;
  }
  if (!params->blocks.empty() && params->blocks.front().dim != channelDim)
    return fail("the weights are not scaled along the output channel");

  int64_t channels = data->getShape()[channelDim];
  for (int64_t c = 0; c < channels; ++c) {
    size_t at = c % params->scales.size();
    weights.scales.push_back(params->scales[at]);
    weights.zeroPoints.push_back(static_cast<int32_t>(params->zeroPoints[at]));
  }
  int64_t inner = 1;
  for (int64_t size : data->getShape().drop_front(channelDim + 1))
    inner *= size;
  weights.sums.assign(channels, 0);
  weights.magnitudes.assign(channels, 0);
  for (auto [i, value] : llvm::enumerate(data->getAs<int8_t>())) {
    int64_t c = i / inner % channels;
    int64_t centered = value - weights.zeroPoints[c];
    weights.sums[c] += centered;
    weights.magnitudes[c] += std::abs(centered);
  }
  if (llvm::all_of(weights.zeroPoints, [](int32_t z) { return z == 0; }))
    weights.zeroPoints.clear();
  return weights;
}

FailureOr<std::vector<float>>
nnq::getDequantizedConstant(quant::DequantizeCastOp op) {
  auto type = dyn_cast<RankedTensorType>(op.getResult().getType());
  FailureOr<ConstantData> data = getInt8Constant(op);
  if (!type || !type.getElementType().isF32() || failed(data))
    return failure();

  auto quantized =
      cast<quant::QuantizedType>(getElementTypeOrSelf(op.getInput().getType()));
  FailureOr<QuantScales> params = QuantScales::get(quantized);
  if (failed(params))
    return failure();
  SmallVector<int64_t> blockSize = params->getBlockShape(type.getShape());
  std::vector<float> values(type.getNumElements());
  SmallVector<int64_t> strides = computeStrides(type.getShape());
  for (auto [i, stored] : llvm::enumerate(data->getAs<int8_t>())) {
    int64_t at = 0;
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      int64_t size = type.getDimSize(dim);
      int64_t index = i / strides[dim] % size;
      at = at * llvm::divideCeil(size, blockSize[dim]) + index / blockSize[dim];
    }
    int64_t q = quantized.isSigned() ? stored : static_cast<uint8_t>(stored);
    values[i] = static_cast<float>(q - params->zeroPoints[at]) *
                static_cast<float>(params->scales[at]);
  }
  return values;
}

static Value floatConstant(OpBuilder &builder, Location loc, double value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getF32FloatAttr(value));
}

/// `scaled` within [min - zeroPoint, max - zeroPoint], as integers are after
/// rounding: the conversion then is in range.
static Value clampFloat(OpBuilder &builder, Location loc, Value scaled,
                        Value zeroPoint, int64_t min, int64_t max,
                        bool isNumber) {
  Value low, high;
  APInt known;
  if (matchPattern(zeroPoint, m_ConstantInt(&known))) {
    low = floatConstant(builder, loc, min - known.getSExtValue());
    high = floatConstant(builder, loc, max - known.getSExtValue());
  } else {
    Value zero =
        arith::SIToFPOp::create(builder, loc, builder.getF32Type(), zeroPoint);
    low = arith::SubFOp::create(builder, loc, floatConstant(builder, loc, min),
                                zero);
    high = arith::SubFOp::create(builder, loc, floatConstant(builder, loc, max),
                                 zero);
  }
  if (isNumber) {
    // The sign of a zero is lost in the conversion.
    auto flags = arith::FastMathFlagsAttr::get(builder.getContext(),
                                               arith::FastMathFlags::nnan |
                                                   arith::FastMathFlags::nsz);
    Value result = arith::MaxNumFOp::create(builder, loc, scaled, low, flags);
    return arith::MinNumFOp::create(builder, loc, result, high, flags);
  }
  // The form of the maximum that is one instruction on x86, where maxnum is
  // four; both give the bound for a NaN.
  auto bound = [&](arith::CmpFPredicate keep, Value value, Value limit) {
    Value kept = arith::CmpFOp::create(builder, loc, keep, value, limit);
    return arith::SelectOp::create(builder, loc, kept, value, limit);
  };
  Value result = bound(arith::CmpFPredicate::OGT, scaled, low);
  return bound(arith::CmpFPredicate::OLT, result, high);
}

static Value clampInteger(OpBuilder &builder, Location loc, Value value,
                          int64_t min, int64_t max) {
  auto constant = [&](int64_t number) -> Value {
    return arith::ConstantOp::create(
        builder, loc, builder.getIntegerAttr(value.getType(), number));
  };
  value = arith::MaxSIOp::create(builder, loc, value, constant(min));
  return arith::MinSIOp::create(builder, loc, value, constant(max));
}

Value nnq::emitRequantize(OpBuilder &builder, Location loc, Value scaled,
                          Value zeroPoint, int64_t min, int64_t max,
                          Type storage, Rounded known) {
  bool isInRange = known == Rounded::FitsI32;
  Value result = scaled;
  if (!isInRange)
    result = clampFloat(builder, loc, result, zeroPoint, min, max,
                        known == Rounded::Number);
  result = math::RoundEvenOp::create(builder, loc, result);
  result = arith::FPToSIOp::create(builder, loc, builder.getI32Type(), result);
  result = arith::AddIOp::create(builder, loc, result, zeroPoint);
  unsigned width = storage.getIntOrFloatBitWidth();
  // Bounds cost half as much once the results of two registers are in one.
  if (isInRange && width == 16) {
    result = clampInteger(builder, loc, result, llvm::minIntN(width),
                          llvm::maxIntN(width));
    result = arith::TruncIOp::create(builder, loc, storage, result);
    return clampInteger(builder, loc, result, min, max);
  }
  if (isInRange)
    result = clampInteger(builder, loc, result, min, max);
  if (width == 32)
    return result;
  // The clamp to the whole range of the storage goes into the instruction that
  // narrows.
  bool isSigned = width > 8 || min < 0;
  if (!isInRange)
    result =
        clampInteger(builder, loc, result, isSigned ? llvm::minIntN(width) : 0,
                     isSigned ? llvm::maxIntN(width) : llvm::maxUIntN(width));
  return arith::TruncIOp::create(builder, loc, storage, result);
}

linalg::GenericOp nnq::createElementwise(
    OpBuilder &builder, Location loc, RankedTensorType resultType,
    ValueRange inputs, ArrayRef<AffineMap> inputMaps,
    function_ref<Value(OpBuilder &, Location, ValueRange)> body) {
  Value init = tensor::EmptyOp::create(builder, loc, resultType.getShape(),
                                       resultType.getElementType());
  SmallVector<AffineMap> maps(inputMaps);
  maps.push_back(builder.getMultiDimIdentityMap(resultType.getRank()));
  SmallVector<utils::IteratorType> iterators(resultType.getRank(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
      builder, loc, resultType, inputs, init, maps, iterators,
      [&](OpBuilder &nested, Location nestedLoc, ValueRange args) {
        linalg::YieldOp::create(nested, nestedLoc,
                                body(nested, nestedLoc, args.drop_back()));
      });
}

Value nnq::createFilled(OpBuilder &builder, Location loc,
                        ArrayRef<int64_t> shape, TypedAttr number) {
  Value scalar = arith::ConstantOp::create(builder, loc, number);
  Value empty = tensor::EmptyOp::create(builder, loc, shape, number.getType());
  return linalg::FillOp::create(builder, loc, scalar, empty).getResult(0);
}

Value nnq::extendToI32(OpBuilder &builder, Location loc, Value value,
                       bool isSigned) {
  Type i32 = builder.getI32Type();
  if (value.getType() == i32)
    return value;
  if (isSigned)
    return arith::ExtSIOp::create(builder, loc, i32, value);
  return arith::ExtUIOp::create(builder, loc, i32, value);
}
