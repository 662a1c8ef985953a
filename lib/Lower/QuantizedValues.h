//===- QuantizedValues.h - Storage of quantized tensors ---------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_LOWER_QUANTIZEDVALUES_H
#define NNQ_LIB_LOWER_QUANTIZEDVALUES_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "nnq/Lower/Passes.h"

namespace nnq {

/// How quantized integers are kept in memory: stored = q + offset.
struct StorageFormat {
  mlir::IntegerType type;
  bool isSigned;
  int64_t offset;
};

/// The format of `storage` for values in [qmin, qmax].
StorageFormat getStorageFormat(mlir::MLIRContext *context,
                               ActivationStorage storage, int64_t qmin);

/// Parameters of one static activation tensor, in units of its storage.
struct ActivationParams {
  double scale;
  int64_t zeroPoint;
  int64_t min, max;
};
ActivationParams getActivationParams(mlir::quant::UniformQuantizedType type,
                                     const StorageFormat &format);

/// The quantized activation behind a dequantization: a value of quantized type,
/// or the storage of a dynamic quantization. Null if it is none.
mlir::Value getQuantizedSource(mlir::Value dequantized);

/// Int8 weights: values, and a scale for each channel, or for each group of the
/// inputs of each channel.
struct IntegerWeights {
  mlir::Value values;
  mlir::SmallVector<double> scales;
  /// By channel; empty if all are 0.
  mlir::SmallVector<int32_t> zeroPoints;
  /// Sum of the weights of each channel minus their zero points, and of the
  /// magnitudes of these.
  mlir::SmallVector<int64_t> sums, magnitudes;
  /// Bits that hold all values: 4, or 8.
  int64_t bits = 8;
  /// With groups: neighbours along `groupDim` of the weights that share a
  /// scale. What is by channel above is then by group, and by channel in it.
  int64_t groupSize = 0;
  unsigned groupDim = 0;
};

/// Fails with a reason where `dequantized` is not a dequantized constant of 8
/// or 4 bits that is scaled along `channelDim`, in groups or not, or per
/// tensor.
mlir::FailureOr<IntegerWeights>
getWeights(mlir::Value dequantized, unsigned channelDim, std::string &reason);

/// The f32 values of a dequantized int8 constant, whatever its parameters are.
/// Fails for anything else.
mlir::FailureOr<std::vector<float>>
getDequantizedConstant(mlir::quant::DequantizeCastOp op);

/// What is known of a number before it is rounded.
enum class Rounded {
  Anything, ///< May be a NaN, which becomes the lower bound.
  Number,   ///< No NaN.
  FitsI32   ///< With the zero point added it fits in 32 bits.
};

/// Magnitudes that leave room for the zero point and for rounding in 32 bits.
inline constexpr double kFitsI32 = 2147480000.0;

/// What is known of numbers of which `largest` is the largest magnitude.
inline Rounded getRounded(double largest) {
  return largest < kFitsI32 ? Rounded::FitsI32 : Rounded::Number;
}

/// Emits scalar code for `clamp(roundeven(scaled) + zeroPoint, min, max)` in
/// the storage type, the bounds being in units of the storage. `zeroPoint` may
/// be known only at run time.
mlir::Value emitRequantize(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::Value scaled, mlir::Value zeroPoint,
                           int64_t min, int64_t max, mlir::Type storage,
                           Rounded known);

/// An elementwise linalg.generic over `shape` with the given operands and maps.
mlir::linalg::GenericOp createElementwise(
    mlir::OpBuilder &builder, mlir::Location loc,
    mlir::RankedTensorType resultType, mlir::ValueRange inputs,
    mlir::ArrayRef<mlir::AffineMap> inputMaps,
    mlir::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location,
                                   mlir::ValueRange)>
        body);

/// A tensor of `shape` that is filled with a number.
mlir::Value createFilled(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::ArrayRef<int64_t> shape, mlir::TypedAttr number);

/// Signed or unsigned extension of `value` to i32.
mlir::Value extendToI32(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value value, bool isSigned);

} // namespace nnq

#endif // NNQ_LIB_LOWER_QUANTIZEDVALUES_H
