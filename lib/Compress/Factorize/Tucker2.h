//===- Tucker2.h - Tucker decomposition of two modes ------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_FACTORIZE_TUCKER2_H
#define NNQ_LIB_COMPRESS_FACTORIZE_TUCKER2_H

#include "DenseTensor.h"

namespace nnq {

/// The first two modes as products with orthonormal columns.
struct Tucker2 {
  DenseTensor core;
  /// size x rank.
  Matrix first, second;

  DenseTensor expand() const;
};

/// By higher-order orthogonal iteration (De Lathauwer et al., 2000) from the
/// truncated higher-order SVD. Ranks are at most the sizes of the modes.
Tucker2 computeTucker2(const DenseTensor &tensor, int64_t firstRank,
                       int64_t secondRank);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_FACTORIZE_TUCKER2_H
