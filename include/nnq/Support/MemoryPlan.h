//===- MemoryPlan.h - Buffers that share one arena --------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_MEMORYPLAN_H
#define NNQ_SUPPORT_MEMORYPLAN_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>

namespace nnq {

/// A buffer that is in use from `begin` to `end`, both included.
struct LiveBuffer {
  int64_t begin;
  int64_t end;
  int64_t size;
};

/// Offsets of the buffers in one arena.
struct MemoryPlan {
  llvm::SmallVector<int64_t> offsets;
  int64_t size = 0;
};

/// Places buffers so that those in use at the same time do not overlap:
/// largest first, each in the smallest gap that holds it. Offsets and the size
/// of the arena are multiples of `alignment`.
MemoryPlan planMemory(llvm::ArrayRef<LiveBuffer> buffers, int64_t alignment);

} // namespace nnq

#endif // NNQ_SUPPORT_MEMORYPLAN_H
