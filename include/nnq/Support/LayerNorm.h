//===- LayerNorm.h - Normalizations of rows ---------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_LAYERNORM_H
#define NNQ_SUPPORT_LAYERNORM_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// `y = (x - mean) / sqrt(variance + epsilon) * scale + offset`, with mean and
/// variance of each row of `x` along its last dimension (Ba et al., Layer
/// Normalization, 2016), found in the ops that compute it.
struct LayerNorm {
  /// x, a static f32 tensor.
  mlir::Value input;
  /// Its result is y, of the same shape.
  mlir::linalg::GenericOp last;
  double epsilon = 0;
  /// By channel, which is the last dimension.
  llvm::SmallVector<float> scale, offset;
};

/// All of them in `module`, be they of many ops or of few.
llvm::SmallVector<LayerNorm> findLayerNorms(mlir::Operation *module);

} // namespace nnq

#endif // NNQ_SUPPORT_LAYERNORM_H
