//===- MemoryPlan.cpp - Buffers that share one arena ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/MemoryPlan.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <limits>
#include <numeric>

using namespace nnq;

MemoryPlan nnq::planMemory(llvm::ArrayRef<LiveBuffer> buffers,
                           int64_t alignment) {
  MemoryPlan plan;
  plan.offsets.assign(buffers.size(), 0);
  llvm::SmallVector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::pair(-buffers[a].size, a) < std::pair(-buffers[b].size, b);
  });

  auto padded = [&](size_t i) -> int64_t {
    return llvm::alignTo(buffers[i].size, alignment);
  };
  llvm::SmallVector<size_t> placed;
  for (size_t i : order) {
    // Placed buffers in use at the same time, by offset.
    llvm::SmallVector<size_t> neighbours;
    for (size_t j : placed)
      if (buffers[j].begin <= buffers[i].end &&
          buffers[i].begin <= buffers[j].end)
        neighbours.push_back(j);
    llvm::sort(neighbours, [&](size_t a, size_t b) {
      return std::pair(plan.offsets[a], a) < std::pair(plan.offsets[b], b);
    });

    int64_t bestGap = std::numeric_limits<int64_t>::max();
    int64_t top = 0;
    int64_t best = -1;
    for (size_t j : neighbours) {
      int64_t gap = plan.offsets[j] - top;
      if (gap >= padded(i) && gap < bestGap) {
        bestGap = gap;
        best = top;
      }
      top = std::max(top, plan.offsets[j] + padded(j));
    }
    plan.offsets[i] = best >= 0 ? best : top;
    plan.size = std::max(plan.size, plan.offsets[i] + padded(i));
    placed.push_back(i);
  }
  return plan;
}
