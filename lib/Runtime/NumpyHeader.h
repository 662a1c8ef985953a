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

  /// As many bytes as tell how long a header is.
  static constexpr size_t kStartSize = 12;

  /// The size of the header that starts with `start`, in a file of `fileSize`
  /// bytes; versions 1 to 3.
  static llvm::Expected<size_t> parseSize(llvm::ArrayRef<char> start,
                                          uint64_t fileSize);

  /// Parses the header in front of `bytes` and checks that the elements are in
  /// the file.
  static llvm::Expected<NumpyHeader> parse(llvm::ArrayRef<char> bytes,
                                           uint64_t fileSize);
  static llvm::Expected<NumpyHeader> parse(llvm::ArrayRef<char> bytes) {
    return parse(bytes, bytes.size());
  }

  /// A header of version 1 for an array.
  static std::string write(DType dtype, llvm::ArrayRef<int64_t> shape);
};

} // namespace nnq

#endif // NNQ_LIB_RUNTIME_NUMPYHEADER_H
