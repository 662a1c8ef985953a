//===- Correlation.cpp - Matrices of what layers multiply -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Correlation.h"

#include <Eigen/Cholesky>

using namespace nnq;
using llvm::ArrayRef;

void nnq::fixProductBlocks() {
  // Once: threads may already multiply.
  [[maybe_unused]] static const bool isFixed = [] {
    Eigen::setCpuCacheSizes(32 << 10, 256 << 10, 2 << 20);
    return true;
  }();
}

Matrix nnq::unpackTriangle(ArrayRef<float> triangle, int64_t depth) {
  Matrix matrix(depth, depth);
  const float *next = triangle.data();
  for (int64_t row = 0; row < depth; ++row)
    for (int64_t column = 0; column <= row; ++column)
      matrix(row, column) = matrix(column, row) = *next++;
  return matrix;
}

/// With J the reversal of rows, J H J = L L^T gives H = M M^T for M = J L J,
/// and U = M^-1 = J L^-1 J.
std::optional<Matrix> nnq::factorizeInverse(const Matrix &h,
                                            ArrayRef<int64_t> order,
                                            double damping) {
  const int64_t depth = h.rows();
  const double mean = h.diagonal().mean();
  // What the data leave open is singular without damping.
  constexpr double least = 1e-6, most = 1;
  for (; damping <= most; damping = std::max(10 * damping, least)) {
    Matrix reversed(depth, depth);
    for (int64_t i = 0; i < depth; ++i)
      for (int64_t j = 0; j < depth; ++j)
        reversed(i, j) = h(order[depth - 1 - i], order[depth - 1 - j]);
    reversed.diagonal().array() += damping * mean;
    // In place, as are the solution and its transpose: matrices may be large.
    Eigen::LLT<Eigen::Ref<Matrix>> llt(reversed);
    if (llt.info() != Eigen::Success)
      continue;
    Matrix inverse = Matrix::Identity(depth, depth);
    reversed.triangularView<Eigen::Lower>().solveInPlace(inverse);
    if (inverse.allFinite())
      return inverse;
  }
  return std::nullopt;
}
