//===- NumpyHeader.h - The header of a .npy file ----------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_RUNTIME_NUMPYHEADER_H
#define NNQ_LIB_RUNTIME_NUMPYHEADER_H

#include "nnq/Support/Signature.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

namespace nnq {

/// What stands before the elements of a .npy file.
struct NumpyHeader {
  DType dtype;
  llvm::SmallVector<int64_t> shape;
  /// Where the elements start.
  size_t dataOffset;

  /// Parses versions 1 to 3 and checks that `bytes` holds all the elements.
  static llvm::Expected<NumpyHeader> parse(llvm::ArrayRef<char> bytes);

  /// A header of version 1 for an array.
  static std::string write(DType dtype, llvm::ArrayRef<int64_t> shape);
};

} // namespace nnq

#endif // NNQ_LIB_RUNTIME_NUMPYHEADER_H
