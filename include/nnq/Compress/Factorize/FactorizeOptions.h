//===- FactorizeOptions.h - Choices of the Factorize stage ------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_COMPRESS_FACTORIZE_FACTORIZEOPTIONS_H
#define NNQ_COMPRESS_FACTORIZE_FACTORIZEOPTIONS_H

#include "nnq/Compress/CompiledPrecision.h"
#include "nnq/Support/EnumOption.h"

namespace nnq {

/// How a layer is taken apart.
enum class FactorMethod { Auto, Svd, SpatialSvd, ChannelSvd, Tucker, Cp };

/// What a factorization is kept for.
enum class FactorObjective { Latency, Size, None };

/// What tells whether a factorization takes less time.
enum class FactorGate { Auto, Measure, Estimate };

/// Values of an option of type FactorMethod.
inline llvm::cl::ValuesClass factorMethodValues() {
  return llvm::cl::values(
      clEnumValN(FactorMethod::Auto, "auto",
                 "svd without a window; with one, that of channel-svd, "
                 "spatial-svd and tucker that takes the least time or, with "
                 "ratio, has the least error"),
      clEnumValN(FactorMethod::Svd, "svd",
                 "Two layers: the window to fewer channels, and 1x1"),
      clEnumValN(FactorMethod::SpatialSvd, "spatial-svd",
                 "Two convolutions, k x 1 and 1 x k"),
      clEnumValN(FactorMethod::ChannelSvd, "channel-svd",
                 "svd, of layers with a window only"),
      clEnumValN(FactorMethod::Tucker, "tucker",
                 "Three convolutions: 1x1, the window between fewer channels, "
                 "1x1"),
      clEnumValN(FactorMethod::Cp, "cp",
                 "Four convolutions: 1x1, k x 1 and 1 x k of each channel, "
                 "1x1"));
}

/// Values of an option of type FactorObjective.
inline llvm::cl::ValuesClass factorObjectiveValues() {
  return llvm::cl::values(
      clEnumValN(FactorObjective::Latency, "latency",
                 "Keep what takes less time by the cost model"),
      clEnumValN(FactorObjective::Size, "size", "Keep what has fewer weights"),
      clEnumValN(FactorObjective::None, "none",
                 "Keep all below break-even in multiply-adds"));
}

/// Values of an option of type FactorGate.
inline llvm::cl::ValuesClass factorGateValues() {
  return llvm::cl::values(
      clEnumValN(FactorGate::Auto, "auto",
                 "measure where the target is this machine, else estimate"),
      clEnumValN(FactorGate::Measure, "measure",
                 "Compile and run each layer both ways"),
      clEnumValN(FactorGate::Estimate, "estimate",
                 "The model that chooses kernels alone"));
}

} // namespace nnq

NNQ_ENUM_OPTION(::nnq::FactorMethod)
NNQ_ENUM_OPTION(::nnq::FactorObjective)
NNQ_ENUM_OPTION(::nnq::FactorGate)

#endif // NNQ_COMPRESS_FACTORIZE_FACTORIZEOPTIONS_H
