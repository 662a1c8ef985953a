//===- ObsPruning.cpp - Pruning that makes up for its errors --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ObsPruning.h"

#include <numeric>

using namespace mlir;
using namespace nnq;

namespace {
using Mask = Eigen::Matrix<bool, Eigen::Dynamic, Eigen::Dynamic>;

/// The rows of one group.
class GroupPruning {
public:
  GroupPruning(SparseLayer &layer, ArrayRef<int64_t> rows, const Matrix &upper,
               const llvm::BitVector &plan)
      : layer(layer), rows(rows), upper(upper), plan(plan),
        rest(rows.size(), layer.getDepth()),
        gone(Mask::Zero(rows.size(), layer.getDepth())) {
    for (auto [r, row] : llvm::enumerate(rows))
      for (int64_t i = 0; i < layer.getDepth(); ++i)
        rest(r, i) = layer.weights[layer.getWeight(row, i)];
  }

  void run();

private:
  bool wasZero(int64_t r, int64_t i) const {
    return layer.weights[layer.getWeight(rows[r], i)] == 0;
  }
  /// The error at the removal of a weight, with columns before it settled.
  double getError(int64_t r, int64_t i) const {
    double w = rest(r, i) / upper(i, i);
    return wasZero(r, i) ? 0 : w * w;
  }
  void chooseBlocks(int64_t first, int64_t width);
  void chooseOfPeriod(int64_t first);

  SparseLayer &layer;
  ArrayRef<int64_t> rows;
  const Matrix &upper;
  const llvm::BitVector &plan;
  /// What weights are so far.
  Matrix rest;
  Mask gone;
};
} // namespace

/// As many units of these columns as are planned, by what they are now.
void GroupPruning::chooseBlocks(int64_t first, int64_t width) {
  const SparsityPattern &pattern = layer.pattern;
  const int64_t high = pattern.blockRows, wide = pattern.blockColumns;
  struct Unit {
    double error;
    int64_t r, i;
  };
  std::vector<Unit> units;
  int64_t count = 0;
  for (int64_t r = 0, end = rows.size(); r < end; r += high)
    for (int64_t i = first; i < first + width; i += wide) {
      double error = 0;
      for (int64_t y = r; y < r + high; ++y)
        for (int64_t x = i; x < i + wide; ++x)
          error += getError(y, x);
      units.push_back({error, r, i});
      count += plan.test(layer.getWeight(rows[r], i));
    }
  llvm::sort(units, [](const Unit &a, const Unit &b) {
    return std::tie(a.error, a.r, a.i) < std::tie(b.error, b.r, b.i);
  });
  for (const Unit &unit : ArrayRef(units).take_front(count))
    gone.block(unit.r, unit.i, high, wide).setConstant(true);
}

void GroupPruning::chooseOfPeriod(int64_t first) {
  const SparsityPattern &pattern = layer.pattern;
  SmallVector<int64_t> order(pattern.period);
  for (int64_t r = 0, end = rows.size(); r < end; ++r) {
    std::iota(order.begin(), order.end(), first);
    llvm::sort(order, [&](int64_t a, int64_t b) {
      return std::pair(getError(r, a), a) < std::pair(getError(r, b), b);
    });
    for (int64_t i : ArrayRef(order).drop_back(pattern.kept))
      gone(r, i) = true;
  }
}

void GroupPruning::run() {
  const int64_t depth = layer.getDepth(), numRows = rows.size();
  const int64_t unit = layer.pattern.getWidth();
  // Errors reach columns of other blocks as products of matrices.
  const int64_t block = llvm::alignTo(128, unit);
  for (int64_t first = 0; first < depth; first += block) {
    const int64_t width = std::min(block, depth - first);
    const int64_t behind = depth - first - width;
    if (!layer.pattern.isNOfM())
      chooseBlocks(first, width);
    Matrix errors(numRows, width);
    for (int64_t i = first; i < first + width; ++i) {
      if (layer.pattern.isNOfM() && i % unit == 0)
        chooseOfPeriod(i);
      for (int64_t r = 0; r < numRows; ++r) {
        bool isZero = gone(r, i) || wasZero(r, i);
        errors(r, i - first) = isZero ? rest(r, i) / upper(i, i) : 0;
      }
      const int64_t left = first + width - i - 1;
      rest.middleCols(i + 1, left).noalias() -=
          errors.col(i - first) * upper.row(i).segment(i + 1, left);
    }
    rest.rightCols(behind).noalias() -=
        errors * upper.block(first, first + width, width, behind);
  }
  for (int64_t r = 0; r < numRows; ++r)
    for (int64_t i = 0; i < depth; ++i) {
      float &w = layer.weights[layer.getWeight(rows[r], i)];
      w = gone(r, i) || w == 0 ? 0.0f : static_cast<float>(rest(r, i));
    }
}

LogicalResult nnq::pruneByCorrelation(SparseLayer &layer, int64_t zeros,
                                      double damping) {
  FailureOr<std::vector<double>> scores =
      layer.getScores(WeightCriterion::Obs, damping);
  if (failed(scores))
    return failure();
  llvm::BitVector plan =
      layer.choose(*scores, zeros / layer.pattern.getBlockSize());
  for (int64_t group = 0; group < layer.view.numGroups; ++group) {
    std::optional<Matrix> upper = layer.getInverse(group, damping);
    if (!upper)
      return failure();
    SmallVector<int64_t> rows = layer.getRows(group);
    GroupPruning(layer, rows, *upper, plan).run();
  }
  return success();
}
