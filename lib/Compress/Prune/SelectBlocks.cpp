//===- SelectBlocks.cpp - Decide which blocks can go ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Blocks.h"
#include "nnq/Compress/Calibrate/TrialOutcome.h"
#include "nnq/Compress/Prune/Passes.h"
#include "nnq/Support/LayerPatterns.h"
#include "nnq/Support/Remarks.h"

#include <cmath>

namespace nnq {
#define GEN_PASS_DEF_SELECTBLOCKS
#include "nnq/Compress/Prune/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-select-blocks";

namespace {
/// How much a sample changes in a block: 1 - cos of input and output.
class Similarity {
public:
  void add(ArrayRef<float> input, ArrayRef<float> output, int64_t samples) {
    const size_t size = input.size() / samples;
    for (int64_t i = 0; i < samples; ++i) {
      double xx = 0, yy = 0, xy = 0;
      for (auto [x, y] : llvm::zip_equal(input.slice(i * size, size),
                                         output.slice(i * size, size))) {
        xx += static_cast<double>(x) * x;
        yy += static_cast<double>(y) * y;
        xy += static_cast<double>(x) * y;
      }
      // Zeros are like nothing but zeros.
      bool isZero = xx == 0 || yy == 0;
      sum += isZero ? (xx == yy ? 0 : 1) : 1 - xy / std::sqrt(xx * yy);
      ++count;
    }
  }
  double getMean() const { return sum / count; }

private:
  double sum = 0;
  int64_t count = 0;
};

struct Candidate {
  const PrunableBlock *block;
  double importance = 0;
};

struct SelectBlocks : public nnq::impl::SelectBlocksBase<SelectBlocks> {
  SelectBlocks(const SelectBlocksOptions &options, TrialBuilders builders)
      : SelectBlocksBase(options), builders(std::move(builders)) {}

  void getDependentDialects(DialectRegistry &registry) const override {
    builders.getDependentDialects(registry);
  }

  void runOnOperation() override {
    llvm::Error error = checkOptions();
    if (!error)
      error = select();
    if (!error)
      return;
    InFlightDiagnostic diagnostic = emitError(getOperation().getLoc())
                                    << kPass << ": "
                                    << llvm::toString(std::move(error));
    for (const RefusedBlock &refused : notes)
      diagnostic.attachNote(refused.op->getLoc())
          << "'" << getLayerName(refused.op) << "': " << refused.reason;
    signalPassFailure();
  }

private:
  llvm::Error checkOptions();
  llvm::Error select();
  llvm::Error findCandidates();
  llvm::Expected<CalibrationData> open() {
    return CalibrationData::open(entry, data, key, samples);
  }
  llvm::Error measureSimilarity();
  llvm::Error measureLoss();
  llvm::Expected<Outcome> evaluate(ArrayRef<Candidate> removed);
  llvm::Expected<size_t> limitDrop(ArrayRef<Candidate> order);
  void request(const PrunableBlock &block, Operation *exit,
               double importance) const;

  TrialBuilders builders;
  func::FuncOp entry;
  Blocks found;
  std::vector<Candidate> candidates;
  /// Of the network as it is.
  std::optional<Outcome> expected;
  std::vector<int64_t> truth;
  std::vector<RefusedBlock> notes;
};
} // namespace

llvm::Error SelectBlocks::checkOptions() {
  auto write = [](double x) { return llvm::formatv("{0}", x).str(); };
  int given = (count != 0) + (ratio != 0) + !(drop < 0);
  if (given == 0)
    return llvm::createStringError(
        "nothing says how many blocks go; give count, ratio (the share of the "
        "blocks, between 0 and 1) or accuracy-drop (points that may be lost)");
  if (given > 1)
    return llvm::createStringError(
        "count, ratio and accuracy-drop exclude each other");
  if (count < 0)
    return llvm::createStringError("count=" + llvm::Twine(count.getValue()) +
                                   " has to be positive");
  if (ratio != 0 && !(ratio > 0 && ratio < 1))
    return llvm::createStringError("ratio=" + write(ratio) +
                                   " has to lie between 0 and 1");
  if (std::isnan(drop))
    return llvm::createStringError("accuracy-drop is no number");
  if (criterion == BlockCriterion::Loss && labels.empty())
    return llvm::createStringError(
        "criterion=loss compares with labels; pass labels=NAME of their array");
  return llvm::Error::success();
}

llvm::Error SelectBlocks::findCandidates() {
  llvm::Expected<LayerPatterns> excluded = parseExcluded(exclude);
  if (!excluded)
    return excluded.takeError();
  found = Blocks::find(entry, bridge);
  numMissed += found.refused.size();
  for (const RefusedBlock &refused : found.refused)
    remarkMissed(refused.op, kPass, refused.reason);
  for (const PrunableBlock &block : found.blocks) {
    if (excluded->matchAny(block.layers)) {
      ++numMissed;
      remarkMissed(block.getExit(), kPass,
                   "block " + block.getName() + " stays as asked for");
      continue;
    }
    candidates.push_back({&block});
  }
  numBlocks += candidates.size();
  if (llvm::Error error =
          checkExcluded(*excluded, "layer of a block that could go"))
    return error;
  if (!candidates.empty())
    return llvm::Error::success();
  notes = found.refused;
  return llvm::createStringError("the network has no block that can go");
}

llvm::Error SelectBlocks::measureSimilarity() {
  OwningOpRef<ModuleOp> copy;
  SmallVector<std::pair<size_t, size_t>> positions;
  {
    IRMapping mapping;
    copy = cast<ModuleOp>(getOperation()->clone(mapping));
    auto function = copy->lookupSymbol<func::FuncOp>(entry.getName());
    for (const Candidate &candidate : candidates)
      positions.emplace_back(
          addResult(function, mapping.lookup(candidate.block->input)),
          addResult(function, mapping.lookup(candidate.block->output)));
  }
  llvm::Expected<CompiledModel> model =
      builders.compile(*copy, entry.getName());
  if (!model)
    return model.takeError();
  llvm::Expected<CalibrationData> inputs = open();
  if (!inputs)
    return inputs.takeError();
  SmallVector<Similarity> similarities(candidates.size());
  llvm::Error error = runSamples(
      getOperation(), *model, *inputs, "comparing inputs and outputs of blocks",
      [&](ArrayRef<const void *>, ArrayRef<std::vector<char>> results,
          int64_t samples) {
        for (auto [similarity, position] :
             llvm::zip_equal(similarities, positions))
          similarity.add(asFloats(results[position.first]),
                         asFloats(results[position.second]), samples);
      });
  if (error)
    return error;
  for (auto [candidate, similarity] : llvm::zip_equal(candidates, similarities))
    candidate.importance = similarity.getMean();
  return llvm::Error::success();
}

/// What a removal adds to the loss, each on its own.
llvm::Error SelectBlocks::measureLoss() {
  llvm::Expected<double> before = expected->getCrossEntropy(truth);
  if (!before)
    return before.takeError();
  for (Candidate &candidate : candidates) {
    llvm::Expected<Outcome> outcome = evaluate(candidate);
    if (!outcome)
      return outcome.takeError();
    candidate.importance = *outcome->getCrossEntropy(truth) - *before;
  }
  return llvm::Error::success();
}

void SelectBlocks::request(const PrunableBlock &block, Operation *exit,
                           double importance) const {
  Builder builder(exit->getContext());
  NamedAttrList attributes;
  attributes.set("importance", builder.getF64FloatAttr(importance));
  if (!block.bridge.empty())
    attributes.set("bridge", builder.getStringAttr(block.bridge));
  exit->setAttr(kRemoveBlockAttr, attributes.getDictionary(exit->getContext()));
}

/// Runs the network without some blocks.
llvm::Expected<Outcome> SelectBlocks::evaluate(ArrayRef<Candidate> removed) {
  IRMapping mapping;
  OwningOpRef<ModuleOp> copy = cast<ModuleOp>(getOperation()->clone(mapping));
  for (const Candidate &candidate : removed)
    request(*candidate.block, mapping.lookup(candidate.block->getExit()),
            candidate.importance);
  if (!removed.empty() && failed(runOnCopy(*copy, builders.change)))
    return llvm::createStringError("the blocks could not be removed");
  llvm::Expected<CompiledModel> model =
      builders.compile(*copy, entry.getName());
  if (!model)
    return model.takeError();
  llvm::Expected<CalibrationData> inputs = open();
  if (!inputs)
    return inputs.takeError();
  ++numTrials;
  return Outcome::run(getOperation(), *model, *inputs,
                      "running without some blocks");
}

/// How many of the least important blocks the accuracy bears the loss of.
llvm::Expected<size_t> SelectBlocks::limitDrop(ArrayRef<Candidate> order) {
  double accuracy = expected->getAccuracy(truth);
  size_t enough = 0, tooMany = order.size() + 1;
  while (enough + 1 < tooMany) {
    // As a rule few blocks can go.
    size_t next = std::min(std::max<size_t>(1, 2 * enough),
                           enough + (tooMany - enough + 1) / 2);
    next = std::min(next, tooMany - 1);
    llvm::Expected<Outcome> outcome = evaluate(order.take_front(next));
    if (!outcome)
      return outcome.takeError();
    double lost = accuracy - outcome->getAccuracy(truth);
    remarkPassed(entry, kPass,
                 llvm::formatv("without {0} of {1} blocks: accuracy drops by "
                               "{2:f2} points to {3:f2} %",
                               next, order.size(), lost, accuracy - lost)
                     .str());
    (lost <= drop ? enough : tooMany) = next;
  }
  return enough;
}

llvm::Error SelectBlocks::select() {
  llvm::Expected<func::FuncOp> function = findSampledEntry(getOperation());
  if (!function)
    return function.takeError();
  entry = *function;
  // Data are asked for even if nothing can go.
  if (llvm::Expected<CalibrationData> inputs = open(); !inputs)
    return inputs.takeError();
  if (llvm::Error error = findCandidates())
    return error;
  if (drop >= 0 || criterion == BlockCriterion::Loss) {
    llvm::Expected<Outcome> outcome = evaluate({});
    if (!outcome)
      return outcome.takeError();
    expected = std::move(*outcome);
    llvm::Expected<std::vector<int64_t>> right =
        expected->getTruth(data, labels);
    if (!right)
      return right.takeError();
    truth = std::move(*right);
  }
  if (llvm::Error error = criterion == BlockCriterion::Loss
                              ? measureLoss()
                              : measureSimilarity())
    return error;
  for (const Candidate &candidate : candidates) {
    if (!std::isfinite(candidate.importance))
      return llvm::createStringError(
          "the importance of block " + candidate.block->getName() +
          " is no number; the network does not work on the data");
    remarkPassed(candidate.block->getExit(), kPass,
                 llvm::formatv("block {0}: importance {1:F4}",
                               candidate.block->getName(), candidate.importance)
                     .str());
  }
  std::vector<Candidate> order = candidates;
  // Blocks lie in the order of the network.
  llvm::sort(order, [](const Candidate &a, const Candidate &b) {
    return std::pair(a.importance, a.block) < std::pair(b.importance, b.block);
  });
  // A block goes with all that lies within.
  std::vector<Candidate> apart;
  for (const Candidate &candidate : order)
    if (llvm::none_of(apart, [&](const Candidate &other) {
          return other.block->overlaps(*candidate.block);
        }))
      apart.push_back(candidate);

  size_t number = count;
  if (ratio != 0)
    number = std::llround(ratio * apart.size());
  if (ratio != 0 && number == 0)
    return llvm::createStringError(llvm::formatv(
        "ratio={0} of {1} blocks is none", ratio.getValue(), apart.size()));
  if (drop >= 0) {
    llvm::Expected<size_t> most = limitDrop(apart);
    if (!most)
      return most.takeError();
    number = *most;
    if (number == 0)
      remarkMissed(apart.front().block->getExit(), kPass,
                   llvm::formatv("accuracy-drop={0}: the accuracy drops by "
                                 "more without the least important block, {1}",
                                 drop.getValue(),
                                 apart.front().block->getName())
                       .str());
  }
  if (number > apart.size())
    return llvm::createStringError("count=" + llvm::Twine(number) + ": only " +
                                   llvm::Twine(apart.size()) +
                                   " blocks can go");
  for (const Candidate &candidate : ArrayRef(apart).take_front(number)) {
    request(*candidate.block, candidate.block->getExit(), candidate.importance);
    ++numSelected;
  }
  return llvm::Error::success();
}

std::unique_ptr<Pass>
nnq::createSelectBlocks(const SelectBlocksOptions &options,
                        PipelineBuilder removal, LoweringBuilder lowering) {
  return std::make_unique<SelectBlocks>(
      options, TrialBuilders{std::move(removal), std::move(lowering)});
}
