//===- CompiledPrecision.h - What a network will be compiled in -*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_COMPRESS_COMPILEDPRECISION_H
#define NNQ_COMPRESS_COMPILEDPRECISION_H

#include "nnq/Support/EnumOption.h"

namespace nnq {

/// What times are of, where compression is to save time.
enum class CompiledPrecision { F32, Int8 };

/// Values of an option of type CompiledPrecision.
inline llvm::cl::ValuesClass compiledPrecisionValues() {
  return llvm::cl::values(
      clEnumValN(CompiledPrecision::F32, "f32", "As they are"),
      clEnumValN(CompiledPrecision::Int8, "int8", "Quantized, as will follow"));
}

} // namespace nnq

NNQ_ENUM_OPTION(::nnq::CompiledPrecision)

#endif // NNQ_COMPRESS_COMPILEDPRECISION_H
