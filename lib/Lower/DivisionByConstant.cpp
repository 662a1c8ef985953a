//===- DivisionByConstant.cpp - Quotients that are rounded ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "DivisionByConstant.h"

#include <cmath>
#include <limits>

using namespace nnq;

static constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// The largest f32 whose quotient is rounded to `q` or less.
static float findLast(float divisor, int q) {
  auto isBeyond = [&](float x) { return std::nearbyint(x / divisor) > q; };
  float x = static_cast<float>((q + 0.5) * divisor);
  while (isBeyond(x))
    x = std::nextafter(x, -kInfinity);
  for (float next = x; !isBeyond(next); next = std::nextafter(next, kInfinity))
    x = next;
  return x;
}

/// Both forms never decrease as the dividend grows: they agree everywhere if
/// they go from each integer to the next at the same dividend.
std::optional<Reciprocal> nnq::findReciprocal(float divisor, int min, int max) {
  constexpr int kMostSteps = 1 << 16;
  if (!(divisor > 0) || !std::isnormal(divisor) || min > max ||
      max - min > kMostSteps)
    return std::nullopt;
  double exact = 1.0 / static_cast<double>(divisor);
  Reciprocal result{static_cast<float>(exact), 0.0f};
  if (!std::isnormal(result.high))
    return std::nullopt;
  if (result.high > exact)
    result.high = std::nextafter(result.high, 0.0f);
  result.low = static_cast<float>(exact - static_cast<double>(result.high));
  auto divide = [&](float x) {
    if (result.low == 0)
      return x * result.high;
    float rest = x * result.low;
    return std::fma(x, result.high, rest);
  };
  for (int q = min; q < max; ++q) {
    float last = findLast(divisor, q);
    if (std::nearbyint(divide(last)) > q ||
        std::nearbyint(divide(std::nextafter(last, kInfinity))) <= q)
      return std::nullopt;
  }
  return result;
}
