//===- MemoryAccesses.h - What memory an op reads and writes ----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_TARGET_MEMORYACCESSES_H
#define NNQ_LIB_TARGET_MEMORYACCESSES_H

#include "mlir/IR/Value.h"
#include <optional>
#include <utility>

namespace nnq {

/// Bytes of one buffer that may be read, or written, too.
struct MemoryAccess {
  /// An argument or what an op allocates; null if the memory is not known.
  mlir::Value buffer;
  /// First byte and the one behind the last; all bytes if absent.
  std::optional<std::pair<int64_t, int64_t>> bytes;
  bool writes = false;
};

/// The memory that ops between scf and the LLVM dialect use. Constants do not
/// count: nobody writes them.
class MemoryAccesses {
public:
  /// Adds what `op` and the ops in its regions use.
  void add(mlir::Operation *op);
  void add(const MemoryAccesses &other) { list.append(other.list); }
  void clear() { list.clear(); }

  bool empty() const { return list.empty(); }
  bool hasWrites() const;

  /// True if one may write what the other uses, that is if the order of the
  /// two matters.
  bool conflictsWith(const MemoryAccesses &other) const;

private:
  void addOne(mlir::Operation *op);

  llvm::SmallVector<MemoryAccess, 4> list;
};

} // namespace nnq

#endif // NNQ_LIB_TARGET_MEMORYACCESSES_H
