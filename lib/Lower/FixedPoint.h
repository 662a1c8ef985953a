//===- FixedPoint.h - Rescaling by integers ---------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_LOWER_FIXEDPOINT_H
#define NNQ_LIB_LOWER_FIXEDPOINT_H

#include "mlir/IR/Builders.h"

namespace nnq {

/// value * 2^-31 * 2^shift
struct FixedPointFactor {
  int32_t value = 0;
  int32_t shift = 0;
};

/// As QuantizeMultiplier of TensorFlow Lite
/// (tensorflow/lite/kernels/internal/quantization_util.cc).
FixedPointFactor getFixedPointFactor(double factor);

/// `x` times a factor whose value, shift to the left and shift to the right are
/// i32, as MultiplyByQuantizedMultiplier of TensorFlow Lite computes it with
/// two roundings (tensorflow/lite/kernels/internal/common.h): half up after the
/// product, half away from zero after the shift.
mlir::Value emitFixedPointProduct(mlir::OpBuilder &builder, mlir::Location loc,
                                  mlir::Value x, mlir::Value factor,
                                  mlir::Value left, mlir::Value right);

} // namespace nnq

#endif // NNQ_LIB_LOWER_FIXEDPOINT_H
