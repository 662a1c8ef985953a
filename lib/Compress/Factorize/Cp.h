//===- Cp.h - Canonical polyadic decomposition ------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_FACTORIZE_CP_H
#define NNQ_LIB_COMPRESS_FACTORIZE_CP_H

#include "DenseTensor.h"

namespace nnq {

/// A sum of outer products, whose columns have equal norms in all modes.
struct Cp {
  /// size x rank, for each mode.
  llvm::SmallVector<Matrix> factors;
  double relativeError = 1;
  /// Norms of the terms as a sum, relative to that of the tensor: terms that
  /// grow without end and cancel each other are degenerate.
  double termNorm = 0;

  DenseTensor expand() const;
  bool isDegenerate() const;
};

/// By alternating least squares with a ridge, which bounds the terms, from the
/// leading singular vectors and from a random start; the nearest one that is
/// not degenerate. Where there is none the ridge grows.
Cp computeCp(const DenseTensor &tensor, int64_t rank, uint64_t seed);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_FACTORIZE_CP_H
