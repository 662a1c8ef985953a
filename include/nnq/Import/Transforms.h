//===- Transforms.h - Rewrite patterns of the Import stage ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_IMPORT_TRANSFORMS_H
#define NNQ_IMPORT_TRANSFORMS_H

#include "mlir/IR/PatternMatch.h"

namespace nnq {

/// Elementwise ops whose operands are all constants become constants, if the
/// result is no larger than `maxBytes` or than the operands; `count` is called
/// for each. Scalar arithmetic folds.
void populateFoldConstantsPatterns(mlir::RewritePatternSet &patterns,
                                   int64_t maxBytes,
                                   llvm::function_ref<void()> count);

/// Checks that hold, and those that keep a divisor from zero, go; bounds of
/// indices become clamps.
void populateDropChecksPatterns(mlir::RewritePatternSet &patterns);

/// Arithmetic of quantization becomes `quant.qcast` and `quant.dcast`; `count`
/// is called for each.
void populateRaiseQuantizationPatterns(mlir::RewritePatternSet &patterns,
                                       llvm::function_ref<void()> count);

/// Layers of TOSA on integers become layers on numbers between quantization and
/// dequantization; `count` is called for each. Apply without folding, see
/// nnq/Support/Rewrite.h.
void populateRaiseTosaQuantizationPatterns(mlir::RewritePatternSet &patterns,
                                           llvm::function_ref<void()> count);

/// The groups of a convolution and the channels in them become one dimension of
/// channels; `count` is called for each.
void populateMergeGroupsPatterns(mlir::RewritePatternSet &patterns,
                                 llvm::function_ref<void()> count);

/// Products of a batch of matrices with one that is broadcast read it as it is;
/// `count` is called for each.
void populateUnbatchWeightsPatterns(mlir::RewritePatternSet &patterns,
                                    llvm::function_ref<void()> count);

/// Elements that a body reads at places known at compile time become operands.
void populateRaiseGatherPatterns(mlir::RewritePatternSet &patterns);

/// Sums and maxima of images that stay images, of one pixel, become pools.
void populateRaisePoolingPatterns(mlir::RewritePatternSet &patterns);

/// What bodies compute from loop indices alone becomes a constant operand, if
/// it takes no more than `maxBytes`; `count` is called for each.
void populateTabulateIndicesPatterns(mlir::RewritePatternSet &patterns,
                                     int64_t maxBytes,
                                     llvm::function_ref<void()> count);

/// Reshapes and transposes of constants become constants; constant operands of
/// elementwise ops lose their unit dimensions.
void populateFoldConstantLayoutPatterns(mlir::RewritePatternSet &patterns);

/// Named elementwise ops become linalg.generic, selections become minima and
/// maxima.
void populateRaiseElementwisePatterns(mlir::RewritePatternSet &patterns);

/// Results of reductions lose their unit dimensions, and so do those who read
/// them.
void populateDropUnitDimsPatterns(mlir::RewritePatternSet &patterns);

/// Scales and offsets behind a layer of constant weights become part of it;
/// `count` is called for each layer that takes a scale.
void populateFoldAffinePatterns(mlir::RewritePatternSet &patterns,
                                llvm::function_ref<void()> count);

/// Convolutions over elements with zeros in between become one convolution for
/// each place of an output between the elements, of which there are `maxPhases`
/// at most; `count` is called for each.
void populateSplitTransposedConvPatterns(mlir::RewritePatternSet &patterns,
                                         int64_t maxPhases,
                                         llvm::function_ref<void()> count);

/// Init operands of convolutions and contractions become additions.
void populateSplitBiasPatterns(mlir::RewritePatternSet &patterns);

} // namespace nnq

#endif // NNQ_IMPORT_TRANSFORMS_H
