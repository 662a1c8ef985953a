//===- SparseStrategy.cpp - Kernels that skip zeros -----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "SparseStrategy.h"

#include "PlacedWeights.h"
#include "nnq/Support/TargetInfo.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nnq;

namespace {

/// Kernels for one layer and its blocks of weights.
class SparseStrategy {
public:
  SparseStrategy(TargetAttr target, const KernelProblem &problem,
                 const BlockSparsity &sparsity, bool mayPair)
      : target(target), problem(problem), sparsity(sparsity),
        part(getPartSize(problem.dot)), mayPair(mayPair) {}

  KernelEstimate choose() const;
  /// The same, had all lists `density` of the entries that there may be.
  KernelEstimate estimate(double density) const;
  /// The density below which a kernel takes fewer than `cycles`.
  double findThreshold(double cycles) const;

private:
  KernelEstimate
  choose(int64_t parts,
         llvm::function_ref<double(int64_t, int64_t)> countEntries) const;

  TargetAttr target;
  KernelProblem problem;
  const BlockSparsity &sparsity;
  int64_t part;
  /// Two blocks may be added up in 16 bits, if the weights allow it.
  bool mayPair;
};

} // namespace

KernelEstimate SparseStrategy::choose(
    int64_t parts,
    llvm::function_ref<double(int64_t, int64_t)> countEntries) const {
  auto countLists = [&](int64_t tileBlocks) {
    return sparsity.getNumLists(tileBlocks);
  };
  auto countGroups = [&](int64_t tileBlocks) {
    return static_cast<int64_t>(
        std::ceil(countEntries(tileBlocks, parts) / parts));
  };
  KernelProblem lists = problem;
  lists.sparse = SparseKind::Block;
  lists.group = parts * part;
  int64_t width = problem.dot == DotKind::FMA ? 4 : 1;
  return chooseListKernel(
      target, lists,
      {countLists, countGroups,
       getWidestLanes(target, problem.dot) * lists.group * width});
}

KernelEstimate SparseStrategy::choose() const {
  auto count = [&](int64_t tileBlocks, int64_t parts) -> double {
    return sparsity.countEntries(tileBlocks, parts);
  };
  KernelEstimate best = choose(1, count);
  if (!mayPair)
    return best;
  KernelEstimate pairs = choose(2, count);
  if (pairs.cycles < best.cycles &&
      sparsity.getLists(pairs.kernel.getTileBlocks(), 2)
          .fitsI16(problem.dot, 2))
    return pairs;
  return best;
}

KernelEstimate SparseStrategy::estimate(double density) const {
  return choose(1, [&](int64_t tileBlocks, int64_t) {
    return density * sparsity.getNumEntries(tileBlocks);
  });
}

double SparseStrategy::findThreshold(double cycles) const {
  double low = 0, high = 1;
  for (int step = 0; step < 10; ++step) {
    double middle = (low + high) / 2;
    (estimate(middle).cycles < cycles ? low : high) = middle;
  }
  return low;
}

/// Lists are of the widest lanes, whose padding may be more than what they
/// save.
static bool isLarger(const KernelEstimate &lists, const KernelProblem &problem,
                     const KernelEstimate &dense) {
  return problem.savesBytes &&
         lists.bytes * problem.channels >=
             double(problem.weightBytes) *
                 llvm::alignTo(problem.channels, dense.kernel.getLanes());
}

/// Fewer zeros are in most weights by chance.
static constexpr double kLeastZeros = 0.3;
/// Estimates are right within a tenth, by measurement; nothing is to take
/// longer than it did.
static constexpr double kMargin = 0.95;

/// The best kernel that skips blocks, or none that pays, for a reason.
static KernelEstimate chooseBlocks(TargetAttr target,
                                   const ContractionLayout &layout,
                                   const ConstantData &weights,
                                   const KernelProblem &problem, double limit,
                                   std::string &reason) {
  // By measurement blocks of 16 channels are as fast as larger ones, and up to
  // 1.7 times as fast as those of 8.
  constexpr int64_t kBlockChannels = 16;
  int64_t part = getPartSize(problem.dot);
  int64_t lanes = getWidestLanes(target, problem.dot);
  FailureOr<BlockSparsity> sparsity =
      BlockSparsity::get(layout, weights, lanes, part, reason);
  if (failed(sparsity))
    return {};
  // Pairs of parts must not read further than single ones.
  bool mayPair =
      addsInI16(problem.dot) && llvm::alignTo(layout.runLength, 2 * part) ==
                                    llvm::alignTo(layout.runLength, part);
  SparseStrategy strategy(target, problem, *sparsity, mayPair);
  KernelEstimate best = strategy.choose();
  if (best.cycles < limit)
    return best;
  double threshold = strategy.findThreshold(limit);
  int64_t tileBlocks = std::max<int64_t>(1, kBlockChannels / lanes);
  reason = llvm::formatv(
      "{0:P0} of its weights are zero, but {1:P0} of their blocks of {2} "
      "output "
      "and {3} input channels are not; skipping the others pays below {4:P0}, "
      "which 'prune-weights' reaches with pattern={2}x{3}",
      getZeroShare(weights),
      static_cast<double>(sparsity->countEntries(tileBlocks, 1)) /
          sparsity->getNumEntries(tileBlocks),
      lanes * tileBlocks, part, threshold);
  return {};
}

namespace {
/// Kernels whose lanes select what they multiply.
class PlaceStrategy {
public:
  PlaceStrategy(TargetAttr target, const ContractionLayout &layout,
                const ConstantData &weights, KernelProblem problem)
      : target(target), layout(layout), weights(weights), problem(problem) {
    // Pairs of rows have no lane of their own.
    if (problem.dot == DotKind::SMMLA)
      this->problem.dot = DotKind::SDOT;
    lanes = getWidestLanes(target, this->problem.dot);
  }

  /// Fails with a reason where there are none.
  LogicalResult check(std::string &reason) const;
  /// None, if more than two of four weights are not zero.
  std::optional<KernelEstimate> chooseTwoOfFour() const;
  /// The best kernel with windows of each kind.
  KernelEstimate chooseWindow() const;

private:
  KernelEstimate chooseWindow(SparseKind kind) const;
  SmallVector<int64_t> getNumParts() const {
    if (problem.dot == DotKind::VPMADDUBSW)
      return {2, 1};
    return {1};
  }

  TargetAttr target;
  const ContractionLayout &layout;
  const ConstantData &weights;
  KernelProblem problem;
  int64_t lanes;
};
} // namespace

LogicalResult PlaceStrategy::check(std::string &reason) const {
  auto fail = [&](StringRef why) {
    reason = why.str();
    return failure();
  };
  switch (problem.dot) {
  case DotKind::FMA:
    return fail("places are kept of weights of 8 bits only");
  case DotKind::None:
    return fail("no dot instruction multiplies its weights");
  case DotKind::SMULL:
    return fail("lanes of smull do not select what they multiply");
  default:
    break;
  }
  // Each lane shifts by a count of its own.
  bool isX86 = target.getTriple().getValue().starts_with("x86_64");
  if (isX86 && target.getVectorBits() < 256)
    return fail("lanes select what they multiply from AVX2 on");
  return WindowSparsity::check(layout, weights, SparseKind::Window, reason);
}

std::optional<KernelEstimate> PlaceStrategy::chooseTwoOfFour() const {
  KernelProblem two = problem;
  two.sparse = SparseKind::TwoOfFour;
  two.group = kFour * getPartSize(problem.dot);
  two.weightBytes *= getStoredBytes(two.sparse);
  two.channelBytes *= getStoredBytes(two.sparse);
  KernelEstimate best = estimateKernel(target, layout, two);
  std::string reason;
  if (failed(PlacedWeights::getTwoOfFour(layout, weights, best.kernel, reason)))
    return std::nullopt;
  return best;
}

KernelEstimate PlaceStrategy::chooseWindow() const {
  KernelEstimate narrow = chooseWindow(SparseKind::Window);
  std::string reason;
  if (problem.dot != DotKind::VPDPBUSD || problem.savesBytes ||
      !permutesBytes(target) ||
      failed(WindowSparsity::check(layout, weights, SparseKind::WideWindow,
                                   reason)))
    return narrow;
  KernelEstimate wide = chooseWindow(SparseKind::WideWindow);
  return wide.cycles < narrow.cycles ? wide : narrow;
}

KernelEstimate PlaceStrategy::chooseWindow(SparseKind kind) const {
  int64_t part = getPartSize(problem.dot), bits = getPlaceBits(kind);
  WindowSparsity sparsity(layout, weights, lanes, part, kind);
  KernelEstimate best;
  best.cycles = std::numeric_limits<double>::infinity();
  for (int64_t parts : getNumParts()) {
    KernelProblem windows = problem;
    windows.sparse = kind;
    windows.group = parts * part;
    auto countLists = [&](int64_t tileBlocks) {
      return sparsity.getNumLists(tileBlocks);
    };
    auto countGroups = [&](int64_t tileBlocks) {
      return sparsity.countEntries(tileBlocks, parts) / parts;
    };
    KernelEstimate next = chooseListKernel(
        target, windows,
        {countLists, countGroups, lanes * windows.group * (8 + bits) / 8});
    if (next.cycles < best.cycles &&
        (problem.dot != DotKind::VPMADDUBSW ||
         sparsity.getLists(next.kernel.getTileBlocks(), parts)
             .fitsI16(problem.dot, parts)))
      best = next;
  }
  return best;
}

KernelEstimate nnq::estimateKernel(TargetAttr target,
                                   const ContractionLayout &layout,
                                   const KernelProblem &problem) {
  KernelAttr kernel = chooseKernel(target, problem);
  linalg::LinalgOp op = layout.contraction.op;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  double steps = llvm::divideCeil(layout.runLength, problem.group);
  for (unsigned loop : layout.outerReductions)
    steps *= ranges[loop];
  return {kernel,
          problem.outer * steps *
              estimateCycles(target, problem, kernel.getLanes(),
                             kernel.getTileRows(), kernel.getTileBlocks())};
}

KernelEstimate nnq::chooseSparse(TargetAttr target,
                                 const ContractionLayout &layout,
                                 const KernelProblem &problem,
                                 const KernelEstimate &dense,
                                 std::string &reason) {
  FailureOr<ConstantData> weights =
      ConstantData::get(layout.contraction.weight->get());
  if (failed(weights) || problem.bits || getZeroShare(*weights) < kLeastZeros)
    return dense;
  double limit = kMargin * dense.cycles;
  KernelEstimate best =
      chooseBlocks(target, layout, *weights, problem, limit, reason);
  if (best.kernel && isLarger(best, problem, dense)) {
    best = {};
    reason = "its blocks of zeros are fewer bytes than padding would be";
  }
  bool hasBlocks = static_cast<bool>(best.kernel);
  if (hasBlocks)
    limit = best.cycles;
  PlaceStrategy places(target, layout, *weights, problem);
  std::string obstacle;
  if (failed(places.check(obstacle))) {
    if (!hasBlocks && obstacle != reason)
      reason += "; " + obstacle;
    return hasBlocks ? best : dense;
  }
  KernelEstimate selecting = places.chooseWindow();
  if (isLarger(selecting, problem, dense))
    selecting.cycles = std::numeric_limits<double>::infinity();
  if (std::optional<KernelEstimate> two = places.chooseTwoOfFour();
      two && two->cycles < selecting.cycles)
    selecting = *two;
  if (selecting.cycles < limit) {
    reason.clear();
    return selecting;
  }
  if (hasBlocks)
    return best;
  if (std::isinf(selecting.cycles))
    reason += "; places would be more bytes than zeros";
  else
    reason += llvm::formatv("; lanes that select what they multiply would take "
                            "{0:P0} of the time",
                            selecting.cycles / dense.cycles);
  return dense;
}
