//===- Passes.h - Passes of the Calibrate stage -----------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_CALIBRATE_PASSES_H
#define NNQ_CALIBRATE_PASSES_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "nnq/Compress/Calibrate/CalibrationMethod.h"
#include "nnq/Compress/Quantize/QuantizeOptions.h"

#include <functional>

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace nnq {

#define GEN_PASS_DECL
#include "nnq/Compress/Calibrate/Passes.h.inc"

/// Adds the passes that bring a module to the LLVM dialect of this machine, by
/// the reference or fast.
using LoweringBuilder =
    std::function<void(mlir::OpPassManager &, bool reference)>;

/// Adds the passes that quantize a module that has statistics.
using PipelineBuilder = std::function<void(mlir::OpPassManager &)>;

/// The stage does not know how to lower what it runs: pipelines are ordered
/// elsewhere, and they contain this stage.
std::unique_ptr<mlir::Pass> createCalibrate(const CalibrateOptions &options,
                                            LoweringBuilder lowering);

std::unique_ptr<mlir::Pass> createLimitDrop(const LimitDropOptions &options,
                                            PipelineBuilder quantization,
                                            LoweringBuilder lowering);

std::unique_ptr<mlir::Pass>
createMeasureNoise(const MeasureNoiseOptions &options,
                   PipelineBuilder quantization, LoweringBuilder lowering);

std::unique_ptr<mlir::Pass> createBisectNoise(const BisectNoiseOptions &options,
                                              PipelineBuilder quantization,
                                              LoweringBuilder lowering);

/// In place of the generated function, which has no pipelines to pass on.
void registerNNQCalibratePasses(PipelineBuilder quantization,
                                LoweringBuilder lowering);

} // namespace nnq

#endif // NNQ_CALIBRATE_PASSES_H
