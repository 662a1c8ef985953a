//===- Tucker2.cpp - Tucker decomposition of two modes --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Tucker2.h"

#include <Eigen/Eigenvalues>

using namespace nnq;

/// The space of this rank that holds most of the columns. Of a matrix with
/// fewer columns any other vectors add nothing: they are zero.
static Matrix getSpace(const Matrix &unfolded, int64_t rank) {
  // Values are not asked for, and vectors of small ones are not kept: squares
  // are as good, and faster.
  Eigen::SelfAdjointEigenSolver<Matrix> solver(unfolded * unfolded.transpose());
  Matrix space = Matrix::Zero(unfolded.rows(), rank);
  const int64_t count = std::min<int64_t>(rank, unfolded.cols());
  space.leftCols(count) =
      solver.eigenvectors().rowwise().reverse().leftCols(count);
  return space;
}

DenseTensor Tucker2::expand() const {
  return core.multiply(first, 0).multiply(second, 1);
}

Tucker2 nnq::computeTucker2(const DenseTensor &tensor, int64_t firstRank,
                            int64_t secondRank) {
  constexpr int kMostSweeps = 30;
  constexpr double kLeastChange = 1e-9;
  Matrix first = getSpace(tensor.unfold(0), firstRank);
  Matrix second = getSpace(tensor.unfold(1), secondRank);
  const double norm = tensor.getSquaredNorm();
  double kept = 0;
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    first =
        getSpace(tensor.multiply(second.transpose(), 1).unfold(0), firstRank);
    DenseTensor projected = tensor.multiply(first.transpose(), 0);
    second = getSpace(projected.unfold(1), secondRank);
    // What orthonormal factors keep is the norm of the core.
    double now = projected.multiply(second.transpose(), 1).getSquaredNorm();
    if (now - kept <= kLeastChange * norm)
      break;
    kept = now;
  }
  return {tensor.multiply(first.transpose(), 0).multiply(second.transpose(), 1),
          first, second};
}
