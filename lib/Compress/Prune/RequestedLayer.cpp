//===- RequestedLayer.cpp - Layers that are to have zeros -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "RequestedLayer.h"

#include "nnq/Support/Layers.h"

using namespace mlir;
using namespace nnq;

FailureOr<std::optional<RequestedLayer>>
RequestedLayer::get(const WeightReaders &readers, WeightCriterion criterion) {
  linalg::LinalgOp first = readers.front();
  FailureOr<std::optional<SparsityRequest>> request =
      SparsityRequest::read(first);
  if (failed(request))
    return failure();
  for (linalg::LinalgOp reader : readers)
    if (reader->getAttr(kSparsityAttr) != first->getAttr(kSparsityAttr))
      return emitLayerError(reader)
             << kSparsityAttr << " is not that of '" << getLayerName(first)
             << "', which has the same weights";
  if (!*request)
    return std::optional<RequestedLayer>();
  std::string reason;
  FailureOr<SparseLayer> layer =
      SparseLayer::get(readers, (*request)->pattern, criterion, reason);
  if (failed(layer))
    return emitLayerError(first)
           << "cannot be pruned as " << kSparsityAttr << " asks: " << reason;
  if (!layer->isFinite())
    return emitLayerError(first) << "has weights that are not finite numbers";
  int64_t zeros = (*request)->zeros, all = layer->getNumWeights();
  if (zeros < 0 || zeros > all)
    return emitLayerError(first) << kSparsityAttr << " asks for " << zeros
                                 << " zeros of " << all << " weights";
  return std::optional(RequestedLayer{std::move(*layer), zeros});
}
