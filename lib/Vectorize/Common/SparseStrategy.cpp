//===- SparseStrategy.cpp - Kernels that skip zeros -----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "SparseStrategy.h"

#include "BlockSparsity.h"
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
      sparsity.getLists(pairs.kernel.getTileBlocks(), 2).fitsI16(2, part))
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

KernelEstimate nnq::chooseSparse(TargetAttr target,
                                 const ContractionLayout &layout,
                                 const KernelProblem &problem,
                                 const KernelEstimate &dense,
                                 std::string &reason) {
  // Fewer zeros are in most weights by chance.
  constexpr double kLeastZeros = 0.3;
  // Estimates are right within a tenth, by measurement; nothing is to take
  // longer than it did.
  constexpr double kMargin = 0.95;
  // By measurement blocks of 16 channels are as fast as larger ones, and up to
  // 1.7 times as fast as those of 8.
  constexpr int64_t kBlockChannels = 16;
  FailureOr<ConstantData> weights =
      ConstantData::get(layout.contraction.weight->get());
  if (failed(weights) || problem.bits)
    return dense;
  double zeros = getZeroShare(*weights);
  if (zeros < kLeastZeros)
    return dense;
  int64_t part = getPartSize(problem.dot);
  int64_t lanes = getWidestLanes(target, problem.dot);
  FailureOr<BlockSparsity> sparsity =
      BlockSparsity::get(layout, *weights, lanes, part, reason);
  if (failed(sparsity))
    return dense;
  // Pairs of parts must not read further than single ones.
  bool mayPair = problem.dot == DotKind::VPMADDUBSW &&
                 llvm::alignTo(layout.runLength, 2 * part) ==
                     llvm::alignTo(layout.runLength, part);
  SparseStrategy strategy(target, problem, *sparsity, mayPair);
  KernelEstimate best = strategy.choose();
  double limit = kMargin * dense.cycles;
  if (best.cycles < limit)
    return best;
  double threshold = strategy.findThreshold(limit);
  int64_t tileBlocks = std::max<int64_t>(1, kBlockChannels / lanes);
  reason = llvm::formatv(
      "{0:P0} of its weights are zero, but {1:P0} of their blocks of {2} "
      "output "
      "and {3} input channels are not; skipping the others pays below {4:P0}, "
      "which 'prune-weights' reaches with pattern={2}x{3}",
      zeros,
      static_cast<double>(sparsity->countEntries(tileBlocks, 1)) /
          sparsity->getNumEntries(tileBlocks),
      lanes * tileBlocks, part, threshold);
  return dense;
}
