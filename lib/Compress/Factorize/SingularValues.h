//===- SingularValues.h - Truncated SVD and its rank ------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_FACTORIZE_SINGULARVALUES_H
#define NNQ_LIB_COMPRESS_FACTORIZE_SINGULARVALUES_H

#include "nnq/Support/Correlation.h"

namespace nnq {

/// Singular values, the largest first, and what belongs to them on the left.
struct LeftSvd {
  Eigen::VectorXd values;
  /// Orthonormal columns, rows x min(rows, columns) of the matrix.
  Matrix vectors;
};

LeftSvd computeLeftSvd(const Matrix &matrix);

/// That of W S for any S with S S^T = `correlation`: its first vectors u make
/// u u^T W the matrix of that rank whose products W x are nearest to those of
/// W, in the mean of squares over x with E[x x^T] = `correlation`.
LeftSvd computeWeightedLeftSvd(const Matrix &matrix, const Matrix &correlation);

/// The least rank whose values have this share of the sum of squares.
int64_t getEnergyRank(const Eigen::VectorXd &values, double energy);

/// The number of values of a rows x columns matrix that noise does not explain:
/// the global solution of empirical variational Bayes matrix factorization
/// (Nakajima et al., JMLR 14, 2013), with the variance of the noise estimated.
int64_t getVbmfRank(const Eigen::VectorXd &values, int64_t rows,
                    int64_t columns);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_FACTORIZE_SINGULARVALUES_H
