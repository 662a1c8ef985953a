//===- SelectChannels.cpp - Decide which channels can go ------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ChannelScores.h"

#include "nnq/Compress/Prune/Passes.h"
#include "nnq/Support/LayerPatterns.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/TargetInfo.h"

#include <cmath>
#include <numeric>

namespace nnq {
#define GEN_PASS_DEF_SELECTCHANNELS
#include "nnq/Compress/Prune/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-select-channels";

namespace {
/// A group in the course of the selection.
struct Candidate {
  const ChannelGroup *group;
  std::vector<double> scores;
  /// Units of the group, the least important one first.
  SmallVector<unsigned> order;
  /// Units whose positions fill whole registers.
  int64_t step = 1;
  int64_t removed = 0;

  int64_t size() const { return group->units.size(); }
  int64_t kept() const { return size() - removed; }
  /// Units to the next smaller multiple of `step`; 0 where none may go.
  int64_t nextBlock() const {
    int64_t block = (kept() - 1) % step + 1;
    return kept() - block >= std::min(step, size()) ? block : 0;
  }
  double scoreOfNext() const {
    double sum = 0;
    for (int64_t i = 0; i < nextBlock(); ++i)
      sum += scores[order[removed + i]];
    return sum;
  }
};

struct SelectChannels : public nnq::impl::SelectChannelsBase<SelectChannels> {
  using SelectChannelsBase::SelectChannelsBase;

  void runOnOperation() override {
    if (failed(checkOptions()))
      return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic() && !function.isExternal() &&
          failed(select(function)))
        return signalPassFailure();
  }

private:
  LogicalResult checkOptions();
  FailureOr<int64_t> getRegisterWidth();
  LogicalResult select(func::FuncOp function);
  FailureOr<SmallVector<Candidate>> getCandidates(const ChannelGroups &groups);
  void removeUniformly(MutableArrayRef<Candidate> candidates, double share);
  static void removeNext(Candidate &candidate, MutableArrayRef<int64_t> kept);
  LogicalResult reachTarget(func::FuncOp function, const ChannelGroups &groups,
                            MutableArrayRef<Candidate> candidates);
  void removeGlobally(MutableArrayRef<Candidate> candidates);
  void annotate(const ChannelGroups &groups, ArrayRef<Candidate> candidates);
  void print(const ChannelGroups &groups);
};
} // namespace

LogicalResult SelectChannels::checkOptions() {
  auto fail = [&]() {
    return emitError(getOperation().getLoc()) << kPass << ": ";
  };
  auto isShare = [](double x) { return x > 0 && x < 1; };
  int64_t given = (ratio != 0) + (macs != 0) + (latency != 0);
  if (printGroups && given == 0)
    return success();
  if (given == 0)
    return fail() << "nothing says how much to remove; give ratio (the share "
                     "of the channels that go), macs (the share of the "
                     "multiply-adds that stay) or latency (the share of the "
                     "estimated time that stays)";
  if (given > 1)
    return fail() << "ratio, macs and latency exclude each other";
  for (auto [name, share] : std::initializer_list<std::pair<StringRef, double>>{
           {"ratio", ratio}, {"macs", macs}, {"latency", latency}})
    if (share != 0 && !isShare(share))
      return fail() << name << "=" << share << " has to lie between 0 and 1";
  if (criterion == ChannelCriterion::BatchNormScale && scales.empty())
    return fail()
           << "criterion=bn-scale asks for scales=FILE.npz, an array for "
              "each layer; import folds batch normalization into "
              "weights, so read them before "
              "(nnq.torch.batch_norm_scales)";
  if (criterion == ChannelCriterion::Taylor && gradients.empty())
    return fail() << "criterion=taylor asks for gradients=FILE.npz, an array "
                     "for each layer (nnq.torch.weight_gradients)";
  if (roundTo < 0)
    return fail() << "round-to=" << roundTo.getValue()
                  << " has to be positive, or 0";
  return success();
}

/// Channels that one register of accumulators holds.
FailureOr<int64_t> SelectChannels::getRegisterWidth() {
  if (roundTo > 0)
    return roundTo.getValue();
  FailureOr<TargetAttr> target = findTargetOrHost(getOperation());
  if (failed(target))
    return failure();
  return nnq::getRegisterWidth(*target);
}

FailureOr<SmallVector<Candidate>>
SelectChannels::getCandidates(const ChannelGroups &groups) {
  FailureOr<int64_t> width = getRegisterWidth();
  if (failed(width))
    return failure();
  auto fail = [&]() {
    return emitError(getOperation().getLoc()) << kPass << ": ";
  };
  llvm::Expected<LayerPatterns> excluded = parseExcluded(exclude);
  if (!excluded)
    return fail() << llvm::toString(excluded.takeError());
  ChannelScoring scoring{criterion, static_cast<uint64_t>(seed), std::nullopt};
  if (criterion == ChannelCriterion::BatchNormScale ||
      criterion == ChannelCriterion::Taylor) {
    StringRef path = criterion == ChannelCriterion::Taylor ? gradients : scales;
    llvm::Expected<NumpyFile> file = NumpyFile::open(path);
    if (!file)
      return fail() << llvm::toString(file.takeError());
    scoring.file = std::move(*file);
  }
  SmallVector<Candidate> candidates;
  for (const ChannelGroup &group : groups.getGroups()) {
    if (excluded->matchAny(
            llvm::map_range(group.producers, [](ChannelProducer producer) {
              return producer.op.getOperation();
            }))) {
      for (const ChannelProducer &producer : group.producers)
        remarkMissed(producer.op, kPass, "keeps its channels as asked for");
      continue;
    }
    Candidate candidate{&group, {}, {}};
    FailureOr<std::vector<double>> scores =
        scoreChannels(groups.getGraph(), group, scoring);
    if (failed(scores))
      return failure();
    candidate.scores = std::move(*scores);
    candidate.order =
        llvm::to_vector(llvm::seq<unsigned>(0, group.units.size()));
    llvm::sort(candidate.order, [&](unsigned a, unsigned b) {
      return std::tie(candidate.scores[a], a) <
             std::tie(candidate.scores[b], b);
    });
    int64_t positions = *llvm::min_element(group.times);
    int64_t step = *width / std::gcd(*width, positions);
    candidate.step = step < candidate.size() ? step : 1;
    candidates.push_back(std::move(candidate));
  }
  if (llvm::Error error =
          checkExcluded(*excluded, "layer whose channels could go"))
    return fail() << llvm::toString(std::move(error));
  return candidates;
}

void SelectChannels::removeUniformly(MutableArrayRef<Candidate> candidates,
                                     double share) {
  for (Candidate &candidate : candidates) {
    int64_t size = candidate.size(), step = candidate.step;
    int64_t kept = std::lround(size * (1 - share) / step) * step;
    candidate.removed = size - std::clamp(kept, std::min(step, size), size);
  }
}

void SelectChannels::removeNext(Candidate &candidate,
                                MutableArrayRef<int64_t> kept) {
  int64_t block = candidate.nextBlock();
  candidate.removed += block;
  for (auto [dim, times] :
       llvm::zip_equal(candidate.group->dims, candidate.group->times))
    kept[dim] -= block * times;
}

void SelectChannels::removeGlobally(MutableArrayRef<Candidate> candidates) {
  int64_t total = 0, removed = 0;
  for (const Candidate &candidate : candidates)
    total += candidate.size();
  while (removed < ratio * total) {
    Candidate *best = nullptr;
    double least = 0;
    for (Candidate &candidate : candidates) {
      int64_t block = candidate.nextBlock();
      double score = block ? candidate.scoreOfNext() / block : 0;
      if (block && (!best || score < least)) {
        best = &candidate;
        least = score;
      }
    }
    if (!best)
      return;
    int64_t block = best->nextBlock();
    removed += block;
    best->removed += block;
  }
}

LogicalResult
SelectChannels::reachTarget(func::FuncOp function, const ChannelGroups &groups,
                            MutableArrayRef<Candidate> candidates) {
  TargetAttr machine;
  if (latency != 0) {
    FailureOr<TargetAttr> found = findTargetOrHost(getOperation());
    if (failed(found))
      return failure();
    machine = *found;
  }
  auto measure = [&](ArrayRef<int64_t> positions) -> double {
    return machine ? groups.estimateCycles(machine, positions)
                   : groups.countMultiplyAdds(positions);
  };
  SmallVector<int64_t> all = groups.countPositions();
  double before = measure(all);
  double target = (machine ? latency : macs) * before;
  SmallVector<int64_t> kept = all;
  auto count = [&] {
    kept = all;
    for (const Candidate &candidate : candidates)
      for (auto [dim, times] :
           llvm::zip_equal(candidate.group->dims, candidate.group->times))
        kept[dim] -= candidate.removed * times;
    return measure(kept);
  };
  auto failAt = [&](double reached) {
    return emitError(function.getLoc())
           << kPass << (machine ? ": latency=" : ": macs=")
           << (machine ? latency : macs).getValue()
           << " cannot be reached: with one register of channels left in each "
              "group, "
           << llvm::formatv("{0:F3}", reached / before).str()
           << (machine ? " of the estimated time stays"
                       : " of the multiply-adds stay");
  };
  if (ranking == PruneRanking::Uniform) {
    constexpr int64_t kSteps = 1024;
    removeUniformly(candidates, 1);
    if (double least = count(); least > target)
      return failAt(least);
    int64_t low = 0, high = kSteps;
    while (high - low > 1) {
      int64_t middle = (low + high) / 2;
      removeUniformly(candidates, double(middle) / kSteps);
      (count() <= target ? high : low) = middle;
    }
    removeUniformly(candidates, double(high) / kSteps);
    return success();
  }
  double now = before;
  while (now > target) {
    Candidate *best = nullptr;
    double least = 0;
    for (Candidate &candidate : candidates) {
      if (!candidate.nextBlock())
        continue;
      SmallVector<int64_t> then(kept);
      Candidate trial = candidate;
      removeNext(trial, then);
      double saved = now - measure(then);
      double cost = saved > 0 ? candidate.scoreOfNext() / saved
                              : std::numeric_limits<double>::max();
      if (!best || cost < least) {
        best = &candidate;
        least = cost;
      }
    }
    if (!best)
      return failAt(now);
    removeNext(*best, kept);
    now = measure(kept);
  }
  return success();
}

void SelectChannels::annotate(const ChannelGroups &groups,
                              ArrayRef<Candidate> candidates) {
  const ChannelGraph &graph = groups.getGraph();
  llvm::DenseSet<ChannelGraph::Position> removed;
  llvm::MapVector<Operation *, unsigned> producers;
  for (const Candidate &candidate : candidates) {
    for (int64_t i = 0; i < candidate.removed; ++i)
      removed.insert(candidate.group->units[candidate.order[i]]);
    for (const ChannelProducer &producer : candidate.group->producers)
      producers[producer.op] = producer.dim;
    numSelected += candidate.removed;
  }
  for (auto [op, dim] : producers) {
    unsigned number = *graph.findDim(op->getResult(0), dim);
    SmallVector<int64_t> positions;
    for (int64_t i = 0; i < graph.getSize(number); ++i)
      if (removed.contains(graph.getUnit(graph.getFirst(number) + i)))
        positions.push_back(i);
    if (positions.empty())
      continue;
    op->setAttr(kRemoveChannelsAttr,
                DenseI64ArrayAttr::get(&getContext(), positions));
    remarkPassed(op, kPass,
                 llvm::formatv("loses {0} of {1} channels", positions.size(),
                               graph.getSize(number))
                     .str());
  }
}

void SelectChannels::print(const ChannelGroups &groups) {
  llvm::raw_ostream &os = llvm::errs();
  for (auto [i, group] : llvm::enumerate(groups.getGroups())) {
    os << "group " << i << ": " << group.units.size() << " units, made by ";
    llvm::interleaveComma(group.producers, os, [&](const auto &producer) {
      os << getLayerName(producer.op);
    });
    os << "; read by ";
    SmallVector<StringRef> readers;
    for (const WeightDim &weight : group.weights)
      if (llvm::none_of(group.producers, [&](const auto &producer) {
            return producer.op == weight.op;
          }))
        readers.push_back(getLayerName(weight.op));
    llvm::interleaveComma(readers, os);
    os << "\n";
  }
  for (const FixedDim &dim : groups.getFixed())
    os << "channels of " << getLayerName(dim.op) << " stay: " << dim.reason
       << (dim.cause && !isa<func::FuncOp, func::ReturnOp>(dim.cause)
               ? (" (" + getLayerName(dim.cause) + ")").str()
               : "")
       << "\n";
}

LogicalResult SelectChannels::select(func::FuncOp function) {
  isolateSources(function);
  ChannelGroups groups(function);
  numGroups += groups.getGroups().size();
  for (const ChannelGroup &group : groups.getGroups())
    numUnits += group.units.size();
  if (printGroups)
    print(groups);
  if (ratio == 0 && macs == 0 && latency == 0)
    return success();
  for (const FixedDim &dim : groups.getFixed())
    remarkMissed(dim.op, kPass, ("channels stay: " + dim.reason).str());
  FailureOr<SmallVector<Candidate>> candidates = getCandidates(groups);
  if (failed(candidates))
    return failure();
  if (candidates->empty()) {
    InFlightDiagnostic error = emitError(function.getLoc())
                               << kPass << ": no channel can go";
    for (const FixedDim &dim : groups.getFixed())
      error.attachNote(dim.op->getLoc())
          << "channels of layer '" << getLayerName(dim.op)
          << "' stay: " << dim.reason;
    return error;
  }
  if (ratio == 0) {
    if (failed(reachTarget(function, groups, *candidates)))
      return failure();
  } else if (ranking == PruneRanking::Uniform) {
    removeUniformly(*candidates, ratio);
  } else {
    removeGlobally(*candidates);
  }
  annotate(groups, *candidates);
  return success();
}
