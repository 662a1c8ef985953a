//===- ShareWeights.cpp - Take weights from codebooks ---------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "SharedLayer.h"
#include "nnq/Compress/Share/Passes.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Statistics.h"

#include "llvm/Support/FormatVariadic.h"

namespace nnq {
#define GEN_PASS_DEF_SHAREWEIGHTS
#include "nnq/Compress/Share/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-share-weights";

namespace {
struct ShareWeights : public nnq::impl::ShareWeightsBase<ShareWeights> {
  using ShareWeightsBase::ShareWeightsBase;

  void runOnOperation() override {
    if (!(damping >= 0 && damping <= 1)) {
      emitError(getOperation().getLoc()) << "damping is a share; pass 0 to 1";
      return signalPassFailure();
    }
    for (const WeightReaders &readers : findWeightReaders(getOperation()))
      if (failed(share(readers)))
        return signalPassFailure();
    // What was seen of other weights.
    if (changed)
      dropStatistics(getOperation());
  }

private:
  LogicalResult share(const WeightReaders &readers) {
    auto codebook = readers.front()->getAttrOfType<CodebookAttr>(kCodebookAttr);
    for (linalg::LinalgOp reader : readers)
      if (reader->getAttr(kCodebookAttr) != codebook)
        return emitLayerError(reader) << kCodebookAttr << " is not that of '"
                                      << getLayerName(readers.front())
                                      << "', which has the same weights";
    if (!codebook)
      return success();
    std::string reason;
    FailureOr<SharedLayer> layer = SharedLayer::get(readers, reason);
    if (failed(layer))
      return emitLayerError(readers.front())
             << "cannot share weights as " << kCodebookAttr
             << " asks: " << reason;
    if (!layer->isFinite())
      return emitLayerError(readers.front())
             << "has weights that are not finite numbers";
    if (std::string obstacle = layer->findVectorObstacle(codebook.getVector(),
                                                         codebook.getZeros());
        !obstacle.empty())
      return emitLayerError(readers.front())
             << "cannot share weights as " << kCodebookAttr
             << " asks: " << obstacle;
    if (failed(layer->share(codebook, damping)))
      return emitLayerError(readers.front())
             << "the correlation of its input cannot be factorized; raise "
                "damping";
    int64_t count = layer->weights.size();
    for (linalg::LinalgOp reader : readers) {
      reader->removeAttr(kCodebookAttr);
      reader->setAttr(kProvenanceAttr, getProvenance(reader, codebook, count));
    }
    layer->write(codebook);
    changed = true;
    ++numShared;
    numWeights += count;
    numBits += 32 * count - countBits(codebook, count);
    std::string numbers = llvm::formatv("{0}", 1 << codebook.getBits());
    if (codebook.getVector() > 1)
      numbers += llvm::formatv(" vectors of {0}", codebook.getVector()).str();
    remarkPassed(readers.front(), kPass,
                 llvm::formatv("{0} weights are of {1} numbers, SQNR {2:F1} dB",
                               count, numbers, layer->getSqnr())
                     .str());
    return success();
  }

  static int64_t countBits(CodebookAttr codebook, int64_t count) {
    return count * codebook.getBits() / codebook.getVector();
  }

  ProvenanceAttr getProvenance(linalg::LinalgOp op, CodebookAttr codebook,
                               int64_t count) {
    std::string technique =
        llvm::formatv("share-{0}bit", codebook.getBits()).str();
    if (codebook.getVector() > 1)
      technique += llvm::formatv("-vector{0}", codebook.getVector()).str();
    return ProvenanceAttr::get(&getContext(),
                               StringAttr::get(&getContext(), getLayerName(op)),
                               StringAttr::get(&getContext(), technique),
                               count * 32, countBits(codebook, count));
  }

  bool changed = false;
};
} // namespace
