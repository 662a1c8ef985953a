//===- RankRule.cpp - How ranks are chosen --------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "RankRule.h"
#include "FactorRequest.h"
#include "SingularValues.h"

#include <cmath>

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace nnq;

using Ranks = SmallVector<int64_t>;

/// Multiply-adds at these ranks; none if there is no such plan.
static std::optional<int64_t> countMacs(const FactorLayer &layer,
                                        FactorMethod method,
                                        ArrayRef<int64_t> ranks) {
  std::string reason;
  FailureOr<FactorPlan> plan = FactorPlan::get(layer, method, ranks, reason);
  if (failed(plan))
    return std::nullopt;
  return plan->countMultiplyAdds();
}

/// Ranks in proportion to the full ones, the first of them `step` out of
/// `count`.
static Ranks getProportion(ArrayRef<int64_t> full, int64_t step,
                           int64_t count) {
  Ranks ranks;
  for (int64_t most : full)
    ranks.push_back(std::max<int64_t>(1, most * step / count));
  return ranks;
}

/// The largest ranks of at most `most` multiply-adds.
static std::optional<Ranks> getLargest(const FactorLayer &layer,
                                       FactorMethod method,
                                       ArrayRef<int64_t> full, int64_t width,
                                       double most) {
  auto round = [&](Ranks ranks) {
    for (int64_t &rank : ranks)
      if (rank > width)
        rank = rank / width * width;
    return ranks;
  };
  auto fits = [&](int64_t step, int64_t count) {
    std::optional<int64_t> macs =
        countMacs(layer, method, round(getProportion(full, step, count)));
    return macs && *macs <= most;
  };
  const int64_t count = *llvm::max_element(full);
  int64_t low = 0, high = count + 1;
  while (low + 1 < high) {
    int64_t middle = low + (high - low) / 2;
    (fits(middle, count) ? low : high) = middle;
  }
  if (low == 0)
    return std::nullopt;
  return round(getProportion(full, low, count));
}

/// Multiples of `width`: the next ones, or, where these are no fewer
/// multiply-adds than the layer has, those before.
static Ranks roundToWidth(const FactorLayer &layer, FactorMethod method,
                          ArrayRef<int64_t> ranks, ArrayRef<int64_t> full,
                          int64_t width, int64_t before) {
  Ranks up, down;
  for (auto [rank, most] : llvm::zip_equal(ranks, full)) {
    int64_t next = llvm::divideCeil(rank, width) * width;
    // All of a dimension is no multiple of anything, and needs none.
    up.push_back(rank == most ? most : std::min(next, most));
    down.push_back(rank == most || rank < width ? rank : rank / width * width);
  }
  std::optional<int64_t> macs = countMacs(layer, method, up);
  return macs && *macs < before ? up : down;
}

FailureOr<RankedPlan> RankedPlan::get(const FactorLayer &layer,
                                      FactorMethod method, const RankRule &rule,
                                      ArrayRef<RankSpectrum> spectra,
                                      int64_t before, std::string &reason) {
  FailureOr<Ranks> full = getFullRanks(layer, method, reason);
  if (failed(full))
    return failure();
  auto fail = [&](const Twine &text) {
    reason = text.str();
    return failure();
  };

  Ranks ranks;
  switch (rule.kind) {
  case RankRule::Kind::Fixed:
    if (rule.ranks.size() != 1 && rule.ranks.size() != full->size())
      return fail("it takes " + Twine(full->size()) + " ranks");
    for (auto [i, most] : llvm::enumerate(*full))
      ranks.push_back(
          std::min(rule.ranks[rule.ranks.size() == 1 ? 0 : i], most));
    break;
  case RankRule::Kind::Ratio: {
    std::optional<Ranks> largest =
        getLargest(layer, method, *full, rule.width, (1 - rule.share) * before);
    if (!largest)
      return fail("rank 1 has more multiply-adds than ratio leaves");
    ranks = *largest;
    break;
  }
  case RankRule::Kind::Energy:
  case RankRule::Kind::Vbmf:
    if (spectra.empty())
      return fail("cp has no singular values; give rank or ratio");
    for (const RankSpectrum &spectrum : spectra)
      ranks.push_back(
          rule.kind == RankRule::Kind::Energy
              ? getEnergyRank(spectrum.values, rule.share)
              : std::max<int64_t>(1, getVbmfRank(spectrum.values, spectrum.rows,
                                                 spectrum.columns)));
    break;
  }
  if (rule.kind != RankRule::Kind::Ratio)
    ranks = roundToWidth(layer, method, ranks, *full, rule.width, before);
  FailureOr<FactorPlan> plan = FactorPlan::get(layer, method, ranks, reason);
  if (failed(plan))
    return failure();
  int64_t after = plan->countMultiplyAdds();
  if (after >= before)
    return fail(llvm::formatv("{0} has {1} multiply-adds, the layer {2}",
                              describe(method, ranks), after, before)
                    .str());
  return RankedPlan{method, ranks, std::move(*plan)};
}
