//===- VectorCodebook.cpp - Vectors that weights share --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "VectorCodebook.h"

#include "llvm/ADT/STLExtras.h"

#include <Eigen/Eigenvalues>

#include <cmath>
#include <limits>
#include <numeric>

using namespace mlir;
using namespace nnq;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Of the vectors of `size` in `entries`; the first of several.
template <typename T>
static std::pair<int64_t, double>
findNearestEntry(ArrayRef<T> entries, const double *numbers,
                 const double *importance, int64_t size) {
  std::pair<int64_t, double> best{0, kInfinity};
  for (int64_t entry = 0; entry * size < int64_t(entries.size()); ++entry) {
    const T *its = entries.data() + entry * size;
    double error = 0;
    for (int64_t i = 0; i < size; ++i)
      error += importance[i] * (numbers[i] - its[i]) * (numbers[i] - its[i]);
    if (error < best.second)
      best = {entry, error};
  }
  return best;
}

ArrayRef<int32_t> nnq::findNearestVector(ArrayRef<int32_t> codebook,
                                         ArrayRef<double> numbers,
                                         ArrayRef<double> importance) {
  int64_t size = numbers.size();
  int64_t entry = findNearestEntry<int32_t>(codebook, numbers.data(),
                                            importance.data(), size)
                      .first;
  return codebook.slice(entry * size, size);
}

namespace {
/// Centroids of weighted vectors: those of Lloyd's algorithm, which start from
/// groups that were split.
class Centroids {
public:
  Centroids(ArrayRef<double> numbers, ArrayRef<double> importance, int64_t size)
      : numbers(numbers), importance(importance), size(size),
        groups(numbers.size() / size) {}

  /// Splits groups until there are `count`, if so many differ.
  void grow(int64_t count);
  /// Assigns vectors and moves centroids, `steps` times at most.
  void improve(int64_t steps);

  std::vector<double> entries;

private:
  int64_t getCount() const { return entries.size() / size; }
  double assign();
  void move();
  /// How far apart the halves of each group are to be, along the axis of its
  /// largest deviation, and the error of the group.
  std::vector<std::pair<double, Eigen::VectorXd>> findSpreads() const;

  ArrayRef<double> numbers, importance;
  int64_t size;
  std::vector<int64_t> groups;
};
} // namespace

double Centroids::assign() {
  double error = 0;
  for (auto [v, group] : llvm::enumerate(groups)) {
    auto [entry, distance] = findNearestEntry<double>(
        entries, numbers.data() + v * size, importance.data() + v * size, size);
    group = entry;
    error += distance;
  }
  return error;
}

void Centroids::move() {
  std::vector<double> sums(entries.size()), weights(entries.size());
  for (auto [v, group] : llvm::enumerate(groups))
    for (int64_t i = 0; i < size; ++i) {
      sums[group * size + i] +=
          importance[v * size + i] * numbers[v * size + i];
      weights[group * size + i] += importance[v * size + i];
    }
  for (auto [entry, sum, weight] : llvm::zip(entries, sums, weights))
    if (weight > 0)
      entry = sum / weight;
}

void Centroids::improve(int64_t steps) {
  double before = kInfinity;
  for (int64_t step = 0; step < steps; ++step) {
    double error = assign();
    if (!(error < before * (1 - 1e-4)))
      return;
    before = error;
    move();
  }
}

std::vector<std::pair<double, Eigen::VectorXd>> Centroids::findSpreads() const {
  std::vector<Eigen::MatrixXd> moments(getCount(),
                                       Eigen::MatrixXd::Zero(size, size));
  std::vector<double> weights(getCount());
  Eigen::VectorXd difference(size);
  for (auto [v, group] : llvm::enumerate(groups)) {
    double weight = 0;
    for (int64_t i = 0; i < size; ++i) {
      weight += importance[v * size + i] / size;
      difference[i] = numbers[v * size + i] - entries[group * size + i];
    }
    moments[group] += weight * difference * difference.transpose();
    weights[group] += weight;
  }
  std::vector<std::pair<double, Eigen::VectorXd>> spreads;
  for (auto [moment, weight] : llvm::zip(moments, weights)) {
    Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(moment);
    double most = std::max(solver.eigenvalues()[size - 1], 0.0);
    double deviation = weight > 0 ? std::sqrt(most / weight) : 0;
    spreads.emplace_back(moment.trace(),
                         deviation * solver.eigenvectors().col(size - 1));
  }
  return spreads;
}

void Centroids::grow(int64_t count) {
  constexpr int64_t kStepsOfSplit = 4;
  entries.assign(size, 0);
  std::fill(groups.begin(), groups.end(), 0);
  move();
  while (getCount() < count) {
    assign();
    std::vector<std::pair<double, Eigen::VectorXd>> spreads = findSpreads();
    SmallVector<int64_t> order =
        llvm::to_vector(llvm::seq<int64_t>(0, getCount()));
    llvm::sort(order, [&](int64_t a, int64_t b) {
      return std::pair(-spreads[a].first, a) < std::pair(-spreads[b].first, b);
    });
    // The worst ones where not all can be split.
    if (count < 2 * getCount())
      order.resize(count - getCount());
    bool hasSplit = false;
    for (int64_t entry : order) {
      const Eigen::VectorXd &spread = spreads[entry].second;
      if (!(spread.norm() > 0))
        continue;
      hasSplit = true;
      for (int64_t i = 0; i < size; ++i) {
        double middle = entries[entry * size + i];
        entries.push_back(middle + spread[i]);
        entries[entry * size + i] = middle - spread[i];
      }
    }
    if (!hasSplit)
      return;
    improve(kStepsOfSplit);
  }
}

static SmallVector<int32_t> roundEntries(ArrayRef<double> entries) {
  SmallVector<int32_t> codes;
  for (double x : entries)
    codes.push_back(static_cast<int32_t>(std::clamp<double>(
        std::nearbyint(x), kNarrowInt8.min, kNarrowInt8.max)));
  return codes;
}

SharedRows nnq::shareVectors(ArrayRef<double> numbers,
                             ArrayRef<double> importance, int64_t numRows,
                             int64_t bits, int64_t size, bool keepsZeros,
                             SmallVectorImpl<int32_t> &codebook) {
  constexpr int64_t kMaxSteps = 6, kStepsOfLloyd = 8;
  const int64_t depth = numbers.size() / numRows;
  SharedRows rows = startRows(numbers, numRows, kNarrowInt8.max);
  auto isZero = [&](int64_t v) {
    return llvm::all_of(numbers.slice(v * size, size),
                        [](double x) { return x == 0; });
  };
  bool hasZero = false;
  if (keepsZeros)
    for (int64_t v = 0; v * size < int64_t(numbers.size()); ++v)
      hasZero |= isZero(v);
  const int64_t count = (int64_t(1) << bits) - hasZero;

  std::vector<double> scaled, weights;
  Centroids centroids(scaled, weights, size);
  double least = kInfinity;
  SharedRows best;
  for (int64_t step = 0; step < kMaxSteps; ++step) {
    scaled.clear();
    weights.clear();
    for (int64_t v = 0; v * size < int64_t(numbers.size()); ++v) {
      double scale = rows.scales[v * size / depth];
      if (hasZero && isZero(v))
        continue;
      for (int64_t i = v * size; i < (v + 1) * size; ++i) {
        scaled.push_back(numbers[i] / scale);
        weights.push_back(importance[i] * scale * scale);
      }
    }
    std::vector<double> entries = std::move(centroids.entries);
    centroids = Centroids(scaled, weights, size);
    if (step == 0)
      centroids.grow(count);
    else
      centroids.entries = std::move(entries);
    centroids.improve(kStepsOfLloyd);
    SmallVector<int32_t> codes = roundEntries(centroids.entries);
    if (hasZero)
      codes.append(size, 0);
    rows.codes.clear();
    double error = 0;
    for (int64_t v = 0; v * size < int64_t(numbers.size()); ++v) {
      double scale = rows.scales[v * size / depth];
      SmallVector<double> its;
      for (double x : numbers.slice(v * size, size))
        its.push_back(x / scale);
      if (hasZero && isZero(v))
        rows.codes.insert(rows.codes.end(), size, 0);
      else
        llvm::append_range(
            rows.codes,
            findNearestVector(codes, its, importance.slice(v * size, size)));
      for (int64_t i = v * size; i < (v + 1) * size; ++i) {
        double rest = numbers[i] - rows.codes[i] * scale;
        error += importance[i] * rest * rest;
      }
    }
    if (!(error < least * (1 - 1e-4)))
      break;
    least = error;
    best = rows;
    codebook = std::move(codes);
    fitScales(numbers, importance, rows);
  }
  return best;
}
