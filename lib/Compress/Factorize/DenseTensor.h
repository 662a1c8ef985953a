//===- DenseTensor.h - Tensors and their unfoldings -------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_FACTORIZE_DENSETENSOR_H
#define NNQ_LIB_COMPRESS_FACTORIZE_DENSETENSOR_H

#include "nnq/Support/Correlation.h"

#include "llvm/ADT/SmallVector.h"

#include <vector>

namespace nnq {

/// Numbers in row-major order.
struct DenseTensor {
  explicit DenseTensor(llvm::ArrayRef<int64_t> shape);
  /// A matrix whose rows are along `mode`, and whose columns run over the other
  /// modes in order.
  static DenseTensor fold(const Matrix &matrix, int64_t mode,
                          llvm::ArrayRef<int64_t> shape);

  int64_t getRank() const { return shape.size(); }
  Matrix unfold(int64_t mode) const;
  /// The same numbers with mode i the one that was permutation[i].
  DenseTensor permute(llvm::ArrayRef<int64_t> permutation) const;
  /// The same numbers in the same order.
  DenseTensor reshape(llvm::ArrayRef<int64_t> shape) const;
  /// The n-mode product with a matrix of new size x size.
  DenseTensor multiply(const Matrix &matrix, int64_t mode) const;
  double getSquaredNorm() const;

  llvm::SmallVector<int64_t> shape;
  std::vector<double> values;
};

/// ||a - b|| / ||a||, 0 where both are zero.
double getRelativeError(const DenseTensor &a, const DenseTensor &b);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_FACTORIZE_DENSETENSOR_H
