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

/// How an activation is quantized.
struct ActivationFormat {
  QuantScheme scheme;
  ActivationRange range = ActivationRange::Static;
};

/// How the activation of `op` is quantized if it does not say so itself and
/// layers are as `format` says.
ActivationFormat getActivationFormat(mlir::linalg::LinalgOp op,
                                     const LayerFormat &format);

/// True if `op` multiplies rows of its activation, which are those along the
/// last dimension.
inline bool readsRows(mlir::linalg::LinalgOp op, const WeightedOp &operands) {
  return getRowMap(op, *operands.activation).has_value();
}

/// `activation` in quantize/dequantize form, with parameters found at run time
/// as asked for, or if there are no statistics of it.
mlir::Value quantizeActivation(mlir::OpBuilder &builder, mlir::Value activation,
                               ActivationFormat format);

/// Writes down what share of `activation` its quantization in `op` clips.
void setClipped(mlir::linalg::LinalgOp op, mlir::Value activation);

/// Writes down what became of the f32 weights of the layer: `weight`,
/// dequantized.
void setProvenance(mlir::linalg::LinalgOp op, mlir::Value weight);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_QUANTIZE_QUANTIZELAYERS_H
