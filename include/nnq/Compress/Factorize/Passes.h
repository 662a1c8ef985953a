//===- Passes.h - Passes of the Factorize stage -----------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_FACTORIZE_PASSES_H
#define NNQ_FACTORIZE_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "nnq/Compress/Calibrate/Passes.h"
#include "nnq/Compress/Factorize/FactorizeOptions.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

namespace nnq {

#define GEN_PASS_DECL
#include "nnq/Compress/Factorize/Passes.h.inc"

/// `quantization` adds the passes that quantize a module whose tensors have
/// ranges.
std::unique_ptr<mlir::Pass>
createMeasureFactors(const MeasureFactorsOptions &options,
                     PipelineBuilder quantization, LoweringBuilder lowering);

/// In place of the generated function, which has no pipelines to pass on.
void registerNNQFactorizePasses(PipelineBuilder quantization,
                                LoweringBuilder lowering);

} // namespace nnq

#endif // NNQ_FACTORIZE_PASSES_H
