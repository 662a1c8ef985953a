//===- GptqRounding.cpp - Rounding that makes up for its errors -----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "GptqRounding.h"
#include "nnq/Support/Correlation.h"
#include "nnq/Support/DequantizedWeights.h"

#include <numeric>

using namespace mlir;
using namespace nnq;

namespace {
/// Keeps sums of neighbouring weights of one sign within a limit. As long as
/// the nearest integers do so, there is room for those not yet chosen.
class NeighbourSums {
public:
  NeighbourSums(const LayerView &view, ArrayRef<int64_t> shape, int64_t axis) {
    int64_t stride = 1;
    for (int64_t size : shape.drop_front(axis + 1))
      stride *= size;
    llvm::DenseMap<std::pair<int64_t, int64_t>, int64_t> numbers;
    for (int64_t offset : view.depthOffsets) {
      int64_t index = offset / stride % shape[axis];
      // Elements 0, 1, 4, 5 and 2, 3, 6, 7 of eight.
      std::pair key(offset - index * stride, index / 8 * 2 + index / 2 % 2);
      slots.push_back(numbers.try_emplace(key, numbers.size()).first->second);
    }
    sums.resize(numbers.size());
  }

  void start() { std::fill(sums.begin(), sums.end(), Sums{0, 0}); }
  void add(int64_t k, int32_t q) { sums[slots[k]][q < 0] += std::abs(q); }

  /// The integer nearest to `wanted` that fits in place of `before`.
  int32_t exchange(int64_t k, int32_t before, int32_t wanted) {
    sums[slots[k]][before < 0] -= std::abs(before);
    int64_t room = kMaxWeightSumI16 - sums[slots[k]][wanted < 0];
    int32_t most = std::min<int64_t>(std::abs(wanted), room);
    int32_t q = wanted < 0 ? -most : most;
    add(k, q);
    return q;
  }

private:
  using Sums = std::array<int64_t, 2>;
  SmallVector<int64_t> slots;
  std::vector<Sums> sums;
};

/// The rows of one group.
class GroupRounding {
public:
  GroupRounding(const LayerView &view, ArrayRef<int64_t> rows,
                ArrayRef<float> weights, const WeightGrid &grid,
                MutableArrayRef<int32_t> integers)
      : view(view), rows(rows), weights(weights), grid(grid),
        integers(integers) {}

  void run(const Matrix &h, const Matrix &inverse, ArrayRef<int64_t> order,
           NeighbourSums *limit);

private:
  /// Weighted squared errors of rows of integers.
  Eigen::VectorXd getErrors(const Matrix &h,
                            function_ref<int32_t(int64_t, int64_t)> get) const {
    Matrix errors(rows.size(), view.getDepth());
    for (auto [i, channel] : llvm::enumerate(rows))
      for (int64_t k = 0; k < view.getDepth(); ++k) {
        int64_t at = view.getWeight(channel, k);
        errors(i, k) = weights[at] - grid.dequantize(at, get(i, k));
      }
    return (errors * h).cwiseProduct(errors).rowwise().sum();
  }

  const LayerView &view;
  ArrayRef<int64_t> rows;
  ArrayRef<float> weights;
  const WeightGrid &grid;
  MutableArrayRef<int32_t> integers;
};
} // namespace

void GroupRounding::run(const Matrix &h, const Matrix &reversed,
                        ArrayRef<int64_t> order, NeighbourSums *limit) {
  const int64_t depth = view.getDepth(), numRows = rows.size();
  auto inverse = reversed.reverse();
  auto nearest = [&](int64_t row, int64_t k) {
    return integers[view.getWeight(rows[row], k)];
  };
  Matrix rest(numRows, depth);
  Eigen::Matrix<int32_t, Eigen::Dynamic, Eigen::Dynamic> chosen(numRows, depth);
  for (int64_t row = 0; row < numRows; ++row)
    for (int64_t i = 0; i < depth; ++i)
      rest(row, i) = weights[view.getWeight(rows[row], order[i])];
  // The sums of each row, before and while its integers change.
  std::vector<NeighbourSums> sums;
  if (limit) {
    for (int64_t row = 0; row < numRows; ++row) {
      limit->start();
      for (int64_t k = 0; k < depth; ++k)
        limit->add(k, nearest(row, k));
      sums.push_back(*limit);
    }
  }

  // Errors reach columns of other blocks as products of matrices.
  constexpr int64_t block = 128;
  for (int64_t first = 0; first < depth; first += block) {
    const int64_t width = std::min(block, depth - first);
    const int64_t behind = depth - first - width;
    Matrix errors(numRows, width);
    for (int64_t i = first; i < first + width; ++i) {
      const int64_t k = order[i];
      for (int64_t row = 0; row < numRows; ++row) {
        int64_t at = view.getWeight(rows[row], k);
        // What is pruned stays so; the weights behind make up for it.
        bool isPruned = weights[at] == 0;
        int32_t q =
            grid.quantize(at, isPruned ? 0 : static_cast<float>(rest(row, i)));
        if (limit)
          q = sums[row].exchange(k, nearest(row, k), q);
        chosen(row, k) = q;
        errors(row, i - first) =
            (rest(row, i) - grid.dequantize(at, q)) / inverse(i, i);
      }
      const int64_t left = first + width - i - 1;
      rest.middleCols(i + 1, left).noalias() -=
          errors.col(i - first) * inverse.row(i).segment(i + 1, left);
    }
    rest.rightCols(behind).noalias() -=
        errors * inverse.block(first, first + width, width, behind);
  }

  Eigen::VectorXd before = getErrors(h, nearest);
  Eigen::VectorXd after =
      getErrors(h, [&](int64_t row, int64_t k) { return chosen(row, k); });
  for (int64_t row = 0; row < numRows; ++row)
    if (after(row) < before(row))
      for (int64_t k = 0; k < depth; ++k)
        integers[view.getWeight(rows[row], k)] = chosen(row, k);
}

LogicalResult
nnq::roundByCorrelation(const LayerView &view, ArrayRef<int64_t> shape,
                        ArrayRef<float> weights, quant::QuantizedType type,
                        ArrayRef<float> correlation, const GptqOptions &options,
                        MutableArrayRef<int32_t> integers) {
  fixProductBlocks();
  FailureOr<WeightGrid> grid = WeightGrid::get(type, shape);
  if (failed(grid))
    return failure();
  std::optional<NeighbourSums> limit;
  if (options.limitedAxis)
    limit.emplace(view, shape, *options.limitedAxis);
  SmallVector<SmallVector<int64_t>> rows(view.numGroups);
  for (int64_t channel = 0; channel < view.getNumChannels(); ++channel)
    rows[view.groups[channel]].push_back(channel);

  const int64_t depth = view.getDepth();
  const int64_t triangle = depth * (depth + 1) / 2;
  for (auto [group, channels] : llvm::enumerate(rows)) {
    Matrix h =
        unpackTriangle(correlation.slice(group * triangle, triangle), depth);
    // What is always zero is multiplied by nothing.
    if (h.diagonal().maxCoeff() <= 0)
      continue;
    SmallVector<int64_t> order(depth);
    std::iota(order.begin(), order.end(), 0);
    llvm::sort(order, [&](int64_t a, int64_t b) {
      return std::pair(-h(a, a), a) < std::pair(-h(b, b), b);
    });
    std::optional<Matrix> inverse = factorizeInverse(h, order, options.damping);
    if (!inverse)
      return failure();
    GroupRounding(view, channels, weights, *grid, integers)
        .run(h, *inverse, order, limit ? &*limit : nullptr);
  }
  return success();
}
