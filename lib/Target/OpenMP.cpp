//===- OpenMP.cpp - The library that starts threads -----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Target/OpenMP.h"

#include "llvm/Support/DynamicLibrary.h"

using namespace nnq;

llvm::Error nnq::loadOpenMP() {
  std::string error;
  if (!llvm::sys::DynamicLibrary::LoadLibraryPermanently(kOpenMPLibrary.data(),
                                                         &error))
    return llvm::Error::success();
  return llvm::createStringError(
      "several threads need LLVM's OpenMP library (Debian: libomp-22-dev), and "
      "the loader does not find it: %s; install it or compile for one thread",
      error.c_str());
}
