//===- KernelCost.cpp - Register tiles of least cost ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Vectorize/KernelCost.h"

#include "nnq/Support/TargetInfo.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace nnq;

/// Cycles that one dot of `lanes` 32-bit lanes occupies, and the latency of the
/// chain through its accumulator, by the optimization guides of the vendors and
/// confirmed by measurement where a guide is silent.
static std::pair<double, double>
dotTiming(bool hasTwoUnits, const KernelProblem &problem, int64_t lanes) {
  double width = lanes > 8 && !hasTwoUnits ? 1.0 : 0.5;
  switch (problem.dot) {
  case DotKind::VPMADDUBSW:
    // One for each four elements and one that widens their sum; only the
    // addition to that is in the chain.
    return {width * (problem.getNumParts() + 1), 1.0};
  case DotKind::SMULL:
    // Parts multiply and add, and one more instruction adds neighbours.
    return {0.5 * (problem.getNumParts() + 1), 1.0};
  case DotKind::VPMADDWD:
    // As two operations only the addition is in the chain.
    return {width, problem.fusesSum ? 4.2 : 1.0};
  case DotKind::VPDPBUSD:
  case DotKind::FMA:
    // Chains as long as the latency of 4 lose 5 %, by measurement.
    return {width, 4.2};
  case DotKind::TDPBUSD:
    break; // See chooseMatrices.
  case DotKind::SDOT:
  case DotKind::SMMLA:
    return {0.5, 3.0};
  case DotKind::None:
    return {2 * width, 1.0};
  }
  llvm_unreachable("unknown dot kind");
}

/// Accumulators of one row by one block: smmla pairs two rows with two pairs of
/// channels, which is as many registers.
int64_t nnq::countRegisters(const KernelProblem &problem, int64_t tileRows,
                            int64_t tileBlocks) {
  int64_t rows = tileRows * problem.window;
  int64_t accumulators = rows * tileBlocks;
  if (problem.dot == DotKind::SMMLA)
    return accumulators + 2 * tileBlocks + rows / 2;
  // What lanes select, and weights; a table, a product and ones.
  if (problem.sparse == SparseKind::TwoOfFour)
    return accumulators + 3 * tileBlocks + 4;
  if (problem.selects())
    return accumulators + 2 * problem.getNumParts() * tileBlocks + 4;
  // Weights, a group of the activation, products and ones of each four
  // elements.
  if (addsInI16(problem.dot)) {
    int64_t parts = problem.getNumParts();
    // Sums of all tiles in 16 bits, one part after the other; halves of bytes,
    // a mask and what is subtracted where they are not in a panel.
    if (problem.bits)
      return tileRows < problem.rows
                 ? accumulators + tileBlocks + 3
                 : accumulators + 8 / problem.bits * tileBlocks + 5;
    // LLVM interleaves several sums of 16 bits where each takes a chain.
    int64_t sums = problem.dot == DotKind::SMULL ? 3 : 1;
    return accumulators + parts * tileBlocks + 1 + parts + sums;
  }
  // Integer products of two steps need a register of their own.
  bool product = (problem.dot == DotKind::VPMADDWD && !problem.fusesSum) ||
                 problem.dot == DotKind::None;
  return accumulators + tileBlocks + 1 + product;
}

/// A single accumulator is taken whatever comes with it.
static bool fitsRegisters(TargetAttr target, const KernelProblem &problem,
                          int64_t tileRows, int64_t tileBlocks) {
  return (tileRows == 1 && tileBlocks == 1) ||
         countRegisters(problem, tileRows, tileBlocks) <=
             static_cast<int64_t>(target.getVectorRegisters());
}

double nnq::getStoredBytes(SparseKind sparse) {
  switch (sparse) {
  case SparseKind::None:
  case SparseKind::Block:
    return 1.0;
  case SparseKind::TwoOfFour:
    return 0.625;
  case SparseKind::Window:
    return 1.5;
  case SparseKind::WideWindow:
    return 2.0;
  }
  llvm_unreachable("unknown sparse kind");
}

/// Cycles that the second-level cache takes for the weights of a step, or the
/// one beyond it, where these do not stay in a nearer one from one tile to the
/// next or, of a single tile of rows, from one call to the next.
static double streamCycles(bool hasTwoUnits, const KernelProblem &problem,
                           int64_t lanes, int64_t tileRows,
                           int64_t tileBlocks) {
  // Of 32 or 48 KiB; rows stream through the rest.
  const int64_t cacheBytes = hasTwoUnits ? 32 << 10 : 24 << 10;
  constexpr double kFarBytesPerCycle = 12; // Of 16, by measurement.
  // Machines with registers of 512 bits have larger caches.
  int64_t secondLevelBytes = lanes > 8 ? 768 << 10 : 512 << 10;
  int64_t channels = lanes * tileBlocks;
  bool isReadOnce = problem.rows * problem.outer <= tileRows;
  int64_t kept =
      isReadOnce ? problem.weightBytes : problem.channelBytes * channels;
  if (kept <= cacheBytes)
    return 0;
  double elementBytes =
      problem.dot == DotKind::FMA ? 4 : getStoredBytes(problem.sparse);
  return channels * problem.group * elementBytes /
         (problem.channelBytes * channels <= secondLevelBytes
              ? kSecondLevelBytesPerCycle
              : kFarBytesPerCycle);
}

/// Of `count` lines that lie `bytes` apart, those that one set of the
/// first-level cache has to hold.
static int64_t countLinesOfSet(int64_t count, int64_t bytes) {
  // 64 sets; caches with more ways have as many or more.
  constexpr int64_t kLineBytes = 64, kCycleBytes = 64 * kLineBytes;
  if (bytes < kLineBytes)
    return 1;
  int64_t distance = std::max(std::gcd(bytes, kCycleBytes), kLineBytes);
  return llvm::divideCeil(count, kCycleBytes / distance);
}

/// Cycles in which a step waits for lines that evict each other from the
/// first-level cache: of the rows of the activation, and of the weights of a
/// single row, which nothing else hides.
static double evictionCycles(const KernelProblem &problem, int64_t lanes,
                             int64_t tileRows, int64_t tileBlocks) {
  // By measurement. Half of the ways are for weights that are fetched ahead.
  constexpr int64_t kWays = 8, kStreams = 4;
  constexpr double kCyclesPerLine = 0.15;
  int64_t rows = countLinesOfSet(tileRows, problem.rowBytes);
  int64_t lines = tileRows * std::max<int64_t>(rows - kWays, 0);
  // Lists have the blocks of a step together.
  if (tileRows == 1 && !problem.hasLists()) {
    int64_t blockBytes = problem.channelBytes * lanes;
    if (problem.bits)
      blockBytes = blockBytes * problem.bits / 8;
    int64_t blocks = countLinesOfSet(tileBlocks, blockBytes);
    lines += tileBlocks * std::max<int64_t>(blocks - kStreams, 0);
  }
  return kCyclesPerLine * lines;
}

/// Cycles of a step in which lanes select what they multiply.
static double placedCycles(bool hasTwoUnits, const KernelProblem &problem,
                           int64_t lanes, int64_t tileRows,
                           int64_t tileBlocks) {
  double width = lanes > 8 ? 1.0 : 0.5;
  int64_t rows = tileRows * problem.window, parts = problem.getNumParts();
  bool addsUp = problem.dot == DotKind::VPMADDUBSW;
  bool isPair = problem.dot == DotKind::VPMADDWD;
  // Permutations and products have two ports each, all else four.
  double widened = problem.sparse == SparseKind::TwoOfFour ? parts : 1.0;
  bool isWide = lanes > 8 && hasTwoUnits;
  double products =
      (isWide ? 0.5 : width) * rows * tileBlocks * (parts + addsUp * widened);
  double permutations = width * parts * tileBlocks * (rows + 2.0 * isPair);
  // Permutations and products of VNNI share three ports, and reads that repeat
  // 16 bytes over 64 take one of them: on a Zen 4 a row takes 2.3 cycles with
  // windows and, with wide ones, which repeat nothing, 1.5 to 1.7.
  bool sharesPorts = problem.dot == DotKind::VPDPBUSD;
  bool repeats = lanes > 8 && problem.sparse == SparseKind::Window;
  double repeated = repeats ? rows * parts : 0;
  double shared = sharesPorts ? 0.78 * (products + permutations + repeated) : 0;
  // One of two units permutes, and reads that repeat are like others.
  if (sharesPorts && isWide)
    shared = products + 0.5 * permutations;
  // To shift, mask and offset places, and to widen them and weights.
  double unpacking = isPair ? 6.0 : 2.0;
  double sums = addsUp ? parts + widened : isPair ? parts : 0.0;
  double ops =
      rows * tileBlocks * (2.0 * parts + sums) + unpacking * parts * tileBlocks;
  double loads = 0.5 * parts * (rows + 2.0 * tileBlocks + problem.hasLists());
  double latency = dotTiming(hasTwoUnits, problem, lanes).second;
  if (problem.hasLists())
    latency = std::min(latency, 0.5 * rows * tileBlocks);
  // By measurement loads are hidden less the more rows wait for permutations.
  double exposed = rows == 1 ? 0.2 : sharesPorts && lanes > 8 ? 0.1 : 0.8;
  return std::max({products, permutations, shared, 0.5 * width * ops, loads,
                   latency,
                   streamCycles(hasTwoUnits, problem, lanes, tileRows,
                                tileBlocks)}) +
         exposed * loads;
}

/// Cycles in which the sums of groups are converted, scaled and added to
/// totals, for each step. Totals that have no registers are in memory.
static double groupCycles(TargetAttr target, const KernelProblem &problem,
                          int64_t lanes, int64_t tileRows, int64_t tileBlocks) {
  if (!problem.groupSteps)
    return 0;
  double width = lanes > 8 ? 1.0 : 0.5;
  int64_t totals = tileRows * tileBlocks;
  int64_t free = target.getVectorRegisters() -
                 countRegisters(problem, tileRows, tileBlocks);
  int64_t inMemory = std::max<int64_t>(totals - std::max<int64_t>(free, 0), 0);
  // By measurement on a Zen 4.
  constexpr double kScaleCycles = 2.0, kMemoryCycles = 1.0;
  return width * (kScaleCycles * totals + kMemoryCycles * inMemory) /
         problem.groupSteps;
}

static double tileCycles(TargetAttr target, const KernelProblem &problem,
                         int64_t lanes, int64_t tileRows, int64_t tileBlocks) {
  bool hasTwoUnits = hasTwoWideUnits(target);
  if (problem.selects())
    return placedCycles(hasTwoUnits, problem, lanes, tileRows, tileBlocks);
  auto [dotCycles, latency] = dotTiming(hasTwoUnits, problem, lanes);
  int64_t rows = tileRows * problem.window;
  // Entries of a list have accumulators in turn.
  if (problem.hasLists())
    latency = std::min(latency, 0.5 * rows * tileBlocks);
  bool isPair =
      problem.dot == DotKind::VPMADDWD || problem.dot == DotKind::None;
  int64_t parts = problem.getNumParts();
  double dots = dotCycles * rows * tileBlocks;
  // A load that repeats a pair over a register takes a port of products.
  if (problem.dot == DotKind::SMULL)
    dots += 0.5 * parts * rows;
  // By measurement on a Sapphire Rapids, two loads a cycle are not sustained
  // beside two units that are busy, which wait for some of what streams.
  constexpr double kWideLoadCycles = 0.55, kExposedStream = 0.25;
  double loads = (hasTwoUnits ? kWideLoadCycles : 0.5) * parts *
                 (rows + tileBlocks + problem.hasLists());
  // Operations issued: dots (with the sums of parts, and multiplication and
  // addition apart where no instruction does both), loads of both factors,
  // widening of the weights, and the loop itself.
  constexpr double kIssueWidth = 6.0, kLoopOps = 3.0;
  double opsPerDot = problem.dot == DotKind::VPMADDUBSW ? 2 * parts + 1
                     : problem.dot == DotKind::SMULL    ? parts + 1
                     : isPair && !problem.fusesSum      ? 2
                                                        : 1;
  double ops = opsPerDot * rows * tileBlocks + parts * rows +
               (isPair ? 2.0 : parts) * tileBlocks + kLoopOps +
               parts * problem.hasLists();
  double stream =
      streamCycles(hasTwoUnits, problem, lanes, tileRows, tileBlocks);
  double cycles = std::max({dots, loads, ops / kIssueWidth, latency, stream});
  if (hasTwoUnits)
    cycles += kExposedStream * stream;
  // By measurement loads are not hidden behind instructions that are bound to
  // the same two ports all the time.
  if (problem.dot == DotKind::VPMADDUBSW)
    cycles += 0.6 * loads;
  return cycles + evictionCycles(problem, lanes, tileRows, tileBlocks) +
         groupCycles(target, problem, lanes, tileRows, tileBlocks);
}

double nnq::estimateCycles(TargetAttr target, const KernelProblem &problem,
                           int64_t lanes, int64_t tileRows,
                           int64_t tileBlocks) {
  int64_t blocks = llvm::divideCeil(problem.channels, lanes);
  // Tiles of more rows than a line has are of several whole lines.
  bool hasLines = tileRows > problem.rows;
  int64_t allRows = hasLines ? problem.lines * problem.rows : problem.rows;
  int64_t fullRows = allRows / tileRows, restRows = allRows % tileRows;
  int64_t fullBlocks = blocks / tileBlocks, restBlocks = blocks % tileBlocks;
  auto column = [&](int64_t count) {
    if (count == 0)
      return 0.0;
    double cycles =
        fullRows * tileCycles(target, problem, lanes, tileRows, count);
    if (restRows)
      cycles += tileCycles(target, problem, lanes, restRows, count);
    return cycles;
  };
  double cycles = fullBlocks * column(tileBlocks) + column(restBlocks);
  return hasLines ? cycles / double(problem.lines) : cycles;
}

KernelEstimate nnq::chooseListKernel(TargetAttr target, KernelProblem problem,
                                     const ListProblem &lists) {
  // A list begins with two reads that the next tile of rows waits for, and ends
  // with a jump that is not always foreseen.
  constexpr double kListCycles = 8.0;
  constexpr int64_t kMaxBlocks = 4;
  int64_t lanes = getWidestLanes(target, problem.dot);
  int64_t blocks = llvm::divideCeil(problem.channels, lanes);
  KernelEstimate best;
  best.cycles = std::numeric_limits<double>::infinity();
  double leastBytes = std::numeric_limits<double>::infinity();
  for (int64_t tileBlocks = 1; tileBlocks <= std::min(blocks, kMaxBlocks);
       ++tileBlocks) {
    double numLists = lists.countLists(tileBlocks);
    double numGroups = lists.countGroups(tileBlocks);
    double bytes = numGroups * tileBlocks * lists.blockBytes;
    // Lists of several blocks have the zeros of those that others need.
    if (problem.savesBytes && bytes > leastBytes)
      continue;
    problem.channelBytes = static_cast<int64_t>(bytes / problem.channels);
    problem.weightBytes = static_cast<int64_t>(bytes);
    for (int64_t tileRows = 1; tileRows <= problem.rows; ++tileRows) {
      if (!fitsRegisters(target, problem, tileRows, tileBlocks))
        break;
      if (problem.dot == DotKind::SMMLA && tileRows * problem.window % 2)
        continue;
      auto tile = [&](int64_t rows) {
        return numGroups *
                   tileCycles(target, problem, lanes, rows, tileBlocks) +
               numLists * kListCycles;
      };
      int64_t fullTiles = problem.rows / tileRows;
      double cycles = double(fullTiles) * tile(tileRows);
      if (int64_t rest = problem.rows % tileRows)
        cycles += tile(rest);
      cycles *= problem.outer;
      bool isSmaller = problem.savesBytes && bytes < leastBytes;
      // More zeros are stored for what is more than estimates are wrong by.
      double least = best.kernel && bytes > best.bytes ? 0.9 : 1.0;
      if (!isSmaller && cycles >= least * best.cycles)
        continue;
      leastBytes = bytes;
      best.cycles = cycles;
      best.bytes = bytes;
      best.kernel = KernelAttr::get(
          target.getContext(), problem.dot, lanes, problem.group, tileRows,
          tileBlocks, prefersChannelsOuter(problem, lanes * tileBlocks),
          /*bits=*/0, /*panel=*/false, problem.sparse);
    }
  }
  return best;
}

bool nnq::prefersChannelsOuter(const KernelProblem &problem,
                               int64_t tileChannels) {
  // Half of a second-level cache; the other half is for what streams through.
  constexpr int64_t kCacheBytes = 256 << 10;
  auto traffic = [&](int64_t bytes, int64_t times) {
    return bytes > kCacheBytes ? bytes * times : bytes;
  };
  int64_t tiles = llvm::divideCeil(problem.channels, tileChannels);
  int64_t rowsOuter =
      traffic(problem.weightBytes, problem.outer) + problem.activationBytes;
  int64_t channelsOuter =
      problem.weightBytes + traffic(problem.activationBytes, tiles);
  return channelsOuter < rowsOuter;
}

int64_t nnq::getWidestLanes(TargetAttr target, DotKind dot) {
  // smmla works on blocks of 4 channels whatever the width of a register is.
  return dot == DotKind::SMMLA ? 4 : target.getVectorBits() / 32;
}

/// True if blocks of so many lanes are to be considered for the bytes of their
/// padding, which narrower ones have less of.
static bool hasFewBytes(const KernelProblem &problem, int64_t lanes) {
  constexpr int64_t kLeastLanes = 4;
  // A kernel of half as many lanes may take twice as long.
  constexpr double kPadding = 1.0 / 16;
  return !problem.savesBytes ||
         llvm::alignTo(problem.channels, lanes) <=
             (1 + kPadding) * llvm::alignTo(problem.channels, kLeastLanes);
}

/// Tiles of rows would unpack the same weights again and again. Beside products
/// of 512 bits and sums of groups, though, which leave room for few rows, two
/// ports that are idle do it in the time of 8 rows.
static bool needsPanel(const KernelProblem &problem, int64_t lanes,
                       int64_t tileRows) {
  constexpr int64_t kHidingRows = 8;
  if (!problem.bits || problem.rows * problem.outer <= tileRows)
    return false;
  return problem.dot != DotKind::VPDPBUSD || lanes <= 8 ||
         !problem.groupSteps || problem.isCodebook || tileRows < kHidingRows;
}

/// Rows of the largest tile to consider: of one line of an image, or of several
/// whole ones.
static int64_t getMostRows(const KernelProblem &problem) {
  bool hasLines = problem.lines > 1 && problem.window == 1 &&
                  !problem.groupSteps && problem.rows > 1;
  return hasLines ? problem.lines * problem.rows : problem.rows;
}

KernelAttr nnq::chooseKernel(TargetAttr target, const KernelProblem &problem) {
  int64_t mostRows = getMostRows(problem);
  int64_t widest = getWidestLanes(target, problem.dot);
  constexpr double kLines = 0.96;
  double best = std::numeric_limits<double>::infinity();
  int64_t bestLanes = widest, bestRows = 1, bestBlocks = 1;
  for (int64_t lanes = widest; lanes >= std::min<int64_t>(4, widest);
       lanes /= 2) {
    if (!hasFewBytes(problem, lanes))
      continue;
    int64_t blocks = llvm::divideCeil(problem.channels, lanes);
    for (int64_t tileBlocks = 1; tileBlocks <= blocks; ++tileBlocks) {
      for (int64_t tileRows = 1; tileRows <= mostRows; ++tileRows) {
        if (!fitsRegisters(target, problem, tileRows, tileBlocks))
          break;
        if (problem.dot == DotKind::SMMLA && tileRows * problem.window % 2)
          continue;
        bool hasLines = tileRows > problem.rows;
        if (hasLines && tileRows % problem.rows != 0)
          continue;
        double cycles =
            estimateCycles(target, problem, lanes, tileRows, tileBlocks);
        // A store of 512 bits takes two cycles.
        if (problem.groupSteps && needsPanel(problem, lanes, tileRows))
          cycles += blocks * lanes / 8.0;
        // Prefer wider lanes, unless they are padded by more than a few
        // channels or 256 bits do as well, and, at equal cost, fewer and larger
        // tiles.
        bool halves =
            lanes == 8 && lanes < bestLanes && problem.channels <= lanes;
        double least = halves ? 1.001 : lanes < bestLanes ? 0.93 : 0.999;
        // Loops over single lines can be fused with more of others.
        if (hasLines && bestRows <= problem.rows)
          least = std::min(least, kLines);
        if (cycles < best * least ||
            (lanes == bestLanes && cycles <= best * 1.0001 &&
             hasLines == (bestRows > problem.rows) &&
             tileRows * tileBlocks > bestRows * bestBlocks)) {
          best = std::min(best, cycles);
          bestLanes = lanes;
          bestRows = tileRows;
          bestBlocks = tileBlocks;
        }
      }
    }
  }
  // As many tiles of equal size need no code for a rest of their own.
  bool hasLines = bestRows > problem.rows;
  int64_t unit = hasLines ? problem.rows : 1;
  int64_t units = hasLines ? problem.lines : problem.rows;
  int64_t even =
      llvm::divideCeil(units, llvm::divideCeil(units, bestRows / unit));
  bool isEven = units % even == 0;
  even *= unit;
  if (problem.dot != DotKind::SMMLA && isEven &&
      estimateCycles(target, problem, bestLanes, even, bestBlocks) <=
          best * 1.0001)
    bestRows = even;
  bool panel = needsPanel(problem, bestLanes, bestRows);
  // With channels outside a panel is unpacked once.
  bool channelsOuter =
      panel || prefersChannelsOuter(problem, bestLanes * bestBlocks);
  return KernelAttr::get(target.getContext(), problem.dot, bestLanes,
                         problem.group, bestRows, bestBlocks, channelsOuter,
                         problem.bits, panel, problem.sparse,
                         problem.isCodebook);
}

KernelAttr nnq::chooseReduction(TargetAttr target,
                                const ReductionProblem &problem) {
  if (problem.broadcasts && problem.dot == DotKind::FMA)
    return chooseKernel(target, {DotKind::FMA, /*group=*/1, problem.rows,
                                 /*window=*/1, problem.channels});
  // A single number is summed up by the lanes of a whole register.
  int64_t lanes =
      target.getVectorBits() / problem.accumulatorBits * problem.group;
  if (problem.channels > 1)
    lanes = std::min<int64_t>(
        lanes, llvm::PowerOf2Ceil(static_cast<uint64_t>(problem.channels)));
  // Rows whose windows overlap share reads; half of the registers stay free for
  // these and for products. A single row takes several blocks instead.
  int64_t accumulators = target.getVectorRegisters() / 2 / problem.group;
  int64_t rows = std::min(problem.rows, accumulators);
  int64_t blocks =
      rows > 1 ? 1
               : std::min<int64_t>(llvm::divideCeil(problem.channels, lanes),
                                   accumulators);
  return KernelAttr::get(target.getContext(), problem.dot, lanes, problem.group,
                         rows, std::max<int64_t>(blocks, 1),
                         /*channelsOuter=*/false);
}
