//===- RequestedLayer.h - Layers that are to have zeros ---------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_PRUNE_REQUESTEDLAYER_H
#define NNQ_LIB_COMPRESS_PRUNE_REQUESTEDLAYER_H

#include "SparseLayer.h"

namespace nnq {

/// A layer of which `nnq.sparsity` asks for zeros, and for how many.
struct RequestedLayer {
  SparseLayer layer;
  int64_t zeros;

  /// None if nothing is asked for; an error at the readers if that cannot be
  /// done.
  static mlir::FailureOr<std::optional<RequestedLayer>>
  get(const WeightReaders &readers, WeightCriterion criterion);
};

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_PRUNE_REQUESTEDLAYER_H
