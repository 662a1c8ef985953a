//===- QuantScales.h - Parameters of quantized types ------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_QUANTSCALES_H
#define NNQ_SUPPORT_QUANTSCALES_H

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "nnq/Support/QuantMath.h"

namespace nnq {

/// Scales and zero points of a quantized type: one for the tensor, for each
/// index of an axis, or for each block.
struct QuantScales {
  struct Blocks {
    int64_t dim;
    /// Neighbours that share a scale, and how many such blocks there are.
    int64_t size, count;
  };

  /// Fails for types that are not uniform.
  static mlir::FailureOr<QuantScales> get(mlir::quant::QuantizedType type);

  /// For each dimension of a tensor of `shape`, how many neighbours share a
  /// scale.
  mlir::SmallVector<int64_t> getBlockShape(mlir::ArrayRef<int64_t> shape) const;

  /// In row-major order of the blocks.
  mlir::SmallVector<double> scales;
  mlir::SmallVector<int64_t> zeroPoints;
  /// Dimensions along which scales differ, in ascending order.
  mlir::SmallVector<Blocks> blocks;
};

/// The type of integers in `range`, of 8 bits or `bits`, that stand for f32,
/// with one scale or, with `axis`, one for each index of it.
mlir::quant::QuantizedType
getInt8Type(mlir::MLIRContext *context, bool isSigned, StorageRange range,
            mlir::ArrayRef<double> scales, mlir::ArrayRef<int64_t> zeroPoints,
            std::optional<int64_t> axis = std::nullopt, unsigned bits = 8);

/// The type of signed integers in `range` whose scales are those of the blocks
/// of a tensor of `shape`, in row-major order; `blockShape` says how many
/// neighbours a block has in each dimension.
mlir::quant::QuantizedType
getBlockType(mlir::MLIRContext *context, unsigned bits, StorageRange range,
             mlir::ArrayRef<int64_t> shape, mlir::ArrayRef<int64_t> blockShape,
             mlir::ArrayRef<double> scales, mlir::ArrayRef<int64_t> zeroPoints);

/// Parameters in the precision of generated code.
QuantParams getQuantParams(mlir::quant::UniformQuantizedType type);

StorageRange getStorageRange(mlir::quant::QuantizedType type);

} // namespace nnq

#endif // NNQ_SUPPORT_QUANTSCALES_H
