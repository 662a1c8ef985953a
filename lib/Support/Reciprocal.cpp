//===- Reciprocal.cpp - Quantization without division ---------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Reciprocal.h"

#include "llvm/ADT/bit.h"

#include <cmath>

using namespace nnq;

/// Numbers in their order, without gaps.
static int32_t toOrdinal(float x) {
  auto bits = llvm::bit_cast<int32_t>(x);
  return bits >= 0 ? bits : INT32_MIN - bits;
}

static float fromOrdinal(int32_t ordinal) {
  return llvm::bit_cast<float>(ordinal >= 0 ? ordinal : INT32_MIN - ordinal);
}

static float round(const Reciprocal &reciprocal, float x) {
  float product = x * reciprocal.rest;
  if (reciprocal.rest != 0)
    return std::nearbyint(std::fma(x, reciprocal.factor, product));
  return std::nearbyint(x * reciprocal.factor);
}

/// The rounded product steps from `k` to more where the quotient does, for all
/// k in [min, max).
static bool stepsAlike(const Reciprocal &reciprocal, float divisor, int32_t min,
                       int32_t max) {
  auto quotient = [&](int32_t ordinal) {
    return std::nearbyint(fromOrdinal(ordinal) / divisor);
  };
  int32_t low = toOrdinal(reciprocal.low), high = toOrdinal(reciprocal.high);
  if (quotient(low) != min || quotient(high) != max ||
      round(reciprocal, reciprocal.low) != min ||
      round(reciprocal, reciprocal.high) != max)
    return false;
  for (int32_t k = min; k < max; ++k) {
    // quotient(below) <= k < quotient(above)
    int32_t below = low, above = high;
    while (int64_t(above) - below > 1) {
      auto middle = static_cast<int32_t>((int64_t(above) + below) >> 1);
      (quotient(middle) > k ? above : below) = middle;
    }
    if (round(reciprocal, fromOrdinal(below)) > k ||
        round(reciprocal, fromOrdinal(above)) <= k)
      return false;
    low = below;
  }
  return true;
}

std::optional<Reciprocal> nnq::findReciprocal(float divisor, int32_t min,
                                              int32_t max, bool hasFma) {
  // Far from overflow, and from numbers that generated code may flush to zero.
  constexpr float kSmallest = 0x1p-60f, kLargest = 0x1p60f;
  constexpr int64_t kMostSteps = 1 << 16;
  if (!(divisor >= kSmallest && divisor <= kLargest) || min > max ||
      int64_t(max) - min > kMostSteps)
    return std::nullopt;
  float nearest = 1.0f / divisor;
  Reciprocal result{min * divisor, max * divisor, nearest, 0.0f};
  // The error of a factor of 24 bits moves a step or two of 255 by one number
  // for nearly all scales.
  if (stepsAlike(result, divisor, min, max))
    return result;
  result.rest = static_cast<float>(1.0 / static_cast<double>(divisor) -
                                   static_cast<double>(nearest));
  if (hasFma && stepsAlike(result, divisor, min, max))
    return result;
  return std::nullopt;
}
