//===- QuantizeOptions.h - Choices in quantization ------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_COMPRESS_QUANTIZE_QUANTIZEOPTIONS_H
#define NNQ_COMPRESS_QUANTIZE_QUANTIZEOPTIONS_H

#include "nnq/Support/EnumOption.h"

namespace nnq {

/// Whether the integers lie symmetrically about zero.
enum class QuantScheme { Symmetric, Asymmetric };

/// How many weights share a scale.
enum class WeightGranularity { PerAxis, PerTensor };

/// Which integers symmetric weights may take.
enum class WeightRange { Full, Reduced };

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

/// Values of an option of type WeightRange.
inline llvm::cl::ValuesClass weightRangeValues() {
  return llvm::cl::values(
      clEnumValN(WeightRange::Full, "full", "8 bits"),
      clEnumValN(WeightRange::Reduced, "reduced",
                 "7 bits, and few large neighbours: what instructions that "
                 "saturate at 16 bits multiply exactly"));
}

} // namespace nnq

NNQ_ENUM_OPTION(::nnq::QuantScheme)
NNQ_ENUM_OPTION(::nnq::WeightGranularity)
NNQ_ENUM_OPTION(::nnq::WeightRange)

#endif // NNQ_COMPRESS_QUANTIZE_QUANTIZEOPTIONS_H
