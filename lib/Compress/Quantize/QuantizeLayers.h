//===- QuantizeLayers.h - Steps of quantizing a layer -----------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_QUANTIZE_QUANTIZELAYERS_H
#define NNQ_LIB_COMPRESS_QUANTIZE_QUANTIZELAYERS_H

#include "nnq/Compress/Quantize/Transforms.h"
#include "nnq/Support/Structured.h"

namespace nnq {

bool isF32Tensor(mlir::Value value);

/// Why `op` cannot be quantized, or empty.
llvm::StringRef findObstacle(mlir::linalg::LinalgOp op);

/// How the weights of `op` are quantized if it does not say so itself and
/// layers are as `format` says.
WeightFormat getWeightFormat(mlir::linalg::LinalgOp op,
                             const WeightedOp &operands,
                             const LayerFormat &format);

/// `activation` in quantize/dequantize form, with parameters found at run time
/// if there are no statistics of it.
mlir::Value quantizeActivation(mlir::OpBuilder &builder, mlir::Value activation,
                               QuantScheme scheme);

/// Writes down what share of `activation` its quantization in `op` clips.
void setClipped(mlir::linalg::LinalgOp op, mlir::Value activation);

/// Writes down that the layer had `elements` weights of 32 bits.
void setProvenance(mlir::linalg::LinalgOp op, int64_t elements);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_QUANTIZE_QUANTIZELAYERS_H
