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

/// Why the weights of `op` cannot have fewer bits, or groups, as `format` asks
/// for; empty if they can.
std::string findFormatObstacle(mlir::linalg::LinalgOp op,
                               const WeightedOp &operands,
                               const WeightFormat &format);

/// What weights that meet an obstacle get: 8 bits without groups.
inline void dropFormat(WeightFormat &format) {
  format.bits = 8;
  format.groupSize = 0;
}

/// Bits of all integers of a dequantized weight.
int64_t countWeightBits(mlir::Value dequantized);

/// PerRow if `format` asks for it and `op` multiplies rows of its activation,
/// which are those along the last dimension.
ActivationGranularity getGranularity(mlir::linalg::LinalgOp op,
                                     const WeightedOp &operands,
                                     ActivationGranularity wanted);

/// `activation` in quantize/dequantize form, with parameters found at run time
/// for each row, or if there are no statistics of it.
mlir::Value quantizeActivation(mlir::OpBuilder &builder, mlir::Value activation,
                               QuantScheme scheme,
                               ActivationGranularity granularity);

/// Writes down what share of `activation` its quantization in `op` clips.
void setClipped(mlir::linalg::LinalgOp op, mlir::Value activation);

/// Writes down what became of the f32 weights of the layer: `weight`,
/// dequantized.
void setProvenance(mlir::linalg::LinalgOp op, mlir::Value weight);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_QUANTIZE_QUANTIZELAYERS_H
