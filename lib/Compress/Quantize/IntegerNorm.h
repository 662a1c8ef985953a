//===- IntegerNorm.h - A layer norm without f32 -----------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_QUANTIZE_INTEGERNORM_H
#define NNQ_LIB_COMPRESS_QUANTIZE_INTEGERNORM_H

#include "nnq/Support/LayerNorm.h"

namespace nnq {

/// Input and result are in [-kMostNormInteger, kMostNormInteger].
inline constexpr int32_t kMostNormInteger = 32767;

/// y = (x - mean) / sqrt(variance + epsilon) * scale + offset with integers x
/// and y of 16 bits, by integers throughout, so that the bits are the same
/// everywhere. For a row of n elements, with m = round(sum x / n),
/// c = x - m and V = sum c^2 + n epsilon:
///
/// ```
/// y = clamp((c / sqrt(V) * 2^30 * multiplier + offset) / 2^(30 + shift))
/// ```
///
/// 1 / sqrt(V) is found bit by bit to 30 bits, as in I-BERT (Kim et al., 2021),
/// which iterates by Newton's method instead.
class IntegerNorm {
public:
  /// Chooses constants for x and y of these scales. Returns why there are
  /// none, or nothing.
  std::string set(const LayerNorm &norm, double inScale, double outScale);

  /// The integers of the result for those of the input.
  mlir::Value emit(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x,
                   llvm::StringRef layer) const;

private:
  int64_t channels = 0;
  /// n epsilon in squared steps of the input.
  int64_t epsilon = 0;
  unsigned shift = 0;
  llvm::SmallVector<int32_t> multipliers;
  llvm::SmallVector<int64_t> offsets;
};

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_QUANTIZE_INTEGERNORM_H
