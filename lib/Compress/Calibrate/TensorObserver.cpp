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

namespace {
/// Several chains of operations, so that they overlap and become vectors; a
/// fixed number, so that the rounding is the same everywhere.
struct Lanes {
  static constexpr size_t kCount = 8;
  double sums[kCount] = {}, squares[kCount] = {};
  float low[kCount], high[kCount];

  explicit Lanes(float first) {
    std::fill_n(low, kCount, first);
    std::fill_n(high, kCount, first);
  }

  void add(const float *elements, size_t count = kCount) {
    for (size_t i = 0; i < count; ++i) {
      float x = elements[i];
      low[i] = x < low[i] ? x : low[i];
      high[i] = x > high[i] ? x : high[i];
      sums[i] += x;
      squares[i] += static_cast<double>(x) * x;
    }
  }
};
} // namespace

void TensorObserver::add(ArrayRef<float> elements) {
  if (elements.empty())
    return;
  Lanes lanes(elements.front());
  size_t whole = elements.size() - elements.size() % Lanes::kCount;
  for (size_t i = 0; i < whole; i += Lanes::kCount)
    lanes.add(elements.data() + i);
  lanes.add(elements.data() + whole, elements.size() - whole);
  double total = 0, totalOfSquares = 0;
  for (size_t i = 0; i < Lanes::kCount; ++i) {
    total += lanes.sums[i];
    totalOfSquares += lanes.squares[i];
  }
  float low = *llvm::min_element(lanes.low);
  float high = *llvm::max_element(lanes.high);
  // Squares of finite floats do not overflow.
  if (!std::isfinite(totalOfSquares)) {
    finite = false;
    return;
  }

  if (count == 0) {
    movingMin = min = low;
    movingMax = max = high;
  }
  movingMin += kMovingWeight * (low - movingMin);
  movingMax += kMovingWeight * (high - movingMax);
  min = std::min(min, low);
  max = std::max(max, high);
  sum += total;
  sumOfSquares += totalOfSquares;
  count += elements.size();

  growTo(low, high);
  const int origin = isSigned ? kNumBins / 2 : 0;
  const double perUnit =
      std::ldexp(isSigned ? kNumBins / 2 : kNumBins, -exponent);
  constexpr size_t chunk = 256;
  int indices[chunk];
  while (!elements.empty()) {
    size_t length = std::min(chunk, elements.size());
    for (size_t i = 0; i < length; ++i) {
      // std::floor by what has a vector form everywhere.
      double scaled = elements[i] * perUnit;
      int truncated = static_cast<int>(scaled);
      indices[i] = origin + truncated - (scaled < truncated ? 1 : 0);
    }
    for (size_t i = 0; i < length; ++i)
      ++bins[indices[i]];
    elements = elements.drop_front(length);
  }
}

TensorStatsAttr TensorObserver::getAttr(MLIRContext *context) const {
  assert(count > 0 && finite);
  auto number = [&](double value) {
    // Not -0, which depends on the order of the elements.
    return FloatAttr::get(Float64Type::get(context), value + 0.0);
  };
  return TensorStatsAttr::get(context, number(min), number(max),
                              number(getMean()), number(getSecondMoment()),
                              count, DenseI64ArrayAttr::get(context, bins),
                              number(movingMin), number(movingMax));
}
