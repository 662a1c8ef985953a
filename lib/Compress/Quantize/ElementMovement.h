//===- ElementMovement.h - Ops that quantization moves past -----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_QUANTIZE_ELEMENTMOVEMENT_H
#define NNQ_LIB_COMPRESS_QUANTIZE_ELEMENTMOVEMENT_H

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace nnq {

/// True if op(max(x, y)) = max(op(x), op(y)) holds for all monotone functions
/// in place of max: the op picks elements, at most by their order.
bool picksElements(mlir::Operation *op);

/// The f32 tensors that `op`, which picks elements, picks from.
llvm::SmallVector<mlir::OpOperand *> getPickedOperands(mlir::Operation *op);

/// The number that `op` pads with, if it is a constant other than NaN.
std::optional<float> getPaddingConstant(mlir::tensor::PadOp op);

/// `op` on the integers of `quantized`, its source: pads with `padding`, an
/// integer too. The result is of quantized type.
mlir::Value padQuantized(mlir::RewriterBase &rewriter, mlir::tensor::PadOp op,
                         mlir::Value quantized, int32_t padding);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_QUANTIZE_ELEMENTMOVEMENT_H
