//===- Rewrite.h - Running patterns on quantized networks -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_REWRITE_H
#define NNQ_SUPPORT_REWRITE_H

#include "mlir/Rewrite/FrozenRewritePatternSet.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace nnq {

/// Applies patterns to a fixpoint without any folding. The folder of
/// `quant.dcast` turns quantize-dequantize pairs into nothing, and with them
/// the rounding that they stand for; the folders of tensor ops copy weights.
inline llvm::LogicalResult
applyPatternsWithoutFolding(mlir::Operation *op,
                            const mlir::FrozenRewritePatternSet &patterns) {
  mlir::GreedyRewriteConfig config;
  config.enableFolding(false)
      .enableConstantCSE(false)
      .setRegionSimplificationLevel(mlir::GreedySimplifyRegionLevel::Disabled);
  return mlir::applyPatternsGreedily(op, patterns, config);
}

} // namespace nnq

#endif // NNQ_SUPPORT_REWRITE_H
