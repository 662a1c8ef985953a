//===- SharedLibrary.h - From an object to a shared library -----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_TARGET_SHAREDLIBRARY_H
#define NNQ_TARGET_SHAREDLIBRARY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include "llvm/TargetParser/Triple.h"

#include <string>

namespace nnq {

/// Links an ELF object into a small shared library that exports `symbols` and
/// needs at most libc, libm and, for several threads, OpenMP, which must be
/// there if the target is this machine. Calls ld.lld, or a C compiler if the
/// target is this machine. Nothing is left at `path` on an error.
llvm::Error linkSharedLibrary(llvm::StringRef object, llvm::StringRef path,
                              const llvm::Triple &triple,
                              llvm::ArrayRef<std::string> symbols);

} // namespace nnq

#endif // NNQ_TARGET_SHAREDLIBRARY_H
