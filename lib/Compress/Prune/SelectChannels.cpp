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
  /// Units from the next larger multiple of `step`; 0 where all stay.
  int64_t lastBlock() const { return std::min(removed, step - kept() % step); }
  double scoreOfNext() const { return sumScores(removed, nextBlock()); }
  double sumScores(int64_t first, int64_t count) const {
    double sum = 0;
    for (int64_t i = first; i < first + count; ++i)
      sum += scores[order[i]];
    return sum;
  }
};

/// What the selection is to make small, of the positions that stay.
using Cost = llvm::function_ref<double(ArrayRef<int64_t>)>;

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
  static void remove(Candidate &candidate, int64_t count,
                     MutableArrayRef<int64_t> kept);
  double removeWhereCheapest(MutableArrayRef<Candidate> candidates,
                             Cost measure, double target,
                             MutableArrayRef<int64_t> kept);
  static void giveBack(MutableArrayRef<Candidate> candidates, Cost measure,
                       double target, double share,
                       MutableArrayRef<int64_t> kept);
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
    // Groups of fewer channels fill parts of a register: halves, quarters.
    int64_t step = *width / std::gcd(*width, positions);
    // The cost model knows what parts of registers take.
    if (latency != 0 && roundTo == 0)
      step = llvm::divideCeil(step, 2);
    while (step > 1 && step >= candidate.size())
      step = llvm::divideCeil(step, 2);
    candidate.step = step;
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

void SelectChannels::remove(Candidate &candidate, int64_t count,
                            MutableArrayRef<int64_t> kept) {
  candidate.removed += count;
  for (auto [dim, times] :
       llvm::zip_equal(candidate.group->dims, candidate.group->times))
    kept[dim] -= count * times;
}

/// Removes until the cost is no more than `target`, and returns it: the blocks
/// of least importance for what they save.
double
SelectChannels::removeWhereCheapest(MutableArrayRef<Candidate> candidates,
                                    Cost measure, double target,
                                    MutableArrayRef<int64_t> kept) {
  // Time may fall with one block of several alone.
  const int mostBlocks = latency != 0 ? 4 : 1;
  double now = measure(kept);
  while (now > target) {
    Candidate *best = nullptr;
    double least = 0;
    int64_t bestCount = 0;
    for (Candidate &candidate : candidates) {
      SmallVector<int64_t> then(kept);
      Candidate trial = candidate;
      for (int block = 0; block < mostBlocks && trial.nextBlock(); ++block) {
        remove(trial, trial.nextBlock(), then);
        // What is more than is asked for saves nothing.
        double saved = now - std::max(measure(then), target);
        int64_t count = trial.removed - candidate.removed;
        double cost =
            saved > 0 ? candidate.sumScores(candidate.removed, count) / saved
                      : std::numeric_limits<double>::max();
        if (!best || cost < least) {
          best = &candidate;
          least = cost;
          bestCount = count;
        }
      }
    }
    if (!best)
      return now;
    remove(*best, bestCount, kept);
    now = measure(kept);
  }
  return now;
}

/// Blocks are coarse: those of the most importance stay where the cost is still
/// no more than `target`, and no more of a group than `share` loses, rounded.
void SelectChannels::giveBack(MutableArrayRef<Candidate> candidates,
                              Cost measure, double target, double share,
                              MutableArrayRef<int64_t> kept) {
  for (;;) {
    Candidate *best = nullptr;
    double most = 0;
    for (Candidate &candidate : candidates) {
      int64_t block = candidate.lastBlock();
      double left = std::ceil(candidate.size() * (1 - share) / candidate.step);
      if (block == 0 || candidate.kept() + block > left * candidate.step)
        continue;
      SmallVector<int64_t> then(kept);
      Candidate trial = candidate;
      remove(trial, -block, then);
      double score = candidate.sumScores(trial.removed, block) / block;
      if (measure(then) <= target && (!best || score > most)) {
        best = &candidate;
        most = score;
      }
    }
    if (!best)
      return;
    remove(*best, -best->lastBlock(), kept);
  }
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
    bool isInt8 = precision == CompiledPrecision::Int8;
    return machine ? groups.estimateCycles(machine, isInt8, positions)
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
    count();
    giveBack(candidates, measure, target, double(low) / kSteps, kept);
    return success();
  }
  if (double now = removeWhereCheapest(candidates, measure, target, kept);
      now > target)
    return failAt(now);
  giveBack(candidates, measure, target, /*share=*/0, kept);
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
