//===- Transforms.h - Rewrite patterns of the Import stage ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_IMPORT_TRANSFORMS_H
#define NNQ_IMPORT_TRANSFORMS_H

#include "mlir/IR/PatternMatch.h"

namespace nnq {

/// Reshapes and transposes of constants become constants; constant operands of
/// elementwise ops lose their unit dimensions.
void populateFoldConstantLayoutPatterns(mlir::RewritePatternSet &patterns);

/// Named elementwise ops become linalg.generic, selections become minima and
/// maxima.
void populateRaiseElementwisePatterns(mlir::RewritePatternSet &patterns);

/// Init operands of convolutions and contractions become additions.
void populateSplitBiasPatterns(mlir::RewritePatternSet &patterns);

} // namespace nnq

#endif // NNQ_IMPORT_TRANSFORMS_H
