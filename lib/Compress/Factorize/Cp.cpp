//===- Cp.cpp - Canonical polyadic decomposition --------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Cp.h"
#include "SingularValues.h"

#include <Eigen/Cholesky>

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <random>

using namespace nnq;
using llvm::ArrayRef;
using llvm::SmallVector;

/// Rows run over all indices of both, the last the fastest.
static Matrix multiplyKhatriRao(const Matrix &a, const Matrix &b) {
  Matrix result(a.rows() * b.rows(), a.cols());
  for (int64_t i = 0; i < a.rows(); ++i)
    for (int64_t j = 0; j < b.rows(); ++j)
      result.row(i * b.rows() + j) = a.row(i).cwiseProduct(b.row(j));
  return result;
}

static Matrix multiplyOthers(ArrayRef<Matrix> factors, int64_t mode) {
  Matrix product = Matrix::Ones(1, factors.front().cols());
  for (auto [i, factor] : llvm::enumerate(factors))
    if (static_cast<int64_t>(i) != mode)
      product = multiplyKhatriRao(product, factor);
  return product;
}

static Matrix multiplyGrams(ArrayRef<Matrix> factors, int64_t mode) {
  const int64_t rank = factors.front().cols();
  Matrix product = Matrix::Ones(rank, rank);
  for (auto [i, factor] : llvm::enumerate(factors))
    if (static_cast<int64_t>(i) != mode)
      product = product.cwiseProduct(factor.transpose() * factor).eval();
  return product;
}

/// Columns of equal norms in all modes; the norms of the terms.
static Eigen::VectorXd balance(llvm::SmallVectorImpl<Matrix> &factors) {
  const int64_t rank = factors.front().cols();
  Eigen::VectorXd norms = Eigen::VectorXd::Ones(rank);
  for (Matrix &factor : factors)
    norms.array() *= factor.colwise().norm().transpose().array();
  for (Matrix &factor : factors)
    for (int64_t r = 0; r < rank; ++r) {
      double norm = factor.col(r).norm();
      if (norm > 0)
        factor.col(r) *= std::pow(norms(r), 1.0 / factors.size()) / norm;
    }
  return norms;
}

DenseTensor Cp::expand() const {
  SmallVector<int64_t> shape;
  for (const Matrix &factor : factors)
    shape.push_back(factor.rows());
  Matrix unfolded =
      factors.front() * multiplyOthers(factors, /*mode=*/0).transpose();
  return DenseTensor::fold(unfolded, /*mode=*/0, shape);
}

bool Cp::isDegenerate() const {
  constexpr double kMostTermNorm = 30;
  return !(termNorm < kMostTermNorm) || !std::isfinite(relativeError);
}

static SmallVector<Matrix> makeStart(const DenseTensor &tensor, int64_t rank,
                                     bool isRandom, std::mt19937_64 &random) {
  // Not std::normal_distribution, whose numbers libraries choose.
  auto draw = [&] { return (random() >> 11) * 0x1p-53 * 2 - 1; };
  SmallVector<Matrix> factors;
  for (int64_t mode = 0; mode < tensor.getRank(); ++mode) {
    Matrix factor(tensor.shape[mode], rank);
    for (int64_t i = 0; i < factor.size(); ++i)
      factor.data()[i] = draw();
    if (!isRandom) {
      LeftSvd svd = computeLeftSvd(tensor.unfold(mode));
      int64_t count = std::min<int64_t>(rank, svd.vectors.cols());
      factor.leftCols(count) = svd.vectors.leftCols(count);
    }
    factors.push_back(std::move(factor));
  }
  return factors;
}

/// Sweeps until the error stays. The ridge is relative to the mean of the
/// diagonal that it is added to, and pulls towards the last sweep, so that it
/// does not bias where the sweeps end.
static Cp iterate(const DenseTensor &tensor, ArrayRef<Matrix> unfoldings,
                  SmallVector<Matrix> factors, double ridge) {
  constexpr int kMostSweeps = 150;
  constexpr double kLeastChange = 1e-5;
  const double norm = tensor.getSquaredNorm();
  Cp cp;
  double last = std::numeric_limits<double>::infinity();
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    double error = 0;
    for (int64_t mode = 0; mode < tensor.getRank(); ++mode) {
      Matrix gram = multiplyGrams(factors, mode);
      Matrix product = unfoldings[mode] * multiplyOthers(factors, mode);
      Matrix damped = gram;
      double weight = ridge * std::max(gram.diagonal().mean(), 1e-300);
      damped.diagonal().array() += weight;
      Eigen::LDLT<Matrix> solver(damped);
      factors[mode] =
          solver.solve((product + weight * factors[mode]).transpose())
              .transpose();
      // ||T - X||^2 = ||T||^2 - 2 <T, X> + ||X||^2.
      if (mode == tensor.getRank() - 1)
        error =
            norm - 2 * product.cwiseProduct(factors[mode]).sum() +
            gram.cwiseProduct(factors[mode].transpose() * factors[mode]).sum();
    }
    Eigen::VectorXd norms = balance(factors);
    cp.relativeError = std::sqrt(std::max(error, 0.0) / norm);
    cp.termNorm = norms.norm() / std::sqrt(norm);
    if (!std::isfinite(error) ||
        std::abs(last - cp.relativeError) < kLeastChange * cp.relativeError)
      break;
    last = cp.relativeError;
  }
  cp.factors = std::move(factors);
  return cp;
}

Cp nnq::computeCp(const DenseTensor &tensor, int64_t rank, uint64_t seed) {
  constexpr int kStarts = 2;
  SmallVector<Matrix> unfoldings;
  for (int64_t mode = 0; mode < tensor.getRank(); ++mode)
    unfoldings.push_back(tensor.unfold(mode));
  Cp best;
  for (double ridge : {1e-6, 1e-3, 1e-1}) {
    std::mt19937_64 random(seed);
    for (int start = 0; start < kStarts; ++start) {
      Cp cp = iterate(tensor, unfoldings,
                      makeStart(tensor, rank, /*isRandom=*/start > 0, random),
                      ridge);
      bool isBetter = cp.isDegenerate() == best.isDegenerate()
                          ? cp.relativeError < best.relativeError
                          : !cp.isDegenerate();
      if (best.factors.empty() || isBetter)
        best = std::move(cp);
    }
    if (!best.isDegenerate())
      break;
  }
  return best;
}
