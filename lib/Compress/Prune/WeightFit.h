//===- WeightFit.h - Weights that make up for those that went ---*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_PRUNE_WEIGHTFIT_H
#define NNQ_LIB_COMPRESS_PRUNE_WEIGHTFIT_H

#include "llvm/ADT/ArrayRef.h"

#include <Eigen/Core>

#include <vector>

namespace nnq {

using FloatMatrix =
    Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Patches that rows of weights multiply, and what the rows are to give.
class WeightFit {
public:
  /// `patches` has one patch a row, `targets` as many rows, with one column for
  /// each row of weights. `damping` times the mean of the variances is what a
  /// change of weights costs.
  WeightFit(FloatMatrix patches, FloatMatrix targets, double damping);

  /// Of each number of a patch.
  Eigen::VectorXf getVariances() const { return variances; }
  /// Changes those of `weights` that are not zero so that the squared error of
  /// the results is least, but for their means.
  void fit(FloatMatrix &weights) const;
  /// What biases have to add for the means to be right.
  Eigen::VectorXf getBiases(const FloatMatrix &weights) const;
  /// Shares in the variance of the results that the weights get right.
  double getExplained(const FloatMatrix &weights) const;

private:
  /// rows x inverse covariance, but for the number of patches.
  FloatMatrix multiply(const FloatMatrix &rows) const;

  /// Without their means.
  FloatMatrix patches, targets;
  Eigen::RowVectorXf meanPatch, meanTarget;
  Eigen::VectorXf variances;
  /// patches^T patches, where this is the smaller one.
  FloatMatrix products;
  float penalty = 0;
};

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_PRUNE_WEIGHTFIT_H
