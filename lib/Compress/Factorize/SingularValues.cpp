//===- SingularValues.cpp - Truncated SVD and its rank --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "SingularValues.h"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <Eigen/SVD>

#include <cmath>

using namespace nnq;
using Eigen::VectorXd;

LeftSvd nnq::computeLeftSvd(const Matrix &matrix) {
  // The square factor of a wide matrix has its values and vectors.
  if (matrix.cols() > matrix.rows()) {
    Eigen::MatrixXd tall = matrix.transpose();
    Eigen::HouseholderQR<Eigen::Ref<Eigen::MatrixXd>> qr(tall);
    Eigen::MatrixXd lower =
        tall.topRows(matrix.rows()).triangularView<Eigen::Upper>();
    lower.transposeInPlace();
    Eigen::BDCSVD<Eigen::MatrixXd> svd(lower, Eigen::ComputeThinU);
    return {svd.singularValues(), svd.matrixU()};
  }
  Eigen::BDCSVD<Eigen::MatrixXd> svd(matrix, Eigen::ComputeThinU);
  return {svd.singularValues(), svd.matrixU()};
}

LeftSvd nnq::computeWeightedLeftSvd(const Matrix &matrix,
                                    const Matrix &correlation) {
  Matrix gram = matrix * correlation * matrix.transpose();
  gram = (0.5 * (gram + gram.transpose())).eval();
  Eigen::SelfAdjointEigenSolver<Matrix> solver(gram);
  const int64_t count = std::min(matrix.rows(), matrix.cols());
  return {solver.eigenvalues().cwiseMax(0).cwiseSqrt().reverse().head(count),
          solver.eigenvectors().rowwise().reverse().leftCols(count)};
}

int64_t nnq::getEnergyRank(const VectorXd &values, double energy) {
  const double all = values.squaredNorm();
  double sum = 0;
  for (int64_t rank = 0; rank < values.size(); ++rank) {
    sum += values(rank) * values(rank);
    if (sum >= energy * all)
      return rank + 1;
  }
  return values.size();
}

static double tau(double x, double alpha) {
  double shifted = x - (1 + alpha);
  return 0.5 *
         (shifted + std::sqrt(std::max(shifted * shifted - 4 * alpha, 0.0)));
}

/// Least of a function with one minimum between `low` and `high`, by golden
/// sections.
template <typename Function>
static double minimize(double low, double high, Function f) {
  const double ratio = (std::sqrt(5.0) - 1) / 2;
  double a = high - ratio * (high - low), b = low + ratio * (high - low);
  double fa = f(a), fb = f(b);
  for (int i = 0; i < 200 && high - low > 1e-12 * high; ++i) {
    if (fa < fb) {
      high = b;
      b = a;
      fb = fa;
      a = high - ratio * (high - low);
      fa = f(a);
    } else {
      low = a;
      a = b;
      fa = fb;
      b = low + ratio * (high - low);
      fb = f(b);
    }
  }
  return (low + high) / 2;
}

int64_t nnq::getVbmfRank(const VectorXd &values, int64_t rows,
                         int64_t columns) {
  // Theorem 2 and corollary 1 there: L <= M.
  const int64_t l = std::min(rows, columns), m = std::max(rows, columns);
  const double alpha = static_cast<double>(l) / m;
  const double tauBar = 2.5129 * std::sqrt(alpha);
  const double xBar = (1 + tauBar) * (1 + alpha / tauBar);
  VectorXd squares = values.head(l).cwiseAbs2();
  if (!(squares.sum() > 0))
    return 0;
  // Values that are exactly zero have no logarithm.
  squares = squares.cwiseMax(1e-30 * squares(0));
  auto energyOf = [&](double variance) {
    double sum = 0;
    for (double square : squares) {
      double x = square / (m * variance);
      if (x > xBar) {
        double t = tau(x, alpha);
        sum += x - t + std::log((t + 1) / x) + alpha * std::log(t / alpha + 1);
      } else {
        sum += x - std::log(x);
      }
    }
    return sum;
  };
  const int64_t first =
      std::min(std::max<int64_t>(std::ceil(l / (1 + alpha)) - 1, 0), l - 1);
  const double high = squares.sum() / (l * m);
  const double low =
      std::max(squares(first) / (m * xBar), squares.tail(l - first).mean() / m);
  const double variance =
      low < high ? minimize(low, high, energyOf) : std::min(low, high);
  const double threshold = m * variance * xBar;
  return (squares.array() > threshold).count();
}
