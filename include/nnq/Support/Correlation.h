//===- Correlation.h - Matrices of what layers multiply ---------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_CORRELATION_H
#define NNQ_SUPPORT_CORRELATION_H

#include "llvm/ADT/ArrayRef.h"

#include <Eigen/Core>

#include <optional>

namespace nnq {

using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Blocks of products of Eigen, and so their rounding, do not depend on the
/// caches of the machine from here on.
void fixProductBlocks();

/// The symmetric matrix of a lower triangle, row by row.
Matrix unpackTriangle(llvm::ArrayRef<float> triangle, int64_t depth);

/// The reverse, in both directions, of the upper triangle U with U^T U = H^-1,
/// for the rows and columns of `h` in `order`. `damping` times the mean of the
/// diagonal, and more where that is not enough, is added to it.
std::optional<Matrix> factorizeInverse(const Matrix &h,
                                       llvm::ArrayRef<int64_t> order,
                                       double damping);

} // namespace nnq

#endif // NNQ_SUPPORT_CORRELATION_H
