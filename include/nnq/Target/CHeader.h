//===- CHeader.h - The C declaration of a compiled network ------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_TARGET_CHEADER_H
#define NNQ_TARGET_CHEADER_H

#include "nnq/Support/Signature.h"
#include "llvm/Support/Error.h"

namespace nnq {

/// A header for C and C++ that declares the entry points.
llvm::Expected<std::string> makeCHeader(llvm::ArrayRef<Signature> signatures);

} // namespace nnq

#endif // NNQ_TARGET_CHEADER_H
