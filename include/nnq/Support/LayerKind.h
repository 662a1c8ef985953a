//===- LayerKind.h - What a layer computes ----------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_LAYERKIND_H
#define NNQ_SUPPORT_LAYERKIND_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// The op that computes, if the body has just one; else null.
mlir::Operation *getSingleBodyOp(mlir::linalg::LinalgOp op);

/// The kind of layer in the words of networks: "conv", "linear", "relu", ...
llvm::StringRef getLayerKind(mlir::linalg::LinalgOp op);

} // namespace nnq

#endif // NNQ_SUPPORT_LAYERKIND_H
