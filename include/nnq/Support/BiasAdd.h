//===- BiasAdd.h - The addition of a bias to a layer ------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_BIASADD_H
#define NNQ_SUPPORT_BIASADD_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// sum + addend, where `map` says which element of the addend goes to which of
/// the sum. It is named after `layer`.
mlir::linalg::GenericOp createBiasAdd(mlir::OpBuilder &builder,
                                      mlir::Operation *layer, mlir::Value sum,
                                      mlir::Value addend, mlir::AffineMap map);

} // namespace nnq

#endif // NNQ_SUPPORT_BIASADD_H
