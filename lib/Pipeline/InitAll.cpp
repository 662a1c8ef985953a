//===- InitAll.cpp - The registry of nnq ----------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/InitAll.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "nnq/Compress/Calibrate/Passes.h"
#include "nnq/Compress/Factorize/Passes.h"
#include "nnq/Compress/Prune/Passes.h"
#include "nnq/Compress/Quantize/Passes.h"
#include "nnq/Compress/Recipe/Passes.h"
#include "nnq/Compress/Share/Passes.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Import/Passes.h"
#include "nnq/Lower/Passes.h"
#include "nnq/Pipeline/Pipelines.h"
#include "nnq/Target/ObserveBufferization.h"
#include "nnq/Target/Passes.h"
#include "nnq/Vectorize/Passes.h"

void nnq::registerAllDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllToLLVMIRTranslations(registry);
  registry.insert<NNQDialect>();
  registerObserveBufferization(registry);
}

void nnq::registerAllPasses() {
  registerNNQImportPasses();
  registerNNQCalibratePasses(
      [](mlir::OpPassManager &pm) { buildQuantizationPipeline(pm); },
      buildCalibrationPipeline);
  registerNNQFactorizePasses(buildTrialQuantizationPipeline,
                             buildCalibrationPipeline);
  registerNNQPrunePasses(
      [](mlir::OpPassManager &pm) { buildBlockRemovalPipeline(pm, {}); },
      buildCalibrationPipeline);
  registerNNQQuantizePasses();
  registerNNQRecipePasses();
  registerNNQSharePasses();
  registerNNQLowerPasses();
  registerNNQVectorizePasses();
  registerNNQTargetPasses();
  registerPipelines();
}
