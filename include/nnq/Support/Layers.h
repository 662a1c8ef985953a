//===- Layers.h - Names of layers in diagnostics --------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_LAYERS_H
#define NNQ_SUPPORT_LAYERS_H

#include "mlir/IR/Operation.h"

namespace nnq {

/// The name that the network gives to `loc`; empty if it gives none.
llvm::StringRef getLocationName(mlir::Location loc);

/// Name of the layer that `op` belongs to: its `nnq.layer`, else the name of
/// its location, else the name of the op.
llvm::StringRef getLayerName(mlir::Operation *op);

/// Name of the first layer that reads `value`, through casts and reshapes.
llvm::StringRef getUserLayerName(mlir::Value value);

} // namespace nnq

#endif // NNQ_SUPPORT_LAYERS_H
