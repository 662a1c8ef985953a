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

int32_t nnq::quantize(float x, QuantParams params, StorageRange range) {
  // The default rounding mode is half to even.
  float q = std::nearbyint(x / params.scale) + params.zeroPoint;
  return static_cast<int32_t>(std::clamp<float>(q, range.min, range.max));
}

/// Both ways to divide are off by less than two units in the last place of the
/// quotient. So they can only differ next to where the integer changes, which a
/// few numbers on both sides of each such place show.
std::optional<Reciprocal> nnq::findReciprocal(float scale, float low,
                                              float high) {
  constexpr float kMostBound = 1 << 16;
  if (!std::isnormal(scale) || scale < 0 || low < -kMostBound ||
      high > kMostBound || scale > 1e30f || scale < 1e-30f)
    return std::nullopt;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  double exact = 1.0 / scale;
  Reciprocal result;
  result.leading = static_cast<float>(exact);
  if (result.leading > exact)
    result.leading = std::nextafter(result.leading, 0.0f);
  result.rest = static_cast<float>(exact - result.leading);
  // A power of two, by which LLVM multiplies at once.
  if (result.rest == 0)
    return std::nullopt;
  constexpr int kNeighbours = 8;
  for (double edge = std::floor(low) - 0.5; edge <= high + 1; ++edge) {
    float x = static_cast<float>(edge * scale);
    for (int i = 0; i < kNeighbours; ++i)
      x = std::nextafter(x, -kInfinity);
    for (int i = 0; i <= 2 * kNeighbours; ++i) {
      float product = std::fma(x, result.leading, x * result.rest);
      if (std::nearbyint(product) != std::nearbyint(x / scale))
        return std::nullopt;
      x = std::nextafter(x, kInfinity);
    }
  }
  return result;
}
