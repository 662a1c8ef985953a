//===- NoiseCauses.cpp - What may make a layer noisy ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "NoiseCauses.h"

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace nnq;

/// Channels whose ranges differ by less leave each other steps enough.
static constexpr double kMaxRatio = 8;

quant::QuantizedType nnq::getWeightType(linalg::LinalgOp layer) {
  FailureOr<WeightedOp> operands = matchWeightedOp(layer);
  if (failed(operands))
    return {};
  auto cast = operands->weight->get().getDefiningOp<quant::DequantizeCastOp>();
  if (!cast)
    return {};
  return dyn_cast<quant::QuantizedType>(
      getElementTypeOrSelf(cast.getInput().getType()));
}

/// The largest magnitude in any channel of the weights of `layer` by the
/// smallest; 1 if they are not at hand.
static double getChannelRatio(linalg::LinalgOp layer) {
  FailureOr<WeightedOp> operands = matchWeightedOp(layer);
  if (failed(operands) || !operands->channelAxis)
    return 1;
  FailureOr<ConstantData> data = ConstantData::get(operands->weight->get());
  if (failed(data) || !data->getType().getElementType().isF32())
    return 1;
  ArrayRef<int64_t> shape = data->getShape();
  int64_t axis = *operands->channelAxis, inner = 1;
  for (int64_t size : shape.drop_front(axis + 1))
    inner *= size;
  std::vector<float> largest(shape[axis]);
  for (auto [i, weight] : llvm::enumerate(data->getAs<float>())) {
    float &channel = largest[i / inner % shape[axis]];
    channel = std::max(channel, std::abs(weight));
  }
  // Channels of zeros need no steps.
  llvm::erase(largest, 0.0f);
  if (largest.empty())
    return 1;
  return *llvm::max_element(largest) / *llvm::min_element(largest);
}

std::string nnq::describeCauses(linalg::LinalgOp layer,
                                linalg::LinalgOp quantized) {
  SmallVector<std::string> causes;
  if (auto clipped = quantized->getAttrOfType<FloatAttr>(kClippedAttr);
      clipped && clipped.getValueAsDouble() > 0)
    causes.push_back(llvm::formatv("{0:f3} % of its input is clipped",
                                   100 * clipped.getValueAsDouble())
                         .str());
  quant::QuantizedType type = getWeightType(quantized);
  if (double ratio = getChannelRatio(layer);
      isa_and_nonnull<quant::UniformQuantizedType>(type) && ratio > kMaxRatio)
    causes.push_back(llvm::formatv("its channels share a scale, and their "
                                   "ranges differ by a factor of up to {0:f0}",
                                   ratio)
                         .str());
  if (type && type.getStorageTypeMax() - type.getStorageTypeMin() < 254)
    causes.push_back(llvm::formatv("its weights are integers of {0} to {1}",
                                   type.getStorageTypeMin(),
                                   type.getStorageTypeMax())
                         .str());
  return llvm::join(causes, ", ");
}
