//===- SelectRanks.cpp - Decide which layers are factorized ---------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "FactorCost.h"
#include "LayerRequests.h"
#include "RankRule.h"
#include "nnq/Compress/Factorize/Passes.h"
#include "nnq/Support/LayerPatterns.h"
#include "nnq/Support/Refusals.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/TargetInfo.h"

#include "llvm/Support/FormatVariadic.h"

namespace nnq {
#define GEN_PASS_DEF_SELECTRANKS
#include "nnq/Compress/Factorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-select-ranks";

namespace {
/// A layer, and all that ranks of it are chosen from.
struct Candidate {
  FactorLayer layer;
  std::optional<InputMoments> moments;
  SmallVector<FactorMethod> methods;
  SmallVector<SmallVector<RankSpectrum>> spectra;
  SmallVector<int64_t> ranks;
  FactorPlan unchanged;
  double cycles = 0;
};

/// What becomes of a layer.
struct Choice {
  std::optional<RankedPlan> ranked;
  double cycles = 0;
  /// Why it stays as it is.
  std::string reason;
};

struct SelectRanks : public nnq::impl::SelectRanksBase<SelectRanks> {
  using SelectRanksBase::SelectRanksBase;

  void runOnOperation() override {
    FailureOr<std::optional<RankRule>> rule = checkOptions();
    if (failed(rule))
      return signalPassFailure();
    FailureOr<std::vector<Candidate>> candidates = findCandidates();
    if (failed(candidates) || failed(select(*candidates, *rule)))
      return signalPassFailure();
  }

private:
  InFlightDiagnostic fail() {
    return emitError(getOperation().getLoc()) << kPass << ": ";
  }
  void miss(Operation *op, StringRef reason) {
    ++numMissed;
    remarkMissed(op, kPass, reason);
  }

  FailureOr<std::optional<RankRule>> checkOptions();
  LogicalResult findTargetAndWidth();
  FailureOr<std::vector<Candidate>> findCandidates();
  FailureOr<std::optional<Candidate>>
  getCandidate(linalg::LinalgOp op, const LayerRequests::How *how,
               std::string &reason);
  LogicalResult select(std::vector<Candidate> &candidates,
                       std::optional<RankRule> rule);
  Choice choose(const Candidate &candidate,
                const std::optional<RankRule> &rule);
  FailureOr<RankRule> findEnergy(ArrayRef<Candidate> candidates);
  double getCost(const RankedPlan &ranked, double cycles) const {
    return objective == FactorObjective::Size
               ? static_cast<double>(ranked.plan.countWeights())
               : cycles;
  }

  TargetAttr target;
  int64_t width = 1;
};
} // namespace

FailureOr<std::optional<RankRule>> SelectRanks::checkOptions() {
  auto write = [](double x) { return llvm::formatv("{0}", x).str(); };
  int given =
      (rank != -1) + (ratio != 0) + (energy != 0) + vbmf + (latency != 0);
  if (given > 1)
    return fail() << "rank, ratio, energy, vbmf and latency exclude each other";
  if (rank != -1 && rank < 1)
    return fail() << "rank=" << rank.getValue() << " has to be 1 at least";
  for (auto [name, share] : {std::pair("ratio", ratio.getValue()),
                             {"energy", energy.getValue()},
                             {"latency", latency.getValue()}})
    if (share != 0 && !(share > 0 && share < 1))
      return fail() << name << "=" << write(share)
                    << " has to lie between 0 and 1";
  if (roundTo < 0)
    return fail() << "round-to=" << roundTo.getValue()
                  << " has to be positive, or 0";
  if (method == FactorMethod::Cp && (energy != 0 || vbmf || latency != 0))
    return fail() << "cp has no singular values, which "
                  << (vbmf          ? "vbmf"
                      : energy != 0 ? "energy"
                                    : "latency")
                  << " asks for; give rank or ratio";
  if (failed(findTargetAndWidth()))
    return failure();
  llvm::Expected<LayerRequests> requests = LayerRequests::parse(layers);
  if (!requests)
    return fail() << "layers: " << llvm::toString(requests.takeError());
  if (given == 0 && !requests->hasRanks())
    return fail() << "nothing says what the ranks are; give rank, ratio, "
                     "energy, vbmf or latency";
  if (given == 0 || latency != 0)
    return std::optional<RankRule>();
  RankRule rule;
  rule.width = width;
  if (rank != -1)
    rule.ranks = {rank};
  if (ratio != 0) {
    rule.kind = RankRule::Kind::Ratio;
    rule.share = ratio;
  }
  if (energy != 0) {
    rule.kind = RankRule::Kind::Energy;
    rule.share = energy;
  }
  if (vbmf)
    rule.kind = RankRule::Kind::Vbmf;
  return std::optional(rule);
}

LogicalResult SelectRanks::findTargetAndWidth() {
  FailureOr<TargetAttr> found = findTargetOrHost(getOperation());
  if (failed(found))
    return failure();
  target = *found;
  width = roundTo > 0 ? roundTo.getValue() : getRegisterWidth(target);
  return success();
}

FailureOr<std::optional<Candidate>>
SelectRanks::getCandidate(linalg::LinalgOp op, const LayerRequests::How *how,
                          std::string &reason) {
  FailureOr<FactorLayer> layer = FactorLayer::get(op, reason);
  if (failed(layer))
    return std::optional<Candidate>();
  if (!layer->isFinite()) {
    emitLayerError(op) << "has weights that are not finite numbers";
    return failure();
  }
  if (!(layer->weights.getSquaredNorm() > 0)) {
    reason = "its weights are all zero";
    return std::optional<Candidate>();
  }
  Candidate candidate;
  FailureOr<FactorPlan> unchanged = FactorPlan::getUnchanged(*layer, reason);
  if (failed(unchanged))
    return std::optional<Candidate>();
  candidate.unchanged = std::move(*unchanged);
  candidate.cycles = estimateCycles(target, candidate.unchanged);
  if (op->hasAttr(kInputStatsAttr)) {
    std::string why;
    FailureOr<InputMoments> moments = InputMoments::get(*layer, why);
    if (succeeded(moments))
      candidate.moments = std::move(*moments);
    else
      remarkMissed(op, kPass, "is not weighed: " + why);
  }
  FactorMethod asked = how ? how->method : method.getValue();
  if (how)
    candidate.ranks = how->ranks;
  SmallVector<FactorMethod> tried{asked};
  if (asked == FactorMethod::Auto)
    tried = getWideWindows(*layer).empty()
                ? SmallVector<FactorMethod>{FactorMethod::Svd}
                : SmallVector<FactorMethod>{FactorMethod::ChannelSvd,
                                            FactorMethod::SpatialSvd,
                                            FactorMethod::Tucker};
  bool asksSpectra =
      candidate.ranks.empty() && (energy != 0 || vbmf || latency != 0);
  for (FactorMethod method : tried) {
    if (failed(getFullRanks(*layer, method, reason)))
      continue;
    candidate.methods.push_back(method);
    candidate.spectra.emplace_back();
    if (asksSpectra)
      candidate.spectra.back() = getSpectra(
          *layer, method, candidate.moments ? &*candidate.moments : nullptr);
  }
  candidate.layer = std::move(*layer);
  if (candidate.methods.empty())
    return std::optional<Candidate>();
  return std::optional(std::move(candidate));
}

FailureOr<std::vector<Candidate>> SelectRanks::findCandidates() {
  llvm::Expected<LayerPatterns> excluded = parseExcluded(exclude);
  if (!excluded)
    return fail() << llvm::toString(excluded.takeError());
  LayerRequests requests = llvm::cantFail(LayerRequests::parse(layers));
  std::vector<Candidate> candidates;
  MissedLayers missed;
  SmallVector<linalg::LinalgOp> ops = findWeightedOps(getOperation());
  for (linalg::LinalgOp op : ops) {
    bool isExcluded = excluded->match(getLayerName(op));
    const LayerRequests::How *how = requests.find(getLayerName(op));
    if (isExcluded || (how && how->isKept)) {
      missed.emplace_back(op, "stays as asked for");
      continue;
    }
    std::string reason;
    FailureOr<std::optional<Candidate>> candidate =
        getCandidate(op, how, reason);
    if (failed(candidate))
      return failure();
    if (*candidate)
      candidates.push_back(std::move(**candidate));
    else
      missed.emplace_back(op, reason);
  }
  for (auto &[op, reason] : missed)
    miss(op, reason);
  if (llvm::Error error = checkExcluded(*excluded, "layer with weights"))
    return fail() << llvm::toString(std::move(error));
  if (std::optional<StringRef> unused = requests.findUnused())
    return fail() << "layers: no layer with weights answers '" << *unused
                  << "'";
  if (candidates.empty()) {
    InFlightDiagnostic error = fail() << "no layer can be factorized";
    attachMissed(error, missed);
    return error;
  }
  return candidates;
}

Choice SelectRanks::choose(const Candidate &candidate,
                           const std::optional<RankRule> &rule) {
  Choice best;
  std::optional<RankRule> its = rule;
  if (!candidate.ranks.empty()) {
    its = RankRule();
    its->ranks = candidate.ranks;
  }
  if (!its) {
    best.reason = "nothing says what its rank is";
    return best;
  }
  bool byError =
      its->kind == RankRule::Kind::Ratio && candidate.methods.size() > 1;
  const InputMoments *moments =
      candidate.moments ? &*candidate.moments : nullptr;
  double least = 0;
  for (auto [method, spectra] :
       llvm::zip_equal(candidate.methods, candidate.spectra)) {
    std::string reason;
    FailureOr<RankedPlan> ranked =
        RankedPlan::get(candidate.layer, method, *its, spectra,
                        candidate.unchanged.countMultiplyAdds(), reason);
    double cycles = 0, cost = 0;
    if (succeeded(ranked)) {
      cycles = estimateCycles(target, ranked->plan);
      cost = getCost(*ranked, cycles);
      if (objective == FactorObjective::Latency && cycles >= candidate.cycles)
        reason = llvm::formatv("{0} is no faster: an estimated {1:f0} cycles, "
                               "the layer {2:f0}",
                               describe(method, ranked->ranks), cycles,
                               candidate.cycles);
      int64_t weights = ranked->plan.countWeights(),
              before = candidate.unchanged.countWeights();
      if (objective == FactorObjective::Size && weights >= before)
        reason =
            llvm::formatv("{0} is no smaller: {1} weights, the layer {2}",
                          describe(method, ranked->ranks), weights, before);
    }
    if (reason.empty() && byError) {
      FailureOr<Factors> factors = computeFactors(
          candidate.layer, method, ranked->ranks, moments, seed, reason);
      if (succeeded(factors))
        cost = getFactorError(candidate.layer, *factors, moments);
    }
    if (!reason.empty()) {
      if (candidate.methods.size() > 1 && failed(ranked))
        reason = (getMethodName(method) + ": " + reason).str();
      best.reason += (best.reason.empty() ? "" : "; ") + reason;
      continue;
    }
    if (best.ranked && least <= cost)
      continue;
    least = cost;
    best.ranked = std::move(*ranked);
    best.cycles = cycles;
  }
  return best;
}

/// The largest energy at which all layers together take no longer than asked.
FailureOr<RankRule> SelectRanks::findEnergy(ArrayRef<Candidate> candidates) {
  double all = 0;
  for (const Candidate &candidate : candidates)
    all += candidate.cycles;
  RankRule rule;
  rule.kind = RankRule::Kind::Energy;
  rule.width = width;
  auto getShare = [&](double energy) {
    rule.share = energy;
    double sum = 0;
    for (const Candidate &candidate : candidates) {
      Choice choice = choose(candidate, rule);
      sum += choice.ranked ? choice.cycles : candidate.cycles;
    }
    return sum / all;
  };
  double low = 0, high = 1;
  double least = getShare(low);
  if (least > latency)
    return fail() << "latency="
                  << llvm::formatv("{0}", latency.getValue()).str()
                  << " is out of reach: at the least ranks the layers take "
                  << llvm::formatv("{0:f2}", least).str()
                  << " of the estimated time";
  for (int i = 0; i < 20; ++i) {
    double middle = (low + high) / 2;
    (getShare(middle) <= latency ? low : high) = middle;
  }
  rule.share = low;
  return rule;
}

LogicalResult SelectRanks::select(std::vector<Candidate> &candidates,
                                  std::optional<RankRule> rule) {
  if (latency != 0) {
    FailureOr<RankRule> found = findEnergy(candidates);
    if (failed(found))
      return failure();
    rule = *found;
  }
  for (const Candidate &candidate : candidates) {
    linalg::LinalgOp op = candidate.layer.op;
    Choice choice = choose(candidate, rule);
    if (!choice.ranked) {
      miss(op, choice.reason);
      noteRefusal(op, "factorize", choice.reason);
      continue;
    }
    ++numSelected;
    const RankedPlan &ranked = *choice.ranked;
    FactorRequest{ranked.method, ranked.ranks}.write(op);
    remarkPassed(
        op, kPass,
        llvm::formatv(
            "{0}: {1} of {2} multiply-adds, {3} of {4} weights, an "
            "estimated {5:f0} of {6:f0} cycles",
            describe(ranked.method, ranked.ranks),
            ranked.plan.countMultiplyAdds(),
            candidate.unchanged.countMultiplyAdds(), ranked.plan.countWeights(),
            candidate.unchanged.countWeights(), choice.cycles, candidate.cycles)
            .str());
  }
  return success();
}
