//===- TensorObserver.cpp - Statistics of a stream of elements ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Compress/Calibrate/TensorObserver.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace nnq;

/// Adds neighbours; the result starts at bin `offset`.
static void mergePairs(std::array<int64_t, TensorObserver::kNumBins> &bins,
                       size_t offset) {
  std::array<int64_t, TensorObserver::kNumBins> merged{};
  for (size_t i = 0; i < bins.size(); i += 2)
    merged[offset + i / 2] = bins[i] + bins[i + 1];
  bins = merged;
}

void TensorObserver::growTo(float low, float high) {
  constexpr size_t half = kNumBins / 2, quarter = kNumBins / 4;
  if (low < 0 && !isSigned) {
    mergePairs(bins, half);
    isSigned = true;
  }
  int needed;
  std::frexp(std::max(-low, high), &needed);
  for (; exponent < needed; ++exponent)
    mergePairs(bins, isSigned ? quarter : 0);
}

void TensorObserver::add(ArrayRef<float> elements) {
  // Several chains of additions, so that they overlap; a fixed number, so that
  // the rounding is the same everywhere.
  constexpr size_t lanes = 8;
  double sums[lanes] = {}, squares[lanes] = {};
  float low = 0, high = 0;
  if (!elements.empty())
    low = high = elements.front();
  for (size_t i = 0; i < elements.size(); ++i) {
    float x = elements[i];
    low = std::min(low, x);
    high = std::max(high, x);
    sums[i % lanes] += x;
    squares[i % lanes] += static_cast<double>(x) * x;
  }
  double total = 0, totalOfSquares = 0;
  for (size_t i = 0; i < lanes; ++i) {
    total += sums[i];
    totalOfSquares += squares[i];
  }
  // Squares of finite floats do not overflow.
  if (!std::isfinite(totalOfSquares)) {
    finite = false;
    return;
  }

  if (count == 0) {
    min = low;
    max = high;
  }
  min = std::min(min, low);
  max = std::max(max, high);
  sum += total;
  sumOfSquares += totalOfSquares;
  count += elements.size();

  growTo(low, high);
  int64_t origin = isSigned ? kNumBins / 2 : 0;
  double perUnit = std::ldexp(isSigned ? kNumBins / 2 : kNumBins, -exponent);
  for (float x : elements)
    ++bins[origin + static_cast<int64_t>(std::floor(x * perUnit))];
}

TensorStatsAttr TensorObserver::getAttr(MLIRContext *context) const {
  assert(count > 0 && finite);
  auto number = [&](double value) {
    // Not -0, which depends on the order of the elements.
    return FloatAttr::get(Float64Type::get(context), value + 0.0);
  };
  return TensorStatsAttr::get(context, number(min), number(max),
                              number(getMean()), number(getSecondMoment()),
                              count, DenseI64ArrayAttr::get(context, bins));
}
