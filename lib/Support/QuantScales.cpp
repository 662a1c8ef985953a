//===- QuantScales.cpp - Parameters of quantized types --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/QuantScales.h"

using namespace mlir;
using namespace nnq;

FailureOr<QuantScales> QuantScales::get(quant::QuantizedType type) {
  QuantScales result;
  if (auto uniform = dyn_cast<quant::UniformQuantizedType>(type)) {
    result.scales = {uniform.getScale()};
    result.zeroPoints = {uniform.getZeroPoint()};
    return result;
  }
  if (auto axis = dyn_cast<quant::UniformQuantizedPerAxisType>(type)) {
    llvm::append_range(result.scales, axis.getScales());
    llvm::append_range(result.zeroPoints, axis.getZeroPoints());
    int64_t count = result.scales.size();
    result.blocks = {{axis.getQuantizedDimension(), 1, count}};
    return result;
  }
  if (auto block = dyn_cast<quant::UniformQuantizedSubChannelType>(type)) {
    for (const APFloat &scale : block.getScales().getValues<APFloat>())
      result.scales.push_back(scale.convertToDouble());
    for (const APInt &point : block.getZeroPoints().getValues<APInt>())
      result.zeroPoints.push_back(point.getSExtValue());
    ArrayRef<int64_t> counts = block.getScales().getType().getShape();
    for (auto [dim, size] : block.getBlockSizeInfo())
      result.blocks.push_back({dim, size, counts[dim]});
    llvm::sort(result.blocks,
               [](const Blocks &a, const Blocks &b) { return a.dim < b.dim; });
    return result;
  }
  return failure();
}

SmallVector<int64_t> QuantScales::getBlockShape(ArrayRef<int64_t> shape) const {
  SmallVector<int64_t> block(shape);
  for (const Blocks &along : blocks)
    block[along.dim] = along.size;
  return block;
}

quant::QuantizedType
nnq::getInt8Type(MLIRContext *context, bool isSigned, StorageRange range,
                 ArrayRef<double> scales, ArrayRef<int64_t> zeroPoints,
                 std::optional<int64_t> axis, unsigned bits) {
  unsigned flags = isSigned ? quant::QuantizationFlags::Signed : 0;
  Type storage = IntegerType::get(context, bits);
  Type expressed = Float32Type::get(context);
  if (!axis)
    return quant::UniformQuantizedType::get(flags, storage, expressed,
                                            scales.front(), zeroPoints.front(),
                                            range.min, range.max);
  return quant::UniformQuantizedPerAxisType::get(flags, storage, expressed,
                                                 scales, zeroPoints, *axis,
                                                 range.min, range.max);
}

quant::QuantizedType
nnq::getBlockType(MLIRContext *context, unsigned bits, StorageRange range,
                  ArrayRef<int64_t> shape, ArrayRef<int64_t> blockShape,
                  ArrayRef<double> scales, ArrayRef<int64_t> zeroPoints) {
  SmallVector<int32_t> dims;
  SmallVector<int64_t> counts;
  for (auto [dim, size] : llvm::enumerate(shape)) {
    dims.push_back(dim);
    counts.push_back(size / blockShape[dim]);
  }
  Type storage = IntegerType::get(context, bits);
  SmallVector<float> values(scales.begin(), scales.end());
  SmallVector<APInt> points;
  for (int64_t point : zeroPoints)
    points.push_back(APInt(bits, point, /*isSigned=*/true));
  return quant::UniformQuantizedSubChannelType::get(
      quant::QuantizationFlags::Signed, storage, Float32Type::get(context),
      DenseElementsAttr::get(
          RankedTensorType::get(counts, Float32Type::get(context)),
          ArrayRef<float>(values)),
      DenseElementsAttr::get(RankedTensorType::get(counts, storage), points),
      dims, blockShape, range.min, range.max);
}

QuantParams nnq::getQuantParams(quant::UniformQuantizedType type) {
  return {static_cast<float>(type.getScale()),
          static_cast<int32_t>(type.getZeroPoint())};
}

StorageRange nnq::getStorageRange(quant::QuantizedType type) {
  return {static_cast<int32_t>(type.getStorageTypeMin()),
          static_cast<int32_t>(type.getStorageTypeMax())};
}
