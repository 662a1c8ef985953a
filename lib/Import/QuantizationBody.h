//===- QuantizationBody.h - Bodies that quantize or dequantize --*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_IMPORT_QUANTIZATIONBODY_H
#define NNQ_LIB_IMPORT_QUANTIZATIONBODY_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// What a body says about quantization to 8 bits.
struct QuantizationParams {
  /// Number of the operand that is quantized or dequantized.
  unsigned input = 0;
  bool isSigned = true;
  int64_t min = -128, max = 127;
  /// One scale and zero point, or one for each index of a dimension.
  std::optional<unsigned> axis;
  llvm::SmallVector<double> scales;
  llvm::SmallVector<int64_t> zeroPoints;
};

/// clamp(roundeven(x / s) + zp, min, max), converted to an integer of 8 bits,
/// for each element of an f32 tensor. On failure `reason` says what is missing.
mlir::FailureOr<QuantizationParams>
matchQuantizeBody(mlir::linalg::GenericOp op, std::string &reason);

/// (q - zp) * s in f32, for each element of a tensor of 8-bit integers.
mlir::FailureOr<QuantizationParams>
matchDequantizeBody(mlir::linalg::GenericOp op, std::string &reason);

} // namespace nnq

#endif // NNQ_LIB_IMPORT_QUANTIZATIONBODY_H
