//===- PruneGradually.cpp - Make weights zero and fit the others ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "RequestedLayer.h"
#include "WeightFit.h"
#include "nnq/Compress/Calibrate/SampleRunner.h"
#include "nnq/Compress/Prune/Passes.h"
#include "nnq/Support/BiasAdd.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Statistics.h"

#include <cmath>

namespace nnq {
#define GEN_PASS_DEF_PRUNEGRADUALLY
#include "nnq/Compress/Prune/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-prune-gradually";

/// What layers read in a run: the compiled code passes no context along.
static thread_local std::vector<std::vector<float>> *currentInputs;

static void observe(int64_t id, const float *data, int64_t count) {
  (*currentInputs)[id].insert((*currentInputs)[id].end(), data, data + count);
}

namespace {
/// A layer, and its parts in the network as it was.
struct GradualLayer {
  SparseLayer sparse;
  int64_t zeros;
  /// Numbers of what its readers read.
  SmallVector<int64_t> ids;
};

/// Patches of the samples that a fit is made of, taken evenly from all.
class PatchSample {
public:
  PatchSample(const LayerView &view, int64_t numRuns)
      : depth(view.getDepth()), perRun(llvm::divideCeil(kMost(depth), numRuns)),
        view(view), patches(view.numGroups), before(view.numGroups) {}

  /// The same patches of what the layer reads and of what it did read.
  void add(ArrayRef<float> activation, ArrayRef<float> original);
  /// Of one group, whose memory this frees.
  FloatMatrix takePatches(int64_t group) { return take(patches[group]); }
  FloatMatrix takeOriginal(int64_t group) { return take(before[group]); }

private:
  /// More tell little about as many numbers.
  static int64_t kMost(int64_t depth) {
    return std::max<int64_t>(4096, 2 * depth);
  }
  FloatMatrix take(std::vector<float> &from) const;

  int64_t depth, perRun, run = 0;
  const LayerView &view;
  std::vector<std::vector<float>> patches, before;
};

struct PruneGradually : public nnq::impl::PruneGraduallyBase<PruneGradually> {
  PruneGradually(const PruneGraduallyOptions &options, LoweringBuilder lowering)
      : PruneGraduallyBase(options), lowering(std::move(lowering)) {}

  void getDependentDialects(DialectRegistry &registry) const override {
    TrialBuilders{[](OpPassManager &) {}, lowering}.getDependentDialects(
        registry);
  }

  void runOnOperation() override {
    llvm::Error error = checkOptions();
    if (!error) {
      FailureOr<std::vector<GradualLayer>> layers = findLayers();
      if (failed(layers))
        return signalPassFailure();
      error = prune(*layers);
    }
    if (error) {
      emitError(getOperation().getLoc())
          << kPass << ": " << llvm::toString(std::move(error));
      signalPassFailure();
    }
  }

private:
  llvm::Error checkOptions() const;
  llvm::Error prune(std::vector<GradualLayer> &layers);
  FailureOr<std::vector<GradualLayer>> findLayers();
  llvm::Expected<CompiledModel> compile(ArrayRef<linalg::LinalgOp> readers,
                                        StringRef entry);
  llvm::Error prune(GradualLayer &layer, CompiledModel &whole,
                    func::FuncOp entry, int64_t numInputs);
  void fit(GradualLayer &layer, PatchSample &sample);

  LoweringBuilder lowering;
};
} // namespace

void PatchSample::add(ArrayRef<float> activation, ArrayRef<float> original) {
  FailureOr<LayerView::Patches> at = view.getPatches(activation.size());
  assert(succeeded(at) && "checked when the layer was found");
  int64_t all = at->positionOffsets.size(), count = std::min(all, perRun);
  // Other positions in each run.
  constexpr double kGoldenRatio = 0.6180339887498949;
  double start = run++ * kGoldenRatio;
  for (auto [group, offset] : llvm::enumerate(at->groupOffsets))
    for (int64_t i = 0; i < count; ++i) {
      double share = start + static_cast<double>(i) / count;
      int64_t position = count == all ? i : (share - std::floor(share)) * all;
      int64_t from = offset + at->positionOffsets[position];
      for (int64_t k : at->depthOffsets) {
        patches[group].push_back(activation[from + k]);
        before[group].push_back(original[from + k]);
      }
    }
}

FloatMatrix PatchSample::take(std::vector<float> &from) const {
  FloatMatrix matrix = Eigen::Map<FloatMatrix>(
      from.data(), static_cast<int64_t>(from.size()) / depth, depth);
  from = {};
  return matrix;
}

llvm::Error PruneGradually::checkOptions() const {
  if (steps < 1)
    return llvm::createStringError("steps=" + Twine(steps) +
                                   " are none; pass 1 or more");
  if (!(damping >= 0 && damping <= 1))
    return llvm::createStringError("damping is a share; pass 0 to 1");
  if (criterion == WeightCriterion::Obs)
    return llvm::createStringError(
        "criterion=obs changes weights by itself; pass magnitude or wanda");
  return llvm::Error::success();
}

FailureOr<std::vector<GradualLayer>> PruneGradually::findLayers() {
  std::vector<GradualLayer> layers;
  int64_t next = 0;
  for (const WeightReaders &readers : findWeightReaders(getOperation())) {
    // What they multiply is seen later.
    FailureOr<std::optional<RequestedLayer>> requested =
        RequestedLayer::get(readers, WeightCriterion::Magnitude);
    if (failed(requested))
      return failure();
    if (!*requested)
      continue;
    GradualLayer layer{std::move((*requested)->layer), (*requested)->zeros, {}};
    for ([[maybe_unused]] linalg::LinalgOp reader : readers)
      layer.ids.push_back(next++);
    layers.push_back(std::move(layer));
  }
  return layers;
}

/// A copy of the network that observes what `readers` read.
llvm::Expected<CompiledModel>
PruneGradually::compile(ArrayRef<linalg::LinalgOp> readers, StringRef entry) {
  IRMapping mapping;
  OwningOpRef<ModuleOp> copy = cast<ModuleOp>(getOperation()->clone(mapping));
  OpBuilder builder(&getContext());
  for (size_t id = 0; id < readers.size(); ++id) {
    linalg::LinalgOp reader = readers[id];
    Value read = mapping.lookup(matchWeightedOp(reader)->activation->get());
    builder.setInsertionPointAfterValue(read);
    ObserveOp::create(builder, reader.getLoc(), read, id, /*ordered=*/true);
  }
  if (failed(runOnCopy(*copy, [&](OpPassManager &pm) {
        lowering(pm, /*reference=*/false);
      })))
    return llvm::createStringError("the network could not be lowered");
  llvm::StringMap<void *> symbols;
  symbols["nnq_observe"] = reinterpret_cast<void *>(observe);
  return CompiledModel::jit(*copy, symbols, entry, kTrialLevels);
}

llvm::Error PruneGradually::prune(std::vector<GradualLayer> &layers) {
  if (layers.empty())
    return llvm::Error::success();
  llvm::Expected<func::FuncOp> entry = findSampledEntry(getOperation());
  if (!entry)
    return entry.takeError();
  SmallVector<linalg::LinalgOp> readers;
  for (const GradualLayer &layer : layers)
    llvm::append_range(readers, layer.sparse.readers);
  llvm::Expected<CompiledModel> whole = compile(readers, entry->getName());
  if (!whole)
    return whole.takeError();
  for (GradualLayer &layer : layers)
    if (llvm::Error error = prune(layer, *whole, *entry, readers.size()))
      return error;
  // What was seen of other weights.
  dropStatistics(getOperation());
  return llvm::Error::success();
}

llvm::Error PruneGradually::prune(GradualLayer &layer, CompiledModel &whole,
                                  func::FuncOp entry, int64_t numInputs) {
  SparseLayer &sparse = layer.sparse;
  llvm::Expected<CompiledModel> now = compile(sparse.readers, entry.getName());
  if (!now)
    return now.takeError();
  llvm::Expected<CalibrationData> inputs =
      CalibrationData::open(entry, data, key, samples);
  if (!inputs)
    return inputs.takeError();
  PatchSample sample(
      sparse.view,
      std::max<int64_t>(1, inputs->getNumSamples() * sparse.readers.size()));
  std::vector<std::vector<float>> before(numInputs),
      after(sparse.readers.size());
  Buffers results(now->signature().outputs);
  bool isFinite = true;
  currentInputs = &before;
  llvm::Error error = runSamples(
      getOperation(), whole, *inputs, "fitting sparse weights",
      [&](ArrayRef<const void *> arrays, ArrayRef<std::vector<char>>, int64_t) {
        currentInputs = &after;
        now->run(arrays, results.pointers);
        currentInputs = &before;
        for (auto [id, read] : llvm::zip_equal(layer.ids, after)) {
          isFinite &=
              llvm::all_of(read, [](float x) { return std::isfinite(x); });
          sample.add(read, before[id]);
          read.clear();
        }
        for (std::vector<float> &read : before)
          read.clear();
      });
  currentInputs = nullptr;
  if (error)
    return error;
  if (!isFinite)
    return llvm::createStringError(
        "layer '" + getLayerName(sparse.getOp()) +
        "' reads what is not finite; the network does not work on the data");
  fit(layer, sample);
  return llvm::Error::success();
}

void PruneGradually::fit(GradualLayer &layer, PatchSample &sample) {
  SparseLayer &sparse = layer.sparse;
  const int64_t depth = sparse.getDepth(), all = sparse.getNumWeights();
  const int64_t before = llvm::count(sparse.weights, 0.0f);
  std::vector<WeightFit> fits;
  std::vector<double> variances;
  SmallVector<SmallVector<int64_t>> rows;
  auto read = [&](int64_t group) {
    FloatMatrix weights(rows[group].size(), depth);
    for (auto [r, row] : llvm::enumerate(rows[group]))
      for (int64_t k = 0; k < depth; ++k)
        weights(r, k) = sparse.weights[sparse.view.getWeight(row, k)];
    return weights;
  };
  for (int64_t group = 0; group < sparse.view.numGroups; ++group) {
    rows.push_back(sparse.getRows(group));
    FloatMatrix targets = sample.takeOriginal(group) * read(group).transpose();
    fits.emplace_back(sample.takePatches(group), std::move(targets), damping);
    llvm::append_range(variances, fits.back().getVariances());
  }
  const SparsityPattern pattern = sparse.pattern;
  // Of M weights one goes in a step at least.
  int64_t count = pattern.isNOfM() ? std::min(steps.getValue(),
                                              pattern.period - pattern.kept)
                                   : steps;
  for (int64_t step = 1; step <= count; ++step) {
    int64_t units = layer.zeros / pattern.getBlockSize();
    if (step < count) {
      double share = static_cast<double>(step) / count;
      units = sparse.getNumUnits() *
              (1 - std::pow(1 - static_cast<double>(layer.zeros) / all, share));
      if (pattern.isNOfM())
        sparse.pattern.kept =
            pattern.period -
            std::llrint((pattern.period - pattern.kept) * share);
    }
    llvm::BitVector gone =
        sparse.choose(sparse.getScores(criterion, variances), units);
    for (unsigned at : gone.set_bits())
      sparse.weights[at] = 0;
    sparse.pattern = pattern;
    for (int64_t group = 0; group < sparse.view.numGroups; ++group) {
      FloatMatrix weights = read(group);
      fits[group].fit(weights);
      for (auto [r, row] : llvm::enumerate(rows[group]))
        for (int64_t k = 0; k < depth; ++k)
          sparse.weights[sparse.view.getWeight(row, k)] = weights(r, k);
    }
  }
  std::vector<float> biases(sparse.getNumRows());
  double explained = 0;
  for (int64_t group = 0; group < sparse.view.numGroups; ++group) {
    FloatMatrix weights = read(group);
    Eigen::VectorXf change = fits[group].getBiases(weights);
    for (auto [r, row] : llvm::enumerate(rows[group]))
      biases[row] = change(r);
    explained += fits[group].getExplained(weights) / sparse.view.numGroups;
  }
  sparse.write();
  for (linalg::LinalgOp reader : sparse.readers) {
    reader->removeAttr(kSparsityAttr);
    addToChannels(reader, sparse.view, biases, "fitted_bias");
  }
  int64_t after = llvm::count(sparse.weights, 0.0f);
  ++numLayers;
  numPruned += after - before;
  numZeros += after;
  numWeights += all;
  numBits += 32 * (after - before);
  remarkPassed(sparse.getOp(), kPass,
               llvm::formatv("{0} of {1} weights are zero ({2:F1} %), {3} of "
                             "them were so; the others keep {4:F1} % of the "
                             "variance of the result",
                             after, all, 100.0 * after / all, before,
                             100 * explained)
                   .str());
}

std::unique_ptr<Pass>
nnq::createPruneGradually(const PruneGraduallyOptions &options,
                          LoweringBuilder lowering) {
  return std::make_unique<PruneGradually>(options, std::move(lowering));
}
