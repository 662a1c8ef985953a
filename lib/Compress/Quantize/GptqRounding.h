//===- GptqRounding.h - Rounding that makes up for its errors ---*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_QUANTIZE_GPTQROUNDING_H
#define NNQ_LIB_COMPRESS_QUANTIZE_GPTQROUNDING_H

#include "nnq/Support/LayerView.h"
#include "nnq/Support/QuantScales.h"

namespace nnq {

struct GptqOptions {
  /// Share of the mean of the diagonal of the correlation that is added to it.
  double damping = 0.01;
  /// Dimension of the weights whose neighbours must not add up to more than
  /// kMaxWeightSumI16, if there is one; nearest integers keep to that.
  std::optional<int64_t> limitedAxis;
};

/// Rounds the weights of a layer, seen as `view`, to integers of `type` so that
/// the expected squared error of each output is small. `correlation` has the
/// lower triangle of E[x x^T] for each group. `integers` are the nearest ones,
/// which stay where they are better. Fails if no matrix can be factorized.
mlir::LogicalResult roundByCorrelation(const LayerView &view,
                                       llvm::ArrayRef<int64_t> shape,
                                       llvm::ArrayRef<float> weights,
                                       mlir::quant::QuantizedType type,
                                       llvm::ArrayRef<float> correlation,
                                       const GptqOptions &options,
                                       llvm::MutableArrayRef<int32_t> integers);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_QUANTIZE_GPTQROUNDING_H
