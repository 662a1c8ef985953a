//===- QuantizeOptions.h - Choices in quantization ------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_COMPRESS_QUANTIZE_QUANTIZEOPTIONS_H
#define NNQ_COMPRESS_QUANTIZE_QUANTIZEOPTIONS_H

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/EnumOption.h"

namespace nnq {

/// How scales of weights are chosen.
enum class WeightCalibration { MinMax, Mse };

/// How weights are rounded; by default as the data allow.
enum class WeightRounding { Auto, Nearest, Gptq };

/// WeightRange, or what goes with the rounding.
enum class WeightRangeChoice { Auto, Full, Reduced };

/// How many elements of an activation share a scale.
enum class ActivationGranularity { PerTensor, PerRow };

/// How products of two activations are computed, as those of attention are.
enum class ProductPrecision { Int8, F32 };

/// How layer norms are computed.
enum class NormPrecision { F32, Integer };

/// The precision in which layers with quantized weights compute.
enum class ComputePrecision { Int8, F32 };

/// What becomes of the layers in f32 of a network that came in with others that
/// are quantized.
enum class ForeignQuantization { Complete, Keep };

/// Values of an option of type ForeignQuantization.
inline llvm::cl::ValuesClass foreignQuantizationValues() {
  return llvm::cl::values(
      clEnumValN(ForeignQuantization::Complete, "complete",
                 "They are quantized, too"),
      clEnumValN(ForeignQuantization::Keep, "keep", "They stay in f32"));
}

/// Values of an option of type QuantScheme.
inline llvm::cl::ValuesClass quantSchemeValues() {
  return llvm::cl::values(
      clEnumValN(QuantScheme::Symmetric, "symmetric", "The zero point is 0"),
      clEnumValN(QuantScheme::Asymmetric, "asymmetric",
                 "The range is that of the data"));
}

/// Values of an option of type WeightGranularity.
inline llvm::cl::ValuesClass weightGranularityValues() {
  return llvm::cl::values(clEnumValN(WeightGranularity::PerAxis, "per-axis",
                                     "One scale for each output channel"),
                          clEnumValN(WeightGranularity::PerTensor, "per-tensor",
                                     "One scale for all weights of a layer"));
}

/// Values of an option of type ActivationGranularity.
inline llvm::cl::ValuesClass activationGranularityValues() {
  return llvm::cl::values(
      clEnumValN(ActivationGranularity::PerTensor, "per-tensor",
                 "One scale for an activation"),
      clEnumValN(ActivationGranularity::PerRow, "per-row",
                 "One scale for each row that a product of matrices reads, "
                 "found at run time; other layers have one for all"));
}

/// Values of an option of type WeightRange.
inline llvm::cl::ValuesClass weightRangeValues() {
  return llvm::cl::values(
      clEnumValN(WeightRange::Full, "full", "8 bits"),
      clEnumValN(WeightRange::Reduced, "reduced",
                 "7 bits, and few large neighbours: what instructions that "
                 "saturate at 16 bits multiply exactly"));
}

/// Values of an option of type WeightRangeChoice.
inline llvm::cl::ValuesClass weightRangeChoiceValues() {
  return llvm::cl::values(
      clEnumValN(WeightRangeChoice::Auto, "auto",
                 "reduced where gptq rounds the weights, else full"),
      clEnumValN(WeightRangeChoice::Full, "full", "8 bits"),
      clEnumValN(WeightRangeChoice::Reduced, "reduced",
                 "7 bits, and few large neighbours: what instructions that "
                 "saturate at 16 bits multiply exactly"));
}

/// Values of an option of type WeightCalibration.
inline llvm::cl::ValuesClass weightCalibrationValues() {
  return llvm::cl::values(
      clEnumValN(WeightCalibration::MinMax, "minmax",
                 "The finest scale that clips nothing"),
      clEnumValN(WeightCalibration::Mse, "mse",
                 "The least squared error; 8 bits never clip"));
}

/// Values of an option of type ComputePrecision.
inline llvm::cl::ValuesClass computePrecisionValues() {
  return llvm::cl::values(
      clEnumValN(ComputePrecision::Int8, "int8",
                 "Activations are quantized, too"),
      clEnumValN(ComputePrecision::F32, "f32",
                 "Activations stay in f32; weights alone are quantized"));
}

/// Values of an option of type WeightRounding.
inline llvm::cl::ValuesClass weightRoundingValues() {
  return llvm::cl::values(
      clEnumValN(WeightRounding::Auto, "auto",
                 "gptq where there are data, in layers of up to 2048 inputs; "
                 "else nearest"),
      clEnumValN(WeightRounding::Nearest, "nearest", "To the nearest integer"),
      clEnumValN(WeightRounding::Gptq, "gptq",
                 "So that the results of layers on the data change least"));
}

/// Values of an option of type ProductPrecision.
inline llvm::cl::ValuesClass productPrecisionValues() {
  return llvm::cl::values(
      clEnumValN(ProductPrecision::Int8, "int8",
                 "Both operands are quantized where there are statistics"),
      clEnumValN(ProductPrecision::F32, "f32", "They stay in f32"));
}

/// Values of an option of type NormPrecision.
inline llvm::cl::ValuesClass normPrecisionValues() {
  return llvm::cl::values(
      clEnumValN(NormPrecision::F32, "f32", "They stay in f32"),
      clEnumValN(NormPrecision::Integer, "integer",
                 "They read and make integers of 16 bits, and are nothing but "
                 "integers in between, where there are statistics"));
}

} // namespace nnq

NNQ_ENUM_OPTION(::nnq::ForeignQuantization)
NNQ_ENUM_OPTION(::nnq::QuantScheme)
NNQ_ENUM_OPTION(::nnq::WeightGranularity)
NNQ_ENUM_OPTION(::nnq::ActivationGranularity)
NNQ_ENUM_OPTION(::nnq::WeightRange)
NNQ_ENUM_OPTION(::nnq::WeightCalibration)
NNQ_ENUM_OPTION(::nnq::WeightRounding)
NNQ_ENUM_OPTION(::nnq::WeightRangeChoice)
NNQ_ENUM_OPTION(::nnq::ProductPrecision)
NNQ_ENUM_OPTION(::nnq::NormPrecision)
NNQ_ENUM_OPTION(::nnq::ComputePrecision)

#endif // NNQ_COMPRESS_QUANTIZE_QUANTIZEOPTIONS_H
