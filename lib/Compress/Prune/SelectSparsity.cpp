//===- SelectSparsity.cpp - Decide how many weights go --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "SparseLayer.h"
#include "nnq/Compress/Prune/Passes.h"
#include "nnq/Support/LayerPatterns.h"
#include "nnq/Support/Remarks.h"

#include <cmath>

namespace nnq {
#define GEN_PASS_DEF_SELECTSPARSITY
#include "nnq/Compress/Prune/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-select-sparsity";

namespace {
/// A layer, and units of it that become zero.
struct Candidate {
  SparseLayer layer;
  int64_t zeros = 0;
};

struct SelectSparsity : public nnq::impl::SelectSparsityBase<SelectSparsity> {
  using SelectSparsityBase::SelectSparsityBase;

  void runOnOperation() override {
    FailureOr<SparsityPattern> given = checkOptions();
    if (failed(given))
      return signalPassFailure();
    FailureOr<std::vector<Candidate>> candidates = findCandidates(*given);
    if (failed(candidates))
      return signalPassFailure();
    if (given->isNOfM())
      for (Candidate &candidate : *candidates)
        candidate.zeros = candidate.layer.getNumUnits() / given->period *
                          (given->period - given->kept);
    else if (scope == PruneScope::Local)
      for (Candidate &candidate : *candidates)
        candidate.zeros = std::llrint(ratio * candidate.layer.getNumUnits());
    else if (failed(compete(*candidates)))
      return signalPassFailure();
    for (Candidate &candidate : *candidates)
      annotate(candidate);
  }

private:
  InFlightDiagnostic fail() {
    return emitError(getOperation().getLoc()) << kPass << ": ";
  }

  FailureOr<SparsityPattern> checkOptions();
  FailureOr<std::vector<Candidate>> findCandidates(const SparsityPattern &);
  LogicalResult compete(MutableArrayRef<Candidate> candidates);
  void annotate(Candidate &candidate);
};
} // namespace

FailureOr<SparsityPattern> SelectSparsity::checkOptions() {
  auto write = [](double x) { return llvm::formatv("{0}", x).str(); };
  std::optional<SparsityPattern> given = SparsityPattern::parse(pattern);
  if (!given)
    return fail() << "pattern=" << pattern.getValue()
                  << " is none; there are unstructured, N:M (2:4) with N below "
                     "M, and RxC (16x4)";
  if (!(damping >= 0 && damping <= 1))
    return fail() << "damping=" << write(damping)
                  << " is no share; pass 0 to 1";
  if (given->isNOfM()) {
    if (ratio != 0)
      return fail() << "pattern=" << pattern.getValue()
                    << " says how many weights go; leave out ratio";
    if (scope == PruneScope::Global)
      return fail() << "pattern=" << pattern.getValue()
                    << " is the same in all layers; leave out scope=global";
    return *given;
  }
  if (ratio == 0)
    return fail() << "nothing says how many weights go; give ratio (the share "
                     "that becomes zero), between 0 and 1, or pattern=N:M";
  if (!(ratio > 0 && ratio < 1))
    return fail() << "ratio=" << write(ratio) << " has to lie between 0 and 1";
  return *given;
}

FailureOr<std::vector<Candidate>>
SelectSparsity::findCandidates(const SparsityPattern &given) {
  llvm::Expected<LayerPatterns> excluded = parseExcluded(exclude);
  if (!excluded)
    return fail() << llvm::toString(excluded.takeError());
  std::vector<Candidate> candidates;
  MissedLayers missed;
  bool hasStatistics = criterion == WeightCriterion::Magnitude;
  for (const WeightReaders &readers : findWeightReaders(getOperation())) {
    for (linalg::LinalgOp reader : readers) {
      auto stats = reader->getAttrOfType<InputStatsAttr>(kInputStatsAttr);
      hasStatistics |= stats && (criterion == WeightCriterion::Wanda ||
                                 stats.getCorrelation());
    }
    if (excluded->matchAny(readers)) {
      missed.emplace_back(readers.front(), "keeps its weights as asked for");
      continue;
    }
    std::string reason;
    FailureOr<SparseLayer> layer =
        SparseLayer::get(readers, given, criterion, reason);
    if (failed(layer)) {
      missed.emplace_back(readers.front(), reason);
      continue;
    }
    if (!layer->isFinite())
      return emitLayerError(readers.front())
             << "has weights that are not finite numbers";
    candidates.push_back({std::move(*layer)});
  }
  numMissed += missed.size();
  for (auto &[op, reason] : missed)
    remarkMissed(op, kPass, reason);
  if (llvm::Error error = checkExcluded(*excluded, "layer with weights"))
    return fail() << llvm::toString(std::move(error));
  if (!hasStatistics && !missed.empty())
    return fail() << "criterion="
                  << (criterion == WeightCriterion::Obs
                          ? "obs asks for the correlation"
                          : "wanda asks for the second moments")
                  << " of what layers multiply, which no layer has; pass "
                     "data=FILE, or statistics=FILE of a calibration with "
                  << (criterion == WeightCriterion::Obs ? "correlations=.*"
                                                        : "input-statistics");
  if (candidates.empty()) {
    InFlightDiagnostic error = fail() << "no layer has weights that can go";
    attachMissed(error, missed);
    return error;
  }
  return candidates;
}

/// All units compete, those of equal importance in order.
LogicalResult SelectSparsity::compete(MutableArrayRef<Candidate> candidates) {
  std::vector<std::pair<double, uint32_t>> all;
  for (auto [i, candidate] : llvm::enumerate(candidates)) {
    const SparseLayer &layer = candidate.layer;
    FailureOr<std::vector<double>> scores = layer.getScores(criterion, damping);
    if (failed(scores))
      return emitLayerError(layer.getOp())
             << "the correlation of its input cannot be factorized; raise "
                "damping";
    // Magnitudes are compared as they are; errors, with what they disturb.
    double power = criterion == WeightCriterion::Magnitude
                       ? 1
                       : std::max(layer.getPower(criterion), 1e-30);
    for (double score : *scores)
      all.emplace_back(score / power, i);
  }
  int64_t count = std::llrint(ratio * all.size());
  std::nth_element(all.begin(), all.begin() + count, all.end());
  for (auto [score, i] : ArrayRef(all).take_front(count))
    ++candidates[i].zeros;
  return success();
}

void SelectSparsity::annotate(Candidate &candidate) {
  const SparseLayer &layer = candidate.layer;
  int64_t units = layer.getNumUnits();
  int64_t zeros = std::min(candidate.zeros, units - 1);
  if (zeros == 0) {
    ++numMissed;
    remarkMissed(layer.getOp(), kPass,
                 candidate.zeros > 0 ? "one block of weights stays"
                                     : "the share of its weights is none");
    return;
  }
  ++numSelected;
  SparsityRequest request{layer.pattern, zeros * layer.pattern.getBlockSize()};
  for (linalg::LinalgOp reader : layer.readers)
    request.write(reader);
  remarkPassed(layer.getOp(), kPass,
               llvm::formatv("{0} of {1} weights go", request.zeros,
                             layer.getNumWeights())
                   .str());
}
