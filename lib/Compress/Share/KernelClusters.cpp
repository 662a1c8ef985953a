//===- KernelClusters.cpp - Kernels that are one matrix -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "KernelClusters.h"

#include <cmath>

using namespace mlir;
using namespace nnq;

Matrix KernelClusters::getScales() const {
  Matrix result = Matrix::Zero(groups.size(), shared.rows());
  for (auto [row, group] : llvm::enumerate(groups))
    result(row, group) = scales[row];
  return result;
}

/// The direction that leaves the least of `rows`, near `start`.
static Eigen::RowVectorXd findDirection(const Matrix &rows,
                                        Eigen::RowVectorXd start) {
  constexpr int kMaxSteps = 50;
  for (int i = 0; i < kMaxSteps; ++i) {
    Eigen::RowVectorXd next = (rows * start.transpose()).transpose() * rows;
    double norm = next.norm();
    if (!(norm > 0))
      break;
    next /= norm;
    bool isThere = (next - start).norm() < 1e-9;
    start = next;
    if (isThere)
      break;
  }
  return start;
}

/// What `directions` leave of each row at best, and which of them that is.
static std::pair<Eigen::VectorXd, SmallVector<int64_t>>
assign(const Matrix &rows, const Matrix &directions) {
  Matrix products = (rows * directions.transpose()).cwiseAbs();
  Eigen::VectorXd left = rows.rowwise().squaredNorm();
  SmallVector<int64_t> groups;
  for (int64_t row = 0; row < rows.rows(); ++row) {
    Eigen::Index best = 0;
    double most = products.row(row).maxCoeff(&best);
    groups.push_back(best);
    left[row] = std::max(left[row] - most * most, 0.0);
  }
  return {left, groups};
}

/// Rows far from each other, as directions.
static Matrix chooseStarts(const Matrix &rows, int64_t count) {
  Matrix starts = Matrix::Zero(count, rows.cols());
  Eigen::VectorXd left = rows.rowwise().squaredNorm();
  for (int64_t i = 0; i < count; ++i) {
    Eigen::Index farthest;
    if (!(left.maxCoeff(&farthest) > 0))
      break;
    starts.row(i) = rows.row(farthest).normalized();
    Eigen::VectorXd product = rows * starts.row(i).transpose();
    left = left.cwiseMin(rows.rowwise().squaredNorm() -
                         product.cwiseProduct(product));
    left[farthest] = 0;
  }
  return starts;
}

KernelClusters nnq::clusterKernels(const Matrix &rows,
                                   const Eigen::VectorXd &weights,
                                   int64_t numGroups) {
  constexpr int kMaxSteps = 100;
  // A weight of zero would leave elements open.
  constexpr double kLeastShare = 1e-3;
  Eigen::RowVectorXd roots =
      (weights.array() + kLeastShare * weights.mean()).sqrt().transpose();
  Matrix weighed = rows * roots.asDiagonal();
  Matrix directions = chooseStarts(weighed, numGroups);
  double least = std::numeric_limits<double>::infinity();
  KernelClusters clusters;
  for (int step = 0; step < kMaxSteps; ++step) {
    auto [left, groups] = assign(weighed, directions);
    double error = left.sum();
    clusters.groups = groups;
    if (!(error < least * (1 - 1e-9)))
      break;
    least = error;
    for (int64_t group = 0; group < numGroups; ++group) {
      SmallVector<Eigen::Index> members;
      for (auto [row, its] : llvm::enumerate(groups))
        if (its == group)
          members.push_back(row);
      if (members.empty()) {
        // The row that fits worst gets a direction of its own.
        Eigen::Index worst;
        if (left.maxCoeff(&worst) > 0)
          directions.row(group) = weighed.row(worst).normalized();
        left[worst] = 0;
        continue;
      }
      Matrix its(members.size(), weighed.cols());
      for (auto [i, row] : llvm::enumerate(members))
        its.row(i) = weighed.row(row);
      directions.row(group) = findDirection(its, directions.row(group));
    }
  }
  Eigen::VectorXd sums = Eigen::VectorXd::Zero(numGroups), counts = sums;
  for (auto [row, group] : llvm::enumerate(clusters.groups)) {
    double scale = weighed.row(row).dot(directions.row(group));
    clusters.scales.push_back(scale);
    sums[group] += std::abs(scale);
    counts[group] += 1;
  }
  // Scales near one leave the ranges of results as they are.
  for (int64_t group = 0; group < numGroups; ++group)
    sums[group] = sums[group] > 0 ? sums[group] / counts[group] : 1;
  for (auto [row, group] : llvm::enumerate(clusters.groups))
    clusters.scales[row] /= sums[group];
  clusters.shared =
      sums.asDiagonal() * directions * roots.cwiseInverse().asDiagonal();
  return clusters;
}
