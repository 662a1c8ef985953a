//===- Codebook.cpp - Integers that weights share -------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Codebook.h"

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace nnq;

int32_t nnq::getLargestCode(int64_t bits) {
  // Groups of a kernel have four parts then.
  if (bits <= 2)
    return kMaxWeightSumI16 / 8;
  if (bits <= 4)
    return kMaxWeightSumI16 / 4;
  return bits <= 6 ? kReducedInt8.max : kNarrowInt8.max;
}

CodeHistogram::CodeHistogram(int32_t largest)
    : largest(largest), weights(4 * largest + 1), sums(weights.size()),
      squares(weights.size()) {}

void CodeHistogram::add(double number, double weight) {
  // Codes meet at multiples of a half. Entry i + 1 is that of bin i.
  auto bin = static_cast<int64_t>(std::floor(2 * (number + largest)));
  bin = std::clamp<int64_t>(bin, 0, 4 * largest - 1);
  weights[bin + 1] += weight;
  sums[bin + 1] += weight * number;
  squares[bin + 1] += weight * number * number;
}

double CodeHistogram::getError(int64_t low, int64_t high, int32_t code) const {
  double error = 0;
  for (int64_t i = low + 1; i <= high; ++i)
    error += squares[i] - 2.0 * code * sums[i] +
             static_cast<double>(code) * code * weights[i];
  return error;
}

SmallVector<int32_t> CodeHistogram::chooseCodes(int64_t size,
                                                bool hasZero) const {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const int64_t count = 2 * largest + 1, numBins = 4 * largest;
  // Code c has the number `c - largest`, at bin 2 c.
  auto errorOf = [&](int64_t low, int64_t high, int64_t code) {
    return getError(low, high, static_cast<int32_t>(code - largest));
  };
  // Below and above each code, and between each two.
  std::vector<double> below(count), above(count), between(count * count);
  for (int64_t a = 0; a < count; ++a) {
    below[a] = errorOf(0, 2 * a, a);
    above[a] = errorOf(2 * a, numBins, a);
    double toA = 0, next = 0;
    for (int64_t b = a + 1; b < count; ++b) {
      // Bins up to the middle, a + b, are those of the lower code.
      toA += errorOf(a + b - 1, a + b, a);
      next = errorOf(a + b, 2 * b, b);
      between[a * count + b] = toA + next;
    }
  }
  auto skipsZero = [&](int64_t a, int64_t b) {
    return hasZero && a < largest && b > largest;
  };
  std::vector<double> best(count);
  std::vector<std::vector<int64_t>> from;
  for (int64_t a = 0; a < count; ++a)
    best[a] = skipsZero(-1, a) ? kInfinity : below[a];
  double least = kInfinity;
  int64_t leastLast = 0, leastCount = 0;
  auto finish = [&](int64_t numCodes) {
    for (int64_t a = 0; a < count; ++a) {
      double error = skipsZero(a, count) ? kInfinity : best[a] + above[a];
      // What rounding makes of a difference of nothing is no reason for more.
      if (error < least - 1e-12 * squares.size()) {
        least = error;
        leastLast = a;
        leastCount = numCodes;
      }
    }
  };
  finish(1);
  for (int64_t k = 2; k <= std::min(size, count); ++k) {
    std::vector<double> next(count, kInfinity);
    std::vector<int64_t> previous(count, -1);
    for (int64_t b = 1; b < count; ++b)
      for (int64_t a = 0; a < b; ++a) {
        double error = best[a] + between[a * count + b];
        if (!skipsZero(a, b) && error < next[b]) {
          next[b] = error;
          previous[b] = a;
        }
      }
    best = std::move(next);
    from.push_back(std::move(previous));
    finish(k);
  }
  SmallVector<int32_t> codes;
  int64_t at = leastLast;
  for (int64_t k = leastCount; k > 0; --k) {
    codes.push_back(static_cast<int32_t>(at - largest));
    if (k > 1)
      at = from[k - 2][at];
  }
  std::reverse(codes.begin(), codes.end());
  return codes;
}

int32_t nnq::findNearest(ArrayRef<int32_t> codes, double number) {
  const int32_t *above = llvm::lower_bound(codes, number);
  if (above == codes.end())
    return codes.back();
  if (above == codes.begin())
    return codes.front();
  int32_t high = *above, low = *std::prev(above);
  return high - number < number - low ? high : low;
}

SharedRows nnq::startRows(ArrayRef<double> numbers, int64_t numRows,
                          int32_t largest) {
  const int64_t depth = numbers.size() / numRows;
  SharedRows rows;
  for (int64_t r = 0; r < numRows; ++r) {
    double most = 0;
    for (double x : numbers.slice(r * depth, depth))
      most = std::max(most, std::abs(x));
    rows.scales.push_back(most == 0 ? 1.0 : static_cast<float>(most / largest));
  }
  return rows;
}

void nnq::fitScales(ArrayRef<double> numbers, ArrayRef<double> importance,
                    SharedRows &rows) {
  const int64_t depth = numbers.size() / rows.scales.size();
  for (auto [r, scale] : llvm::enumerate(rows.scales)) {
    double product = 0, square = 0;
    for (int64_t i = r * depth; i < int64_t(r + 1) * depth; ++i) {
      product += importance[i] * numbers[i] * rows.codes[i];
      square += importance[i] * rows.codes[i] * rows.codes[i];
    }
    if (product > 0)
      scale = static_cast<float>(product / square);
  }
}

SharedRows nnq::shareRows(ArrayRef<double> numbers, ArrayRef<double> importance,
                          int64_t numRows, int64_t bits, bool keepsZeros,
                          SmallVectorImpl<int32_t> &codebook) {
  constexpr int64_t kMaxSteps = 12;
  const int32_t largest = getLargestCode(bits);
  const int64_t depth = numbers.size() / numRows;
  // Kernels fill up groups by zeros: tables of 4 or 16 have no room for another
  // number.
  bool hasZero = bits == 2 || bits == kTableBits ||
                 (keepsZeros && llvm::is_contained(numbers, 0.0));
  SharedRows rows = startRows(numbers, numRows, largest);
  double least = std::numeric_limits<double>::infinity();
  SharedRows best;
  for (int64_t step = 0; step < kMaxSteps; ++step) {
    CodeHistogram histogram(largest);
    for (auto [i, x] : llvm::enumerate(numbers)) {
      double scale = rows.scales[i / depth];
      histogram.add(x / scale, importance[i] * scale * scale);
    }
    SmallVector<int32_t> codes = histogram.chooseCodes(1LL << bits, hasZero);
    rows.codes.resize(numbers.size());
    double error = 0;
    for (auto [i, x] : llvm::enumerate(numbers)) {
      double scale = rows.scales[i / depth];
      rows.codes[i] = findNearest(codes, x / scale);
      double rest = x - rows.codes[i] * scale;
      error += importance[i] * rest * rest;
    }
    if (!(error < least * (1 - 1e-6)))
      break;
    least = error;
    best = rows;
    codebook = std::move(codes);
    fitScales(numbers, importance, rows);
  }
  return best;
}
