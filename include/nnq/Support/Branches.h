//===- Branches.h - Where branches of a network join ------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_BRANCHES_H
#define NNQ_SUPPORT_BRANCHES_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// Operands of `op` that lie in memory between layers, apart from those of
/// convolutions and contractions:
///
/// - of an elementwise op that joins branches (a residual addition, the scaling
///   of a squeeze-excite block), all full-sized branches but the last that
///   comes straight from a convolution or contraction, in whose epilogue the op
///   will be computed, and what layers give for whole channels or rows, such as
///   the gates of a squeeze-excite block;
/// - the input of a sum over windows (average pooling);
/// - of a concatenation between convolutions, or of their results in front of
///   other layers, operands that have other readers, and what reads the result.
///
/// Ops that only elementwise ops lie between, and that read one tensor in the
/// end, join nothing: `x * sigmoid(x)` is one function of x. Only branches of
/// convolutional networks are found; the residual stream of a transformer spans
/// ranges that 8 bits serve badly.
llvm::SmallVector<mlir::OpOperand *> findStoredBranches(mlir::Operation *op);

} // namespace nnq

#endif // NNQ_SUPPORT_BRANCHES_H
