//===- Passes.cpp - Registration of the Prune stage -----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Compress/Prune/Passes.h"

#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

void nnq::registerNNQPrunePasses(PipelineBuilder removal,
                                 LoweringBuilder lowering) {
  registerPass([] { return createSelectChannels(); });
  registerPass([] { return createReconstructWeights(); });
  registerPass([] { return createRemoveChannels(); });
  registerPass([] { return createSelectSparsity(); });
  registerPass([] { return createPruneWeights(); });
  registerPass([lowering] {
    return createPruneGradually(PruneGraduallyOptions(), lowering);
  });
  registerPass([removal, lowering] {
    return createSelectBlocks(SelectBlocksOptions(), removal, lowering);
  });
  registerPass([lowering] {
    return createReconstructBlocks(ReconstructBlocksOptions(), lowering);
  });
  registerPass([] { return createRemoveBlocks(); });
}
