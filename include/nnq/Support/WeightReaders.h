//===- WeightReaders.h - Layers of one constant -----------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_WEIGHTREADERS_H
#define NNQ_SUPPORT_WEIGHTREADERS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// Ops that read one constant as weights.
using WeightReaders = llvm::SmallVector<mlir::linalg::LinalgOp, 1>;

/// Convolutions and contractions with constant weights, in order.
std::vector<WeightReaders> findWeightReaders(mlir::Operation *root);

/// True if nothing reads the weights but these ops, all in the same way.
bool readAlike(const WeightReaders &readers);

} // namespace nnq

#endif // NNQ_SUPPORT_WEIGHTREADERS_H
