//===- NoiseCauses.h - What may make a layer noisy --------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_CALIBRATE_NOISECAUSES_H
#define NNQ_LIB_COMPRESS_CALIBRATE_NOISECAUSES_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"

namespace nnq {

/// The type of the integers that `layer` multiplies with, or null.
mlir::quant::QuantizedType getWeightType(mlir::linalg::LinalgOp layer);

/// What in `quantized`, a copy of `layer`, explains noise that the layer makes,
/// in words; empty if nothing does.
std::string describeCauses(mlir::linalg::LinalgOp layer,
                           mlir::linalg::LinalgOp quantized);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_CALIBRATE_NOISECAUSES_H
