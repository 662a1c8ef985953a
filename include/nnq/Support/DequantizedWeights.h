//===- DequantizedWeights.h - Integers of weights, and back -----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_DEQUANTIZEDWEIGHTS_H
#define NNQ_SUPPORT_DEQUANTIZEDWEIGHTS_H

#include "nnq/Support/QuantScales.h"

#include "mlir/IR/Value.h"

namespace nnq {

/// The numbers that the integers of a constant stand for.
class WeightGrid {
public:
  /// Fails for types that are not uniform.
  static mlir::FailureOr<WeightGrid> get(mlir::quant::QuantizedType type,
                                         llvm::ArrayRef<int64_t> shape);

  int32_t quantize(int64_t element, float value) const {
    return nnq::quantize(value, getParams(element), range);
  }
  double dequantize(int64_t element, int32_t q) const {
    QuantParams params = getParams(element);
    return static_cast<double>(q - params.zeroPoint) * params.scale;
  }

private:
  QuantParams getParams(int64_t element) const {
    return params[blocks.empty() ? 0 : blocks[element]];
  }

  StorageRange range;
  llvm::SmallVector<QuantParams> params;
  /// Which of the parameters an element has, if there are several.
  std::vector<int32_t> blocks;
};

/// The integers of `weight`, a constant in quantize/dequantize form, of 8 bits.
mlir::FailureOr<std::vector<int32_t>> getIntegers(mlir::Value weight);

/// The type of what such a constant quantizes to.
mlir::quant::QuantizedType getQuantizedType(mlir::Value weight);

} // namespace nnq

#endif // NNQ_SUPPORT_DEQUANTIZEDWEIGHTS_H
