//===- Transforms.h - Rewrites of the Lower stage ---------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LOWER_TRANSFORMS_H
#define NNQ_LOWER_TRANSFORMS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"
#include "nnq/Lower/Passes.h"

namespace nnq {

/// How many ops compute in integers now, and how many do not.
struct LoweredQuantization {
  unsigned integerOps = 0;
  unsigned floatOps = 0;
};

/// Quantize/dequantize pairs become integer ops with fused requantization. Not
/// patterns: what an op becomes depends on how its operands are stored, so ops
/// are rewritten in order.
LoweredQuantization
lowerQuantization(mlir::func::FuncOp func, ActivationStorage storage,
                  Requantization requant = Requantization::Float);

/// Flattenings in front of contractions become loops of them.
void populateFoldReshapesPatterns(mlir::RewritePatternSet &patterns);

/// Elementwise ops become one, and epilogues of the contractions and reductions
/// in front of them.
void populateFuseElementwisePatterns(mlir::RewritePatternSet &patterns);

/// Max pools of disjoint windows go in front of the monotone epilogue that they
/// read.
void populateHoistMaxPoolPatterns(mlir::RewritePatternSet &patterns);

} // namespace nnq

#endif // NNQ_LOWER_TRANSFORMS_H
