//===- Passes.h - Passes of recipes -----------------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_RECIPE_PASSES_H
#define NNQ_RECIPE_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace nnq {

/// On a function, between the steps of a recipe: what each layer has become,
/// an array of dictionaries.
inline constexpr llvm::StringLiteral kInvariantsAttr = "nnq.invariants";

#define GEN_PASS_DECL
#include "nnq/Compress/Recipe/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "nnq/Compress/Recipe/Passes.h.inc"

} // namespace nnq

#endif // NNQ_RECIPE_PASSES_H
