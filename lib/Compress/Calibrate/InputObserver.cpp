//===- InputObserver.cpp - Statistics of what layers multiply -------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "InputObserver.h"
#include "RowProducts.h"
#include "nnq/Support/ConstantData.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace nnq;

InputObserver::InputObserver(LayerView layer, bool isCorrelated)
    : view(std::move(layer)), isCorrelated(isCorrelated) {
  size_t size = view.numGroups * view.getDepth();
  min.resize(size, std::numeric_limits<float>::infinity());
  max.resize(size, -std::numeric_limits<float>::infinity());
  sum.resize(size);
  sumOfSquares.resize(size);
  if (isCorrelated)
    products.resize(size * view.getDepth());
}

void InputObserver::addPatches(int64_t group, const float *rows,
                               int64_t numRows) {
  int64_t depth = view.getDepth(), at = group * depth;
  for (int64_t row = 0; row < numRows; ++row)
    for (int64_t k = 0; k < depth; ++k) {
      float x = rows[row * depth + k];
      min[at + k] = std::min(min[at + k], x);
      max[at + k] = std::max(max[at + k], x);
      sum[at + k] += x;
      sumOfSquares[at + k] += static_cast<double>(x) * x;
    }
  if (isCorrelated)
    addRowProducts(ArrayRef(rows, numRows * depth), depth,
                   MutableArrayRef(products).slice(at * depth, depth * depth));
}

void InputObserver::add(ArrayRef<float> elements) {
  llvm::append_range(activation, elements);
}

void InputObserver::finishRun() {
  if (static_cast<int64_t>(activation.size()) != numElements) {
    numElements = activation.size();
    FailureOr<LayerView::Patches> found = view.getPatches(numElements);
    assert(succeeded(found) && "checked when the layer was chosen");
    patches = std::move(*found);
  }
  // Minima pass over NaN; sums of squares of finite floats do not overflow.
  double total = 0;
  for (float x : activation)
    total += static_cast<double>(x) * x;
  if (!std::isfinite(total)) {
    finite = false;
    activation.clear();
    return;
  }

  constexpr int64_t chunk = 128;
  int64_t depth = view.getDepth(), numPatches = patches.positionOffsets.size();
  std::vector<float> rows(std::min(chunk, numPatches) * depth);
  for (auto [group, offset] : llvm::enumerate(patches.groupOffsets))
    for (int64_t first = 0; first < numPatches; first += chunk) {
      int64_t numRows = std::min(chunk, numPatches - first);
      for (int64_t row = 0; row < numRows; ++row) {
        const float *from =
            activation.data() + offset + patches.positionOffsets[first + row];
        for (int64_t k = 0; k < depth; ++k)
          rows[row * depth + k] = from[patches.depthOffsets[k]];
      }
      addPatches(group, rows.data(), numRows);
    }
  count += numPatches;
  activation.clear();
}

InputStatsAttr InputObserver::getAttr(const LayerView &layer,
                                      ArrayRef<float> weights) const {
  MLIRContext *context = layer.channelMap.getContext();
  assert(count > 0 && finite);
  Type f32 = Float32Type::get(context);
  int64_t depth = view.getDepth();
  auto type = RankedTensorType::get({view.numGroups, depth}, f32);
  std::vector<float> mean, secondMoment;
  for (auto [total, squares] : llvm::zip(sum, sumOfSquares)) {
    mean.push_back(total / count);
    secondMoment.push_back(squares / count);
  }
  std::vector<float> outputMean;
  for (int64_t channel = 0; channel < layer.getNumChannels(); ++channel) {
    double total = 0;
    const double *x = sum.data() + layer.groups[channel] * depth;
    for (int64_t k = 0; k < depth; ++k)
      total += weights[layer.getWeight(channel, k)] * x[k];
    outputMean.push_back(total / count);
  }
  ElementsAttr correlation;
  if (isCorrelated) {
    std::vector<float> triangles;
    for (int64_t group = 0; group < view.numGroups; ++group)
      for (int64_t row = 0; row < depth; ++row)
        for (int64_t column = 0; column <= row; ++column)
          triangles.push_back(products[(group * depth + row) * depth + column] /
                              count);
    correlation = makeResource(
        RankedTensorType::get({view.numGroups, depth * (depth + 1) / 2}, f32),
        "correlation", asBytes<float>(triangles));
  }
  auto dense = [](ShapedType shape, ArrayRef<float> values) {
    return DenseElementsAttr::get(shape, values);
  };
  return InputStatsAttr::get(
      context, dense(type, min), dense(type, max), dense(type, mean),
      dense(type, secondMoment), count,
      dense(RankedTensorType::get({layer.getNumChannels()}, f32), outputMean),
      correlation);
}
