//===- StorageByWeights.h - Storage of each activation ----------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_LOWER_STORAGEBYWEIGHTS_H
#define NNQ_LIB_LOWER_STORAGEBYWEIGHTS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "nnq/Lower/Passes.h"

namespace nnq {

/// U8 or S16 for each value of quantized type, and for the storage of each
/// dynamic quantization: S16 where weights that need more than a reduced range
/// multiply it. What moves values keeps how they are stored.
mlir::DenseMap<mlir::Value, ActivationStorage>
chooseStorageByWeights(mlir::func::FuncOp func);

} // namespace nnq

#endif // NNQ_LIB_LOWER_STORAGEBYWEIGHTS_H
