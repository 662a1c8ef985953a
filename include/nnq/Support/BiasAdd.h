//===- BiasAdd.h - The addition of a bias to a layer ------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_BIASADD_H
#define NNQ_SUPPORT_BIASADD_H

#include "nnq/Support/LayerView.h"

namespace nnq {

/// sum + addend, where `map` says which element of the addend goes to which of
/// the sum. It is named after `layer`.
mlir::linalg::GenericOp createBiasAdd(mlir::OpBuilder &builder,
                                      mlir::Operation *layer, mlir::Value sum,
                                      mlir::Value addend, mlir::AffineMap map);

/// Adds one number to each output channel of `op`, seen as `view`, for all that
/// read the result. The constant is named after `hint`.
void addToChannels(mlir::linalg::LinalgOp op, const LayerView &view,
                   llvm::ArrayRef<float> addends, llvm::StringRef hint);

} // namespace nnq

#endif // NNQ_SUPPORT_BIASADD_H
