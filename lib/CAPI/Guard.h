//===- Guard.h - Input that crashes its reader ------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_CAPI_GUARD_H
#define NNQ_LIB_CAPI_GUARD_H

#include "llvm/ADT/STLFunctionalExtras.h"

#include <optional>
#include <string>

namespace nnq {

/// Runs `work` on this thread. What it did to end the process, if it tried;
/// whatever it was about must not be touched then, not even to free it.
std::optional<std::string> runGuarded(llvm::function_ref<void()> work);

} // namespace nnq

#endif // NNQ_LIB_CAPI_GUARD_H
