//===- RangeSearch.cpp - Ranges that suit a histogram ---------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "RangeSearch.h"

#include "nnq/Support/QuantMath.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace nnq;

namespace {
/// The numbers that 8 bits stand for: `scale` times integers.
struct Grid {
  double scale;
  int64_t low, high;

  Grid(Interval range, QuantScheme scheme) {
    auto [params, storage] = chooseActivationGrid(
        range.low, range.high, scheme == QuantScheme::Symmetric);
    scale = params.scale;
    low = storage.min - params.zeroPoint;
    high = storage.max - params.zeroPoint;
  }

  double round(double x) const { return std::nearbyint(x / scale); }
  double clampedRound(double x) const {
    return std::clamp<double>(round(x), low, high);
  }
};
} // namespace

//===----------------------------------------------------------------------===//
// Histogram
//===----------------------------------------------------------------------===//

Histogram::Histogram(TensorStatsAttr stats)
    : bins(stats.getHistogram().asArrayRef()),
      min(stats.getMin().getValueAsDouble()),
      max(stats.getMax().getValueAsDouble()) {
  int exponent;
  std::frexp(std::max(-min, max), &exponent);
  double reach = std::ldexp(1.0, std::max(exponent, -126));
  start = min < 0 ? -reach : 0;
  width = (reach - start) / bins.size();
  first = 0;
  last = bins.size() - 1;
  while (first < last && bins[first] == 0)
    ++first;
  while (first < last && bins[last] == 0)
    --last;
  count = 0;
  for (int64_t n : bins)
    count += n;
}

Interval Histogram::getRange() const {
  return {std::min(min, 0.0), std::max(max, 0.0)};
}

double Histogram::getShareBelow(double x) const {
  double below = 0;
  for (int64_t i = first; i <= last && getEdge(i) < x; ++i)
    below += bins[i] * std::min(1.0, (x - getEdge(i)) / width);
  return below / count;
}

double Histogram::getQuantile(double share) const {
  double wanted = share * count, below = 0;
  for (int64_t i = first; i <= last; below += bins[i++])
    if (bins[i] > 0 && below + bins[i] >= wanted)
      return std::clamp(getEdge(i) + (wanted - below) / bins[i] * width, min,
                        max);
  return max;
}

double Histogram::getClippedShare(Interval range) const {
  // The bins of the extremes are not filled evenly.
  return (range.low > min ? getShareBelow(range.low) : 0) +
         (range.high < max ? 1 - getShareBelow(range.high) : 0);
}

Interval Histogram::getPercentileRange(double kept, QuantScheme scheme) const {
  if (scheme == QuantScheme::Asymmetric) {
    double low = getQuantile((1 - kept) / 2);
    double high = getQuantile((1 + kept) / 2);
    return {std::min(low, 0.0), std::max(high, 0.0)};
  }
  // The share within [-x, x] grows with x.
  double low = 0, high = std::max(-min, max);
  for (int i = 0; i < 64; ++i) {
    double middle = (low + high) / 2;
    (1 - getClippedShare({-middle, middle}) < kept ? low : high) = middle;
  }
  return {-high, high};
}

double Histogram::getSquaredError(Interval range, QuantScheme scheme) const {
  Grid grid(range, scheme);
  // The integral of the squared error from 0 to x. A whole step adds
  // scale^3 / 12, and so does none beyond the last.
  const double step = grid.scale * grid.scale * grid.scale / 12;
  auto integrate = [&](double x) {
    double level = grid.clampedRound(x);
    double rest = x - level * grid.scale;
    return level * step + rest * rest * rest / 3;
  };
  double sum = 0, before = integrate(getEdge(first));
  for (int64_t i = first; i <= last; ++i) {
    double after = integrate(getEdge(i + 1));
    sum += bins[i] * (after - before);
    before = after;
  }
  return sum / width / count;
}

double Histogram::getDivergence(Interval range, QuantScheme scheme) const {
  Grid grid(range, scheme);
  const int64_t zero = min < 0 ? bins.size() / 2 : 0;
  auto getCount = [&](int64_t bin) -> double {
    return bin == zero ? 0 : bins[bin];
  };
  // Bins that have elements and are not clipped, and the elements beyond them.
  int64_t low = -1, high = -1;
  double below = 0, above = 0, inside = 0;
  for (int64_t i = first; i <= last; ++i) {
    double n = getCount(i), level = grid.round(getCenter(i));
    if (n == 0)
      continue;
    if (level < grid.low) {
      below += n;
    } else if (level > grid.high) {
      above += n;
    } else {
      inside += n;
      low = low < 0 ? i : low;
      high = i;
    }
  }
  double all = below + inside + above;
  if (all == 0)
    return 0;
  // Fewer bins than levels would be told apart without loss.
  bool isTooNarrow = range.high - range.low < (grid.high - grid.low) * width;
  if (inside == 0 || (isTooNarrow && inside < all))
    return std::numeric_limits<double>::infinity();
  double divergence = 0;
  for (int64_t i = low; i <= high;) {
    // What one level stands for is spread over the bins that have elements.
    double level = grid.round(getCenter(i)), sum = 0;
    int64_t begin = i, filled = 0;
    for (; i <= high && grid.round(getCenter(i)) == level; ++i) {
      sum += getCount(i);
      filled += getCount(i) > 0;
    }
    for (int64_t bin = begin; bin < i; ++bin) {
      double n = getCount(bin);
      if (n == 0)
        continue;
      n += (bin == low ? below : 0) + (bin == high ? above : 0);
      divergence += n / all * std::log(n / all * inside * filled / sum);
    }
  }
  return divergence;
}

//===----------------------------------------------------------------------===//
// Search
//===----------------------------------------------------------------------===//

Interval nnq::findBestRange(const Histogram &histogram, QuantScheme scheme,
                            llvm::function_ref<double(Interval)> getCost) {
  constexpr int steps = 128, rounds = 8;
  const Interval all = histogram.getRange();
  Interval best = all;
  if (scheme == QuantScheme::Symmetric) {
    double reach = std::max(-all.low, all.high);
    best = {-reach, reach};
  }
  double least = getCost(best);
  // Changes `best` if that costs less.
  auto search = [&](auto getRange) {
    const Interval before = best;
    for (int i = steps; i > 0; --i) {
      Interval range = getRange(before, static_cast<double>(i) / steps);
      double cost = getCost(range);
      if (cost < least) {
        least = cost;
        best = range;
      }
    }
    return best.low != before.low || best.high != before.high;
  };
  if (scheme == QuantScheme::Symmetric) {
    search([reach = best.high](Interval, double part) {
      return Interval{-reach * part, reach * part};
    });
    return best;
  }
  for (int i = 0; i < rounds; ++i) {
    bool isChanged = all.high > 0 && search([&](Interval range, double part) {
                       return Interval{range.low, all.high * part};
                     });
    isChanged |= all.low < 0 && search([&](Interval range, double part) {
                   return Interval{all.low * part, range.high};
                 });
    if (!isChanged)
      break;
  }
  return best;
}
