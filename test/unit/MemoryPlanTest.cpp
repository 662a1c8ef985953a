//===- MemoryPlanTest.cpp -------------------------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/MemoryPlan.h"
#include "llvm/Support/MathExtras.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <random>

using namespace nnq;

TEST(MemoryPlan, Empty) {
  MemoryPlan plan = planMemory({}, 64);
  EXPECT_EQ(plan.size, 0);
  EXPECT_TRUE(plan.offsets.empty());
}

TEST(MemoryPlan, DisjointLivesShareBytes) {
  MemoryPlan plan = planMemory({{0, 1, 100}, {2, 3, 128}}, 64);
  EXPECT_EQ(plan.size, 128);
  EXPECT_EQ(plan.offsets[0], plan.offsets[1]);
}

TEST(MemoryPlan, TouchingLivesDoNotShare) {
  MemoryPlan plan = planMemory({{0, 2, 64}, {2, 3, 64}}, 64);
  EXPECT_EQ(plan.size, 128);
}

TEST(MemoryPlan, SmallestGapIsTaken) {
  // Two gaps at time 5: one of 256 bytes and one of 64.
  MemoryPlan plan = planMemory({{0, 9, 1024},
                                {0, 1, 512},
                                {0, 9, 384},
                                {0, 1, 320},
                                {0, 9, 256},
                                {4, 5, 64}},
                               64);
  EXPECT_EQ(plan.offsets[5] % 64, 0);
  EXPECT_EQ(plan.size, 1024 + 512 + 384 + 320 + 256);
}

TEST(MemoryPlan, RandomBuffersNeverOverlap) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<LiveBuffer> buffers;
    for (int i = 0; i < 60; ++i) {
      int64_t begin = random() % 100;
      int64_t length = random() % 20;
      int64_t size = random() % 5000;
      buffers.push_back({begin, begin + length, size});
    }
    MemoryPlan plan = planMemory(buffers, 64);
    int64_t end = 0;
    for (size_t i = 0; i < buffers.size(); ++i) {
      EXPECT_EQ(plan.offsets[i] % 64, 0);
      end = std::max(end, plan.offsets[i] + buffers[i].size);
      for (size_t j = 0; j < i; ++j) {
        bool together = buffers[i].begin <= buffers[j].end &&
                        buffers[j].begin <= buffers[i].end;
        bool apart = plan.offsets[i] + buffers[i].size <= plan.offsets[j] ||
                     plan.offsets[j] + buffers[j].size <= plan.offsets[i];
        EXPECT_TRUE(!together || apart);
      }
    }
    EXPECT_EQ(plan.size, int64_t(llvm::alignTo(end, 64)));
  }
}
