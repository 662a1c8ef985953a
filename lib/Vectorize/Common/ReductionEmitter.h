//===- ReductionEmitter.h - Reductions of unpacked operands -----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_REDUCTIONEMITTER_H
#define NNQ_LIB_VECTORIZE_COMMON_REDUCTIONEMITTER_H

#include "KernelGroup.h"

namespace nnq {

/// A reduction whose lanes are neighbours in the result: depthwise
/// convolutions, pools, and products of two activations. Every operand is
/// contiguous along the lanes or does not depend on them.
bool canReduceAcrossRows(const KernelGroup &group);
void emitReductionAcrossRows(mlir::OpBuilder &builder,
                             const KernelGroup &group);

/// A reduction of rows: sums and maxima along the innermost dimension of the
/// operands, each to one number.
bool canReduceRows(const KernelGroup &group);
void emitReductionOfRows(mlir::OpBuilder &builder, const KernelGroup &group,
                         int64_t lanes);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_REDUCTIONEMITTER_H
