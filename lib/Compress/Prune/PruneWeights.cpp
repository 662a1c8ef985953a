//===- PruneWeights.cpp - Make weights zero -------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ObsPruning.h"
#include "RequestedLayer.h"
#include "nnq/Compress/Prune/Passes.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Statistics.h"

namespace nnq {
#define GEN_PASS_DEF_PRUNEWEIGHTS
#include "nnq/Compress/Prune/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-prune-weights";

namespace {
struct PruneWeights : public nnq::impl::PruneWeightsBase<PruneWeights> {
  using PruneWeightsBase::PruneWeightsBase;

  void runOnOperation() override {
    if (!(damping >= 0 && damping <= 1)) {
      emitError(getOperation().getLoc()) << "damping is a share; pass 0 to 1";
      return signalPassFailure();
    }
    for (const WeightReaders &readers : findWeightReaders(getOperation()))
      if (failed(prune(readers)))
        return signalPassFailure();
    if (numLayers == 0)
      return;
    // What was seen of other weights.
    dropStatistics(getOperation());
  }

private:
  LogicalResult prune(const WeightReaders &readers) {
    FailureOr<std::optional<RequestedLayer>> requested =
        RequestedLayer::get(readers, criterion);
    if (failed(requested))
      return failure();
    if (!*requested)
      return success();
    auto &[layer, zeros] = **requested;
    int64_t all = layer.getNumWeights();
    int64_t before = countZeros(layer);
    if (failed(makeZero(layer, zeros)))
      return emitLayerError(readers.front())
             << "the correlation of its input cannot be factorized; raise "
                "damping";
    layer.write();
    for (linalg::LinalgOp reader : readers)
      reader->removeAttr(kSparsityAttr);
    int64_t after = countZeros(layer);
    ++numLayers;
    numPruned += after - before;
    numBits += 32 * (after - before);
    numZeros += after;
    numWeights += all;
    remarkPassed(readers.front(), kPass,
                 llvm::formatv("{0} of {1} weights are zero ({2:F1} %), {3} of "
                               "them were so",
                               after, all, 100.0 * after / all, before)
                     .str());
    return success();
  }

  LogicalResult makeZero(SparseLayer &layer, int64_t zeros) {
    if (criterion == WeightCriterion::Obs)
      return pruneByCorrelation(layer, zeros, damping);
    FailureOr<std::vector<double>> scores = layer.getScores(criterion, damping);
    if (failed(scores))
      return failure();
    llvm::BitVector gone =
        layer.choose(*scores, zeros / layer.pattern.getBlockSize());
    for (unsigned at : gone.set_bits())
      layer.weights[at] = 0;
    return success();
  }

  static int64_t countZeros(const SparseLayer &layer) {
    return llvm::count(layer.weights, 0.0f);
  }

  int64_t numLayers = 0;
};
} // namespace
