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

/// The layer that `op` belongs to: the `nnq.layer` of it or of an op around it,
/// else the name of its location, else "".
llvm::StringRef findLayerName(mlir::Operation *op);

/// The same, or the name of the op where the network has none.
llvm::StringRef getLayerName(mlir::Operation *op);

/// Name of the first layer that reads `value`, through casts and reshapes.
llvm::StringRef getUserLayerName(mlir::Value value);

/// All ops in `root` that have the attribute.
llvm::SmallVector<mlir::Operation *> findOpsWith(mlir::Operation *root,
                                                 llvm::StringRef attribute);

/// An error at `op` that starts with its name and, if known, its layer.
mlir::InFlightDiagnostic emitLayerError(mlir::Operation *op);

} // namespace nnq

#endif // NNQ_SUPPORT_LAYERS_H
