//===- OpenMP.h - The library that starts threads ---------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_TARGET_OPENMP_H
#define NNQ_TARGET_OPENMP_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace nnq {

/// LLVM's OpenMP library, by the name that a loader knows.
inline constexpr llvm::StringLiteral kOpenMPLibrary = "libomp.so.5";

/// The function of libc with which a thread that waits gives its core away.
inline constexpr llvm::StringLiteral kYield = "sched_yield";

/// True for the functions that code on several threads calls.
inline bool isOpenMPSymbol(llvm::StringRef name) {
  return name.starts_with("__kmpc_");
}

/// Loads the library into this process; an error says how to get it.
llvm::Error loadOpenMP();

} // namespace nnq

#endif // NNQ_TARGET_OPENMP_H
