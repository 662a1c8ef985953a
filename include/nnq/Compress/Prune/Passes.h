//===- Passes.h - Passes of the Prune stage ---------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_PRUNE_PASSES_H
#define NNQ_PRUNE_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "nnq/Compress/Calibrate/Passes.h"
#include "nnq/Compress/Prune/PruneOptions.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

namespace nnq {

/// On a function: of each layer with weights, the channels of the network
/// before pruning that it still has. Masked ones do not count.
inline constexpr llvm::StringLiteral kKeptChannelsAttr = "nnq.kept_channels";

#define GEN_PASS_DECL
#include "nnq/Compress/Prune/Passes.h.inc"

/// `removal` adds the passes that remove the blocks a module names.
std::unique_ptr<mlir::Pass>
createSelectBlocks(const SelectBlocksOptions &options, PipelineBuilder removal,
                   LoweringBuilder lowering);

std::unique_ptr<mlir::Pass>
createPruneGradually(const PruneGraduallyOptions &options,
                     LoweringBuilder lowering);

std::unique_ptr<mlir::Pass>
createReconstructBlocks(const ReconstructBlocksOptions &options,
                        LoweringBuilder lowering);

/// In place of the generated function, which has no pipelines to pass on.
void registerNNQPrunePasses(PipelineBuilder removal, LoweringBuilder lowering);

} // namespace nnq

#endif // NNQ_PRUNE_PASSES_H
