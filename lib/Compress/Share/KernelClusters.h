//===- KernelClusters.h - Kernels that are one matrix -----------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_SHARE_KERNELCLUSTERS_H
#define NNQ_LIB_COMPRESS_SHARE_KERNELCLUSTERS_H

#include "nnq/Support/Correlation.h"

namespace nnq {

/// Rows of a matrix as multiples, of either sign, of fewer rows.
struct KernelClusters {
  /// Each row, and of each row which of them it is and how often.
  Matrix shared;
  llvm::SmallVector<int64_t> groups;
  llvm::SmallVector<double> scales;

  /// A row for each row that was clustered, with one number that is not zero.
  Matrix getScales() const;
};

/// The error of an element counts by the weight of its column. Starts from rows
/// that are far from each other, so that no seed is needed.
KernelClusters clusterKernels(const Matrix &rows,
                              const Eigen::VectorXd &weights,
                              int64_t numGroups);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_SHARE_KERNELCLUSTERS_H
