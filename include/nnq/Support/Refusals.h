//===- Refusals.h - Compression that would not pay --------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_REFUSALS_H
#define NNQ_SUPPORT_REFUSALS_H

#include "mlir/IR/Operation.h"

namespace nnq {

/// On a function: compression of layers that would not have paid, an array of
/// dictionaries of `layer`, `technique` and `reason`.
inline constexpr llvm::StringLiteral kRefusedAttr = "nnq.refused";

/// Writes into `nnq.refused` of the function around `op` that `technique` would
/// not have paid for its layer, in place of what it said of it before.
void noteRefusal(mlir::Operation *op, llvm::StringRef technique,
                 llvm::StringRef reason);

} // namespace nnq

#endif // NNQ_SUPPORT_REFUSALS_H
