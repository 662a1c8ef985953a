//===- MatrixCost.cpp - Tiles of matrices in registers --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Vectorize/KernelCost.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nnq;

namespace {
/// Cycles of tiles of `across` blocks, by the optimization manual of the vendor
/// and measurement on a Sapphire Rapids.
struct TileCost {
  const KernelProblem &problem;
  int64_t steps, across;

  double get(int64_t rows, int64_t down) const;
};
} // namespace

/// Each sum takes part in a step once, so that a step is no shorter than the
/// latency of a product, which itself takes a cycle a row.
double TileCost::get(int64_t rows, int64_t down) const {
  constexpr double kLatency = 52, kLoadCycles = 8, kSecondLevelCycles = 20;
  constexpr int64_t kCacheBytes = 24 << 10;
  int64_t channels = across * kMatrixRows;
  double weightCycles = problem.channelBytes * channels > kCacheBytes
                            ? kSecondLevelCycles
                            : kLoadCycles;
  double products = double(rows) / down * down * across;
  double loads = kLoadCycles * down + weightCycles * across;
  double step = std::max({products, loads, kLatency});
  // Sums are written as matrices and read as rows.
  constexpr double kStoreCycles = 16, kRowCycles = 1.5;
  return steps * step + kStoreCycles * down * across +
         kRowCycles * rows * across;
}

KernelEstimate nnq::chooseMatrices(TargetAttr target,
                                   const KernelProblem &problem,
                                   int64_t runLength, int64_t outerSteps) {
  // Where the registers are configured anew around a smaller last tile.
  constexpr double kConfigureCycles = 250;
  constexpr int64_t kMaxMatrices = kNumMatrices - 2;
  int64_t stepsOfRun = llvm::divideCeil(runLength, kMatrixBytes);
  int64_t group = llvm::alignTo(llvm::divideCeil(runLength, stepsOfRun), 4);
  int64_t blocks = llvm::divideCeil(problem.channels, kMatrixRows);
  KernelEstimate best;
  best.cycles = std::numeric_limits<double>::infinity();
  for (int64_t across = 1; across <= std::min(blocks, kMaxMatrices); ++across)
    for (int64_t rows = 1;
         rows <= std::min(problem.rows, kMaxMatrices * kMatrixRows); ++rows) {
      int64_t down = countMatrices(rows), rest = problem.rows % rows;
      if (!fitsMatrices(rows, across))
        continue;
      bool isSameSize = rest % (rows / down) == 0;
      if (!isSameSize && !fitsMatrices(rest, across))
        continue;
      auto column = [&](int64_t count) {
        if (count == 0)
          return 0.0;
        TileCost cost{problem, outerSteps * stepsOfRun, count};
        double cycles = problem.rows / rows * cost.get(rows, down);
        if (rest)
          cycles += cost.get(rest, isSameSize ? rest / (rows / down)
                                              : countMatrices(rest));
        return cycles + (isSameSize ? 0 : 2 * kConfigureCycles);
      };
      double cycles =
          kConfigureCycles +
          double(problem.outer) *
              (blocks / across * column(across) + column(blocks % across));
      if (cycles >= best.cycles)
        continue;
      best.cycles = cycles;
      best.kernel = KernelAttr::get(
          target.getContext(), DotKind::TDPBUSD, kMatrixRows, group, rows,
          across, prefersChannelsOuter(problem, kMatrixRows * across));
    }
  return best;
}
