//===- WinogradEmitter.h - 3x3 convolutions by fewer products ---*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_WINOGRADEMITTER_H
#define NNQ_LIB_VECTORIZE_COMMON_WINOGRADEMITTER_H

#include "KernelGroup.h"

namespace nnq {

/// True if `group`, whose strategy says `winograd`, is a packed convolution of
/// 3x3 taps with a stride of 1; fails with a reason otherwise.
bool canEmitWinograd(const KernelGroup &group, std::string &reason);

/// Emits the loops of `group` at the builder's insertion point: for each strip
/// of tiles the transformed activation; for each tile of channels the
/// transformed weights, products, and transformed results with the epilogue on
/// them. Nothing is erased.
void emitWinograd(mlir::OpBuilder &builder, const KernelGroup &group);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_WINOGRADEMITTER_H
