//===- Diagnostics.h - Errors that name the layer ---------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_DIAGNOSTICS_H
#define NNQ_SUPPORT_DIAGNOSTICS_H

#include "mlir/IR/Operation.h"

namespace nnq {

/// The layer of the network that `op` or an op around it came from, or "".
llvm::StringRef getLayer(mlir::Operation *op);

/// An error at `op` that starts with its name and, if known, its layer.
mlir::InFlightDiagnostic emitLayerError(mlir::Operation *op);

} // namespace nnq

#endif // NNQ_SUPPORT_DIAGNOSTICS_H
