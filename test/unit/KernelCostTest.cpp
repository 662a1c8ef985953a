//===- KernelCostTest.cpp -------------------------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Vectorize/KernelCost.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/MathExtras.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace nnq;

namespace {
class KernelCost : public testing::Test {
protected:
  KernelCost() { context.loadDialect<NNQDialect>(); }

  TargetAttr target(DotKind dot, unsigned bits, unsigned registers) {
    auto name = StringAttr::get(&context, "");
    return TargetAttr::get(&context, name, name, name, bits, registers, dot);
  }

  /// Calls `check` with problems of all sizes for each target and instruction
  /// that a contraction may get there.
  template <typename Check>
  void forAllProblems(Check check) {
    struct Machine {
      TargetAttr target;
      SmallVector<std::pair<DotKind, int64_t>> dots;
    };
    std::pair<DotKind, int64_t> none{DotKind::None, 1}, fma{DotKind::FMA, 1},
        pairs{DotKind::VPMADDWD, 2}, vnni{DotKind::VPDPBUSD, 4},
        sdot{DotKind::SDOT, 4}, smmla{DotKind::SMMLA, 8};
    Machine machines[] = {
        {target(DotKind::VPMADDWD, 128, 16), {none, fma, pairs}},
        {target(DotKind::VPMADDWD, 256, 16), {none, fma, pairs}},
        {target(DotKind::VPDPBUSD, 256, 16), {none, fma, pairs, vnni}},
        {target(DotKind::VPDPBUSD, 512, 32), {none, fma, pairs, vnni}},
        {target(DotKind::None, 128, 32), {none, fma}},
        {target(DotKind::SDOT, 128, 32), {none, fma, sdot}},
        {target(DotKind::SMMLA, 128, 32), {none, fma, sdot, smmla}}};
    for (const Machine &machine : machines)
      for (auto [dot, group] : machine.dots)
        for (int64_t rows : {1, 2, 3, 5, 7, 12, 13, 24, 112})
          for (int64_t window : {1, 2, 4, 9})
            for (int64_t channels : {1, 3, 4, 6, 8, 10, 16, 17, 33, 64, 120}) {
              KernelProblem problem{dot, group, rows, window, channels};
              SCOPED_TRACE(testing::Message()
                           << stringifyDotKind(dot).str() << " of "
                           << machine.target.getVectorBits() << " bits, "
                           << rows << " rows of " << window << " by "
                           << channels << " channels");
              check(machine.target, problem,
                    chooseKernel(machine.target, problem));
            }
  }

  MLIRContext context;
};
} // namespace

TEST_F(KernelCost, TileFitsInRegisters) {
  forAllProblems(
      [](TargetAttr target, const KernelProblem &problem, KernelAttr kernel) {
        // The least tile has to do where the window alone is too large.
        if (kernel.getTileRows() == 1 && kernel.getTileBlocks() == 1)
          return;
        EXPECT_LE(countRegisters(problem, kernel.getTileRows(),
                                 kernel.getTileBlocks()),
                  static_cast<int64_t>(target.getVectorRegisters()));
      });
}

TEST_F(KernelCost, TileIsNoLargerThanTheProblem) {
  forAllProblems(
      [](TargetAttr, const KernelProblem &problem, KernelAttr kernel) {
        EXPECT_GE(kernel.getTileRows(), 1);
        EXPECT_LE(kernel.getTileRows(), problem.rows);
        EXPECT_GE(kernel.getTileBlocks(), 1);
        EXPECT_LE(kernel.getTileBlocks(),
                  static_cast<int64_t>(
                      llvm::divideCeil(problem.channels, kernel.getLanes())));
      });
}

TEST_F(KernelCost, LanesFillARegisterOrPartOfOne) {
  forAllProblems(
      [](TargetAttr target, const KernelProblem &problem, KernelAttr kernel) {
        EXPECT_EQ(kernel.getDot(), problem.dot);
        EXPECT_EQ(kernel.getGroup(), problem.group);
        EXPECT_TRUE(llvm::isPowerOf2_64(kernel.getLanes()));
        EXPECT_GE(kernel.getLanes(), 4);
        EXPECT_LE(kernel.getLanes(),
                  static_cast<int64_t>(target.getVectorBits() / 32));
      });
}

TEST_F(KernelCost, SmmlaTakesRowsInPairs) {
  forAllProblems([](TargetAttr, const KernelProblem &problem,
                    KernelAttr kernel) {
    if (problem.dot == DotKind::SMMLA && problem.rows * problem.window % 2 == 0)
      EXPECT_EQ(kernel.getTileRows() * problem.window % 2, 0);
  });
}

TEST_F(KernelCost, NoWorseThanTheLeastTile) {
  forAllProblems([](TargetAttr target, const KernelProblem &problem,
                    KernelAttr kernel) {
    EXPECT_LE(estimateCycles(target, problem, kernel.getLanes(),
                             kernel.getTileRows(), kernel.getTileBlocks()),
              1.001 * estimateCycles(target, problem, kernel.getLanes(), 1, 1));
  });
}

TEST_F(KernelCost, LargeProblemsUseManyRegisters) {
  // 64 channels of AVX-512: the accumulators hide the latency of the chain.
  TargetAttr avx512 = target(DotKind::VPDPBUSD, 512, 32);
  KernelProblem problem{DotKind::VPDPBUSD, 4, 112, 1, 64};
  KernelAttr kernel = chooseKernel(avx512, problem);
  EXPECT_EQ(kernel.getLanes(), 16);
  EXPECT_GE(kernel.getTileRows() * kernel.getTileBlocks(), 8);
}

TEST_F(KernelCost, ShortLinesShareATile) {
  // 5 lines of 3 rows keep few of 16 registers busy one by one.
  TargetAttr avx2 = target(DotKind::VPMADDWD, 256, 16);
  KernelProblem problem{DotKind::FMA, 1, /*rows=*/3, /*window=*/1,
                        /*channels=*/8};
  double single = estimateCycles(avx2, problem, 8, 3, 1);
  problem.pitch = 3;
  problem.lines = problem.outer = 5;
  KernelAttr kernel = chooseKernel(avx2, problem);
  EXPECT_GT(kernel.getTileRows(), 3);
  EXPECT_EQ(kernel.getTileRows() % 3, 0);
  // In cycles of one line, those of all tiles.
  double lines = estimateCycles(avx2, problem, 8, kernel.getTileRows(), 1);
  EXPECT_LT(lines, single);
  double whole = 5 * estimateCycles(avx2, problem, 8, 12, 1);
  KernelProblem four = problem, one = problem;
  four.rows = 12;
  EXPECT_NEAR(whole,
              estimateCycles(avx2, four, 8, 12, 1) +
                  estimateCycles(avx2, one, 8, 3, 1),
              1e-9);
  // Rows of a pool have windows, which lie in several lines.
  problem.window = 2;
  EXPECT_LE(chooseKernel(avx2, problem).getTileRows(), 3);
}

TEST_F(KernelCost, ListsCostWhatIsInThem) {
  TargetAttr avx2 = target(DotKind::VPMADDWD, 256, 16);
  for (auto [dot, group] : {std::pair(DotKind::FMA, int64_t(1)),
                            std::pair(DotKind::VPMADDUBSW, int64_t(4))}) {
    KernelProblem problem{dot, group, /*rows=*/49, /*window=*/1,
                          /*channels=*/256};
    problem.sparse = SparseKind::Block;
    auto countLists = [](int64_t tileBlocks) { return 32 / tileBlocks; };
    auto estimate = [&](int64_t entries, int64_t height) {
      // Blocks of `height` by 8 channels: other tiles have parts of them.
      auto countGroups = [&](int64_t tileBlocks) {
        return entries * height / std::min(tileBlocks, height);
      };
      return chooseListKernel(avx2, problem, {countLists, countGroups, 32});
    };
    KernelEstimate few = estimate(100, 2), many = estimate(400, 2);
    EXPECT_GT(many.cycles, 2 * few.cycles);
    EXPECT_LT(many.cycles, 4 * few.cycles);
    EXPECT_EQ(many.kernel.getSparse(), SparseKind::Block);
    EXPECT_EQ(many.kernel.getTileBlocks(), 2);
    EXPECT_EQ(estimate(400, 1).kernel.getTileBlocks(), 1);
    EXPECT_LE(countRegisters(problem, many.kernel.getTileRows(),
                             many.kernel.getTileBlocks()),
              16);
  }
}
