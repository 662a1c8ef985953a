//===- SparsityPattern.h - Where zeros may be -------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_PRUNE_SPARSITYPATTERN_H
#define NNQ_LIB_COMPRESS_PRUNE_SPARSITYPATTERN_H

#include "mlir/IR/Operation.h"

namespace nnq {

/// How many weights of a layer are to be zero: a dictionary of `pattern` and
/// `zeros`.
inline constexpr llvm::StringLiteral kSparsityAttr = "nnq.sparsity";

struct SparsityPattern {
  /// Of "unstructured", "2:4" or "16x4".
  static std::optional<SparsityPattern> parse(llvm::StringRef text);

  std::string text = "unstructured";
  /// Of `period` neighbouring input channels `kept` may stay, if this is N:M.
  int64_t kept = 0, period = 0;
  /// Output and input channels that go together.
  int64_t blockRows = 1, blockColumns = 1;

  bool isNOfM() const { return period != 0; }
  /// Input channels that zeros are chosen among, or that go together.
  int64_t getWidth() const { return isNOfM() ? period : blockColumns; }
  int64_t getBlockSize() const { return blockRows * blockColumns; }
};

/// What `nnq.sparsity` says.
struct SparsityRequest {
  SparsityPattern pattern;
  int64_t zeros = 0;

  /// Nothing without the attribute; an error if it is malformed.
  static mlir::FailureOr<std::optional<SparsityRequest>>
  read(mlir::Operation *op);
  void write(mlir::Operation *op) const;
};

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_PRUNE_SPARSITYPATTERN_H
