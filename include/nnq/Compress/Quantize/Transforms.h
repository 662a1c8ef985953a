//===- Transforms.h - Rewrites of the Quantize stage ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_COMPRESS_QUANTIZE_TRANSFORMS_H
#define NNQ_COMPRESS_QUANTIZE_TRANSFORMS_H

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/PatternMatch.h"
#include "nnq/Compress/Quantize/QuantizeOptions.h"

namespace nnq {

class QuantRangeAttr;

/// How layers are quantized.
struct LayerFormat {
  QuantScheme weights = QuantScheme::Symmetric;
  QuantScheme activations = QuantScheme::Asymmetric;
  WeightGranularity weightGranularity = WeightGranularity::PerAxis;
  WeightRange weightRange = WeightRange::Full;
  WeightCalibration weightCalibration = WeightCalibration::Mse;
  /// 8 or 4.
  int64_t weightBits = 8;
  /// Inputs of one output channel that share a scale; 0 for all of them.
  int64_t groupSize = 0;
  ComputePrecision compute = ComputePrecision::Int8;
  ActivationGranularity activationGranularity =
      ActivationGranularity::PerTensor;
};

/// Layers with constant weights read these and their input through
/// quantize/dequantize pairs. The parameters of an input come from the range
/// that `nnq-choose-ranges` chose or its statistics, which `nnq-calibrate`
/// finds, or are found at run time. CSE merges what layers share. Apply without
/// folding, see nnq/Support/Rewrite.h.
void populateQuantizeLayersPatterns(mlir::RewritePatternSet &patterns,
                                    const LayerFormat &format = {});

/// Quantization moves above ops that commute with it. Apply without folding,
/// see nnq/Support/Rewrite.h.
void populatePropagateQuantizationPatterns(mlir::RewritePatternSet &patterns);

/// Dequantization moves below ops that move elements or pick them, where that
/// changes no bit; below those of constants the integers are moved. Apply
/// without folding.
void populateSinkDequantizationPatterns(mlir::RewritePatternSet &patterns);

/// The 8-bit type of an activation that represents zero and the given range.
mlir::quant::UniformQuantizedType getActivationType(QuantRangeAttr range,
                                                    QuantScheme scheme);

/// How a weight is quantized.
struct WeightFormat {
  QuantScheme scheme;
  WeightRange range;
  /// Dimension that has a scale for each index; without it there is one scale.
  std::optional<int64_t> axis;
  /// Dimension whose neighbours a reduced range looks at, if there is one.
  std::optional<int64_t> inputAxis;
  WeightCalibration calibration = WeightCalibration::Mse;
  /// 8 or 4.
  int64_t bits = 8;
  /// Neighbours along `inputAxis` that share a scale; 0 for all.
  int64_t groupSize = 0;
};

/// `weight`, an f32 constant, in quantize/dequantize form: the result of the
/// `quant.dcast`. Fails if the bytes of the constant are not at hand.
mlir::FailureOr<mlir::Value> quantizeWeight(mlir::OpBuilder &builder,
                                            mlir::Value weight,
                                            const WeightFormat &format);

} // namespace nnq

#endif // NNQ_COMPRESS_QUANTIZE_TRANSFORMS_H
