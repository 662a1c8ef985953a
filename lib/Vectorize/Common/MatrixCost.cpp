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
  int64_t steps, across, runLength;

  double get(int64_t length, int64_t rows) const;
};
} // namespace

/// Each sum takes part in a step once, so that a step is no shorter than the
/// latency of a product, which itself takes a cycle a row.
double TileCost::get(int64_t length, int64_t rows) const {
  constexpr double kLatency = 52, kLoadCycles = 8, kSecondLevelCycles = 20;
  constexpr int64_t kCacheBytes = 24 << 10;
  int64_t channels = across * kMatrixRows;
  double weightCycles = problem.channelBytes * channels > kCacheBytes
                            ? kSecondLevelCycles
                            : kLoadCycles;
  double down = llvm::divideCeil(length, rows);
  double products = double(rows) * down * across;
  // All blocks read the same rows, which overlap, and weights pass by.
  constexpr int64_t kRowsCacheBytes = 36 << 10;
  int64_t rowBytes = std::min(problem.rowBytes, runLength);
  double rowCycles =
      length * rowBytes > kRowsCacheBytes ? kSecondLevelCycles : kLoadCycles;
  double loads = rowCycles * down + weightCycles * across;
  // Loads are hidden, but never all of them.
  constexpr double kExposed = 0.1;
  double step = std::max({products, loads, kLatency}) + kExposed * loads;
  // Sums are written as matrices and read as rows.
  constexpr double kStoreCycles = 16, kRowCycles = 2.0;
  return steps * step + kStoreCycles * down * across +
         kRowCycles * length * across;
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
  // Tiles of `length` rows of the activation, `count` of them and, at the end,
  // one of `rest`, `outer` times.
  auto consider = [&](int64_t tileRows, int64_t length, int64_t count,
                      int64_t rest, int64_t outer) {
    int64_t rows = getMatrixRows(length);
    bool isSameSize = rest == 0 || rest >= rows;
    for (int64_t across = 1; across <= std::min(blocks, kMaxMatrices) &&
                             fitsMatrices(length, across);
         ++across) {
      auto column = [&](int64_t width) {
        if (width == 0)
          return 0.0;
        TileCost cost{problem, outerSteps * stepsOfRun, width, runLength};
        double cycles = count * cost.get(length, rows);
        if (rest)
          cycles += cost.get(rest, std::min(rest, rows));
        return cycles + (isSameSize ? 0 : 2 * kConfigureCycles);
      };
      int64_t full = blocks / across;
      double cycles =
          kConfigureCycles + double(outer) * (double(full) * column(across) +
                                              column(blocks % across));
      if (cycles >= best.cycles)
        continue;
      best.cycles = cycles;
      best.kernel = KernelAttr::get(
          target.getContext(), DotKind::TDPBUSD, kMatrixRows, group, tileRows,
          across, prefersChannelsOuter(problem, kMatrixRows * across));
    }
  };
  int64_t most = kMaxMatrices * kMatrixRows;
  for (int64_t rows = 1; rows <= std::min(problem.rows, most); ++rows)
    consider(rows, rows, problem.rows / rows, problem.rows % rows,
             problem.outer);
  // Several lines of an image at once, with what lies between them.
  auto lengthOf = [&](int64_t lines) {
    return lines ? (lines - 1) * problem.pitch + problem.rows : 0;
  };
  for (int64_t lines = 2; lines <= problem.lines && lengthOf(lines) <= most;
       ++lines)
    consider(lines * problem.rows, lengthOf(lines), problem.lines / lines,
             lengthOf(problem.lines % lines), problem.outer / problem.lines);
  return best;
}
