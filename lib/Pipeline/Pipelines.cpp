//===- Pipelines.cpp - Where passes are ordered ---------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Pipeline/Pipelines.h"

#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace nnq;

void nnq::buildImportPipeline(OpPassManager &pm) {}

void nnq::buildQuantizeInt8Pipeline(OpPassManager &pm,
                                    const QuantizeInt8Options &options) {
  buildImportPipeline(pm);
}

void nnq::buildLowerPipeline(OpPassManager &pm) {}

void nnq::buildVectorizePipeline(OpPassManager &pm) {}

void nnq::buildReferencePipeline(OpPassManager &pm) {}

void nnq::buildTargetPipeline(OpPassManager &pm) {}

void nnq::buildLowerToLLVMPipeline(OpPassManager &pm,
                                   const LowerToLLVMOptions &options) {
  buildImportPipeline(pm);
  if (options.reference) {
    buildReferencePipeline(pm);
  } else {
    buildLowerPipeline(pm);
    buildVectorizePipeline(pm);
  }
  buildTargetPipeline(pm);
}

void nnq::registerPipelines() {
  PassPipelineRegistration<QuantizeInt8Options>(
      "quantize-int8", "Quantize weights and activations to int8",
      buildQuantizeInt8Pipeline);
  PassPipelineRegistration<LowerToLLVMOptions>(
      "lower-to-llvm", "Lower a network to the LLVM dialect",
      buildLowerToLLVMPipeline);
}
