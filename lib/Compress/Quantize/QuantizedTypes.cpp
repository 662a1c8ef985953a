//===- QuantizedTypes.cpp - Choice of scales and types --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "WeightScales.h"
#include "nnq/Compress/Quantize/Transforms.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/QuantScales.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace nnq;

quant::UniformQuantizedType nnq::getActivationType(QuantRangeAttr bounds,
                                                   QuantScheme scheme) {
  MLIRContext *context = bounds.getContext();
  bool isSigned = scheme == QuantScheme::Symmetric;
  auto [params, range] =
      chooseActivationGrid(bounds.getLow(), bounds.getHigh(), isSigned);
  return quant::UniformQuantizedType::get(
      isSigned ? quant::QuantizationFlags::Signed : 0,
      IntegerType::get(context, 8), Float32Type::get(context), params.scale,
      params.zeroPoint, range.min, range.max);
}

namespace {
/// A tensor seen as [outer, channels, inner].
struct ChannelView {
  int64_t outer = 1, channels = 1, inner = 1;

  ChannelView(ArrayRef<int64_t> shape, std::optional<int64_t> axis) {
    int64_t at = axis.value_or(-1);
    for (auto [i, size] : llvm::enumerate(shape)) {
      int64_t dim = i;
      (dim < at ? outer : dim == at ? channels : inner) *= size;
    }
  }

  /// Calls `fn` with the position of each run of elements of a channel.
  void forEachRun(int64_t channel, function_ref<void(int64_t)> fn) const {
    for (int64_t o = 0; o < outer; ++o)
      fn((o * channels + channel) * inner);
  }
};
} // namespace

/// Name under which the quantized bytes are stored.
static std::string getResourceName(Value weight) {
  DenseResourceElementsAttr resource;
  if (matchPattern(weight, m_Constant(&resource)))
    return (resource.getRawHandle().getKey() + "_q").str();
  return "weights_q";
}

/// The largest sum of weights of one sign among those neighbours along `axis`
/// of one channel whose products with u8 a kernel adds up in 16 bits.
static int64_t findLargestSum(ArrayRef<char> bytes, ArrayRef<int64_t> shape,
                              int64_t axis, const ChannelView &view,
                              int64_t channel) {
  int64_t stride = 1;
  for (int64_t size : shape.drop_front(axis + 1))
    stride *= size;
  int64_t largest = 0;
  auto addUp = [&](int64_t first, int64_t count) {
    // Elements 0, 1, 4, 5 and 2, 3, 6, 7.
    int64_t sums[2][2] = {};
    for (int64_t i = 0; i < count; ++i) {
      int64_t value = static_cast<int8_t>(bytes[first + i * stride]);
      sums[i / 2 % 2][value < 0] += std::abs(value);
    }
    for (auto &slot : sums)
      largest = std::max({largest, slot[0], slot[1]});
  };
  view.forEachRun(channel, [&](int64_t at) {
    for (int64_t i = at; i < at + view.inner; ++i) {
      int64_t index = i / stride % shape[axis];
      if (index % 8 == 0)
        addUp(i, std::min<int64_t>(8, shape[axis] - index));
    }
  });
  return largest;
}

static StorageRange getWeightRange(const WeightFormat &format) {
  if (format.bits == 4)
    return kInt4;
  if (format.scheme == QuantScheme::Asymmetric)
    return kInt8;
  return format.range == WeightRange::Reduced ? kReducedInt8 : kNarrowInt8;
}

namespace {
/// Integers for the weights of a tensor, and their type.
struct QuantizedWeight {
  std::vector<char> values;
  quant::QuantizedType type;
};
} // namespace

/// A scale for each `groupSize` neighbours along the input axis of a channel.
static QuantizedWeight quantizeGroups(MLIRContext *context,
                                      ArrayRef<float> elements,
                                      ArrayRef<int64_t> shape,
                                      const WeightFormat &format) {
  StorageRange range = getWeightRange(format);
  SmallVector<int64_t> blockShape(shape.size(), 1);
  blockShape[*format.inputAxis] = format.groupSize;
  int64_t stride = computeSuffixProduct(shape)[*format.inputAxis];
  QuantizedWeight result{std::vector<char>(elements.size()), {}};
  SmallVector<double> scales;
  SmallVector<int64_t> zeroPoints;
  std::vector<float> weights(format.groupSize);
  // In row-major order of the groups: those along the axis lie `stride` apart.
  int64_t span = format.groupSize * stride, count = elements.size();
  for (int64_t first = 0; first < count; first += span)
    for (int64_t i = first; i < first + stride; ++i) {
      for (auto [j, weight] : llvm::enumerate(weights))
        weight = elements[i + j * stride];
      QuantParams params =
          chooseWeightParams(weights, format.scheme, range, format.calibration);
      for (auto [j, weight] : llvm::enumerate(weights))
        result.values[i + j * stride] =
            static_cast<char>(quantize(weight, params, range));
      scales.push_back(params.scale);
      zeroPoints.push_back(params.zeroPoint);
    }
  result.type = getBlockType(context, format.bits, range, shape, blockShape,
                             scales, zeroPoints);
  return result;
}

/// A scale for each index of an axis, or one.
static QuantizedWeight quantizeChannels(MLIRContext *context,
                                        ArrayRef<float> elements,
                                        ArrayRef<int64_t> shape,
                                        const WeightFormat &format) {
  StorageRange range = getWeightRange(format);
  std::optional<int64_t> axis = format.axis;
  ChannelView view(shape, axis);
  std::vector<char> bytes(elements.size());
  // Of one channel.
  std::vector<float> weights;
  SmallVector<double> scales;
  SmallVector<int64_t> zeroPoints;
  for (int64_t channel = 0; channel < view.channels; ++channel) {
    weights.clear();
    view.forEachRun(channel, [&](int64_t at) {
      llvm::append_range(weights, elements.slice(at, view.inner));
    });
    QuantParams params =
        chooseWeightParams(weights, format.scheme, range, format.calibration);
    auto round = [&] {
      view.forEachRun(channel, [&](int64_t at) {
        for (int64_t i = at; i < at + view.inner; ++i)
          bytes[i] = static_cast<char>(quantize(elements[i], params, range));
      });
    };
    round();
    // Each step makes the sum smaller, by rounding at least in the end.
    while (format.range == WeightRange::Reduced && format.inputAxis) {
      int64_t sum =
          findLargestSum(bytes, shape, *format.inputAxis, view, channel);
      if (sum <= kMaxWeightSumI16)
        break;
      params.scale *= 1.002f * sum / kMaxWeightSumI16;
      round();
    }
    scales.push_back(params.scale);
    zeroPoints.push_back(params.zeroPoint);
  }
  return {std::move(bytes), getInt8Type(context, /*isSigned=*/true, range,
                                        scales, zeroPoints, axis, format.bits)};
}

FailureOr<Value> nnq::quantizeWeight(OpBuilder &builder, Value weight,
                                     const WeightFormat &format) {
  FailureOr<ConstantData> data = ConstantData::get(weight);
  auto type = dyn_cast<RankedTensorType>(weight.getType());
  if (failed(data) || !type || !type.getElementType().isF32())
    return failure();
  QuantizedWeight quantized =
      (format.groupSize ? quantizeGroups : quantizeChannels)(
          builder.getContext(), data->getAs<float>(), type.getShape(), format);
  bool isPacked = format.bits == 4;
  Location loc = weight.getLoc();
  Value stored =
      makeConstant(builder, loc, type.clone(quantized.type.getStorageType()),
                   getResourceName(weight),
                   isPacked ? packInt4(quantized.values) : quantized.values);
  Value cast = quant::StorageCastOp::create(builder, loc,
                                            type.clone(quantized.type), stored);
  return quant::DequantizeCastOp::create(builder, loc, type, cast).getResult();
}
