//===- LayerCost.h - Estimated time of a layer ------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_VECTORIZE_LAYERCOST_H
#define NNQ_VECTORIZE_LAYERCOST_H

#include "mlir/IR/AffineMap.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"

#include "llvm/ADT/BitVector.h"

namespace nnq {

/// A convolution or contraction of any sizes.
struct LayerLoops {
  /// Of loops; dynamic ones count as one.
  llvm::SmallVector<int64_t> sizes;
  /// The loops that are summed over.
  llvm::BitVector sums;
  mlir::AffineMap activationMap, weightMap;
};

/// Cycles that a kernel of f32, or of the layer quantized to int8, takes on the
/// target, by the models that choose it, with what these leave out: weights
/// that no cache near the core holds, the result on its way to the next layer,
/// and what each kernel costs by itself.
double estimateLayerCycles(TargetAttr target, const LayerLoops &layer,
                           bool isInt8 = false);

} // namespace nnq

#endif // NNQ_VECTORIZE_LAYERCOST_H
