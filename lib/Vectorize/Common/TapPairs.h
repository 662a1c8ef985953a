//===- TapPairs.h - Weights whose taps are neighbours -----------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_TAPPAIRS_H
#define NNQ_LIB_VECTORIZE_COMMON_TAPPAIRS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// A linalg.generic that makes packed weights of `type`, blocks by three taps
/// by groups by lanes by elements, of two constants: the first and the third
/// tap, as neighbours, and the second one. An instruction that multiplies bytes
/// and adds them up in pairs transforms the former. Kernels take it in.
mlir::Value emitTapPairs(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::RankedTensorType type,
                         llvm::ArrayRef<char> bytes, llvm::StringRef name);

/// The op of this kind that writes `buffer`, which `reader` reads, or null.
mlir::linalg::GenericOp findTapPairs(mlir::Value buffer,
                                     mlir::Operation *reader);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_TAPPAIRS_H
