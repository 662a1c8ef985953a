//===- Passes.h - Passes of the Vectorize stage ----------------------*- C++
//-*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_VECTORIZE_PASSES_H
#define NNQ_VECTORIZE_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "nnq/Support/EnumOption.h"

namespace nnq {

/// What kernels and constants are chosen for.
enum class CodeObjective { Latency, Size };

/// Values of an option of type CodeObjective.
inline llvm::cl::ValuesClass codeObjectiveValues() {
  return llvm::cl::values(
      clEnumValN(CodeObjective::Latency, "latency", "The least time"),
      clEnumValN(CodeObjective::Size, "size",
                 "The fewest bytes of constants, which are decoded at every "
                 "call"));
}

} // namespace nnq

NNQ_ENUM_OPTION(::nnq::CodeObjective)

namespace nnq {

#define GEN_PASS_DECL
#include "nnq/Vectorize/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "nnq/Vectorize/Passes.h.inc"

} // namespace nnq

#endif // NNQ_VECTORIZE_PASSES_H
