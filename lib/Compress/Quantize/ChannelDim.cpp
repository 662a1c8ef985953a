//===- ChannelDim.cpp - Where the channels of a tensor are ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ChannelDim.h"
#include "nnq/Support/ConstantData.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;
using namespace nnq;

/// From one of `group`, dimensions of `shape`, to the one that they make.
static std::optional<ChannelDim> merge(ArrayRef<int64_t> shape,
                                       ArrayRef<int64_t> group, int64_t merged,
                                       ChannelDim channels) {
  ChannelDim result = channels;
  result.dim = merged;
  for (int64_t dim : group)
    if (dim > channels.dim)
      result.inner *= shape[dim];
  return result;
}

/// From the dimension that those of `group` make to the one among them that has
/// the channels.
static std::optional<ChannelDim>
split(ArrayRef<int64_t> shape, ArrayRef<int64_t> group, ChannelDim channels) {
  int64_t inner = channels.inner;
  for (int64_t dim : llvm::reverse(group)) {
    if (ShapedType::isDynamic(shape[dim]))
      return std::nullopt;
    if (shape[dim] % (inner * channels.count) == 0)
      return ChannelDim{dim, channels.count, inner};
    if (inner % shape[dim] != 0)
      return std::nullopt;
    inner /= shape[dim];
  }
  return std::nullopt;
}

static std::optional<ChannelDim> mapThrough(Operation *op, ChannelDim channels,
                                            bool toResult) {
  SmallVector<ReassociationIndices> groups;
  bool isCollapse = false;
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    groups = collapse.getReassociationIndices();
    isCollapse = true;
  } else if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    groups = expand.getReassociationIndices();
  } else {
    return std::nullopt;
  }
  Value longer = isCollapse ? op->getOperand(0) : op->getResult(0);
  ArrayRef<int64_t> shape = cast<ShapedType>(longer.getType()).getShape();
  if (isCollapse != toResult)
    return split(shape, groups[channels.dim], channels);
  for (auto [i, group] : llvm::enumerate(groups))
    if (llvm::is_contained(group, channels.dim))
      return merge(shape, group, i, channels);
  return std::nullopt;
}

std::optional<ChannelDim> nnq::mapToResult(Operation *reshape,
                                           ChannelDim channels) {
  return mapThrough(reshape, channels, /*toResult=*/true);
}

std::optional<ChannelDim> nnq::mapToSource(Operation *reshape,
                                           ChannelDim channels) {
  return mapThrough(reshape, channels, /*toResult=*/false);
}

std::optional<ChannelDim> nnq::mapToOperand(AffineMap map, unsigned loop,
                                            Value operand,
                                            ChannelDim channels) {
  auto type = dyn_cast<RankedTensorType>(operand.getType());
  std::optional<unsigned> dim =
      map.getResultPosition(getAffineDimExpr(loop, map.getContext()));
  if (!type || !dim || type.isDynamicDim(*dim) ||
      type.getDimSize(*dim) % (channels.count * channels.inner) != 0)
    return std::nullopt;
  return ChannelDim{*dim, channels.count, channels.inner};
}

FailureOr<Value> nnq::scaleElements(OpBuilder &builder, Value constant,
                                    ArrayRef<int64_t> channels,
                                    ArrayRef<double> factors) {
  FailureOr<ConstantData> data = ConstantData::get(constant);
  if (failed(data) || !data->getType().getElementType().isF32())
    return failure();
  std::vector<float> scaled;
  for (auto [value, channel] : llvm::zip_equal(data->getAs<float>(), channels))
    scaled.push_back(static_cast<float>(value * factors[channel]));
  if (!llvm::all_of(scaled, [](float value) { return std::isfinite(value); }))
    return failure();
  return makeConstant(builder, constant.getLoc(), data->getType(), "scaled",
                      asBytes<float>(scaled));
}

SmallVector<int64_t> nnq::getElementChannels(ShapedType type,
                                             ChannelDim channels) {
  int64_t stride = 1;
  for (int64_t size : type.getShape().drop_front(channels.dim + 1))
    stride *= size;
  SmallVector<int64_t> each;
  for (int64_t i = 0; i < type.getNumElements(); ++i)
    each.push_back(
        channels.getChannel(i / stride % type.getDimSize(channels.dim)));
  return each;
}

FailureOr<Value> nnq::scaleConstant(OpBuilder &builder, Value constant,
                                    ChannelDim channels,
                                    ArrayRef<double> factors) {
  auto type = cast<ShapedType>(constant.getType());
  return scaleElements(builder, constant, getElementChannels(type, channels),
                       factors);
}
