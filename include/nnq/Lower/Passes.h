//===- Passes.h - Passes of the Lower stage ----------------------*- C++
//-*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LOWER_PASSES_H
#define NNQ_LOWER_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "nnq/Support/EnumOption.h"

namespace nnq {

/// Integer type in which quantized activations travel between kernels.
enum class ActivationStorage { Auto, U8, S8, S16, ByWeights };

/// How accumulators are rescaled to the integers of the next layer.
enum class Requantization { Float, Fixed };

/// Values of an option of type Requantization.
inline llvm::cl::ValuesClass requantizationValues() {
  return llvm::cl::values(
      clEnumValN(Requantization::Float, "float",
                 "By an f32 factor, rounded half to even"),
      clEnumValN(Requantization::Fixed, "fixed",
                 "By an integer factor and a shift, as TensorFlow Lite"));
}

} // namespace nnq

NNQ_ENUM_OPTION(::nnq::Requantization)

namespace nnq {

#define GEN_PASS_DECL
#include "nnq/Lower/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "nnq/Lower/Passes.h.inc"

} // namespace nnq

#endif // NNQ_LOWER_PASSES_H
