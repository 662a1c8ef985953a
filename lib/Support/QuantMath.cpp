//===- QuantMath.cpp - Arithmetic of quantization -------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/QuantMath.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace nnq;

/// Generated code may flush subnormal numbers to zero: keep scales above them.
static float toScale(double scale) {
  if (scale == 0)
    return 1.0f;
  return std::max(static_cast<float>(scale), std::numeric_limits<float>::min());
}

QuantParams nnq::chooseSymmetricParams(double min, double max,
                                       StorageRange range) {
  return {toScale(std::max(std::abs(min), std::abs(max)) / range.max), 0};
}

QuantParams nnq::chooseAsymmetricParams(double min, double max,
                                        StorageRange range) {
  min = std::min(min, 0.0);
  max = std::max(max, 0.0);
  float scale = toScale((max - min) / (range.max - range.min));
  double zeroPoint = std::nearbyint(range.min - min / scale);
  return {scale, static_cast<int32_t>(
                     std::clamp<double>(zeroPoint, range.min, range.max))};
}

QuantParams nnq::chooseParams(double min, double max, bool isSymmetric,
                              StorageRange range) {
  return isSymmetric ? chooseSymmetricParams(min, max, range)
                     : chooseAsymmetricParams(min, max, range);
}

ActivationGrid nnq::chooseActivationGrid(double min, double max,
                                         bool isSymmetric) {
  StorageRange range = isSymmetric ? kInt8 : kUInt8;
  return {chooseParams(min, max, isSymmetric, range), range};
}

int32_t nnq::quantize(float x, QuantParams params, StorageRange range) {
  // The default rounding mode is half to even.
  float q = std::nearbyint(x / params.scale) + params.zeroPoint;
  return static_cast<int32_t>(std::clamp<float>(q, range.min, range.max));
}
