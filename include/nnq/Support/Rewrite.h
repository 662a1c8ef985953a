//===- Rewrite.h - Running patterns on quantized networks -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_REWRITE_H
#define NNQ_SUPPORT_REWRITE_H

#include "mlir/IR/PatternMatch.h"
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

/// Copies what `from` says about its layer, origin and kernel, where `to` says
/// nothing itself.
void copyLayerAttributes(mlir::Operation *from, mlir::Operation *to);

/// Gives `to` the discardable attributes of a named structured op, but for what
/// is derived from its kind.
void copyDiscardableAttributes(mlir::DictionaryAttr attributes,
                               mlir::Operation *to);

/// Copies what ops say of their layers for every op that patterns replace,
/// reshapes of the new result left aside.
class LayerAttributeListener : public mlir::RewriterBase::Listener {
public:
  void notifyOperationReplaced(mlir::Operation *op,
                               mlir::ValueRange replacement) override;
};

} // namespace nnq

#endif // NNQ_SUPPORT_REWRITE_H
