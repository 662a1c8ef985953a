//===- FactorPlan.cpp - The smaller layers that replace a layer -----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "FactorPlan.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace nnq;

static int64_t multiply(ArrayRef<int64_t> sizes) {
  int64_t product = 1;
  for (int64_t size : sizes)
    product *= ShapedType::isDynamic(size) ? 1 : size;
  return product;
}

int64_t FactorStep::countMultiplyAdds() const { return multiply(sizes); }
int64_t FactorStep::countWeights() const { return multiply(weightShape); }

int64_t FactorPlan::countMultiplyAdds() const {
  int64_t sum = 0;
  for (const FactorStep &step : steps)
    sum += step.countMultiplyAdds();
  return sum;
}

int64_t FactorPlan::countWeights() const {
  int64_t sum = 0;
  for (const FactorStep &step : steps)
    sum += step.countWeights();
  return sum;
}

namespace {
/// A dimension of what a step reads: what indexes it, in terms of the loops of
/// the layer and of ranks.
struct Dim {
  AffineExpr expr;
  int64_t size;
};

/// Derives the loops of steps from those of the layer.
class Planner {
public:
  Planner(const FactorLayer &layer, ArrayRef<int64_t> ranks,
          std::string &reason)
      : layer(layer), reason(reason), sizes(layer.sizes) {
    sizes.append(ranks.begin(), ranks.end());
    linalg::LinalgOp op = layer.op;
    for (auto [expr, size] :
         llvm::zip(op.getMatchingIndexingMap(layer.activation).getResults(),
                   op.getShape(layer.activation)))
      dims.push_back({expr, size});
    OpOperand *init = op.getDpsInitOperand(0);
    for (auto [expr, size] : llvm::zip(
             op.getMatchingIndexingMap(init).getResults(), op.getShape(init)))
      results.push_back({expr, size});
  }

  LogicalResult add(FactorStep &step, bool isLast);

private:
  AffineExpr getLoop(unsigned loop) {
    return getAffineDimExpr(loop, layer.op->getContext());
  }
  /// The loops of `expr`.
  static SmallVector<unsigned> getLoops(AffineExpr expr) {
    SmallVector<unsigned> loops;
    expr.walk([&](AffineExpr part) {
      if (auto dim = dyn_cast<AffineDimExpr>(part))
        loops.push_back(dim.getPosition());
    });
    return loops;
  }
  LogicalResult fail(StringRef text) {
    reason = text.str();
    return failure();
  }
  void orderWeights(FactorStep &step);

  const FactorLayer &layer;
  std::string &reason;
  SmallVector<int64_t> sizes;
  SmallVector<Dim> dims, results;
};
} // namespace

/// As in the weights of the layer: what a step makes lies where the output
/// channels do, what it reads where the inputs do.
void Planner::orderWeights(FactorStep &step) {
  linalg::LinalgOp op = layer.op;
  AffineMap weight = op.getMatchingIndexingMap(layer.weight);
  auto getPlace = [&](unsigned loop) {
    if (loop >= layer.sizes.size())
      loop = llvm::is_contained(step.summed, loop) ? layer.inputs.front()
                                                   : layer.channels.front();
    return *weight.getResultPosition(getLoop(loop));
  };
  step.weightOrder = llvm::to_vector(llvm::seq<int64_t>(0, step.loops.size()));
  llvm::sort(step.weightOrder, [&](int64_t a, int64_t b) {
    return std::pair(getPlace(step.loops[a]), a) <
           std::pair(getPlace(step.loops[b]), b);
  });
  for (int64_t at : step.weightOrder)
    step.weightShape.push_back(sizes[step.loops[at]]);
}

LogicalResult Planner::add(FactorStep &step, bool isLast) {
  auto isSummed = [&](unsigned loop) {
    return llvm::is_contained(step.summed, loop);
  };
  // What indexes the activation, and the result with its sizes.
  SmallVector<AffineExpr> reads;
  SmallVector<Dim> made;
  SmallVector<unsigned> sources;
  std::optional<size_t> place;
  unsigned numLoops = sizes.size();
  SmallVector<int64_t> loopSizes = sizes;
  for (auto [i, dim] : llvm::enumerate(dims)) {
    SmallVector<unsigned> loops = getLoops(dim.expr);
    reads.push_back(dim.expr);
    if (isLast)
      continue;
    bool isSingle = isa<AffineDimExpr>(dim.expr);
    if (llvm::none_of(loops, isSummed)) {
      if (!isSingle) {
        // A later step slides along it.
        reads.back() = getLoop(numLoops++);
        loopSizes.push_back(dim.size);
      }
      made.push_back(dim);
      sources.push_back(i);
      continue;
    }
    if (isSingle) {
      if (!place)
        place = made.size();
      continue;
    }
    llvm::erase_if(loops, isSummed);
    if (loops.size() != 1)
      return fail("its windows do not slide along one dimension each");
    AffineExpr position = getLoop(loops.front());
    auto *result = llvm::find_if(
        results, [&](const Dim &its) { return its.expr == position; });
    if (result == results.end())
      return fail("its result lacks a loop of its input");
    made.push_back({position, result->size});
    sources.push_back(dims.size() + (result - results.begin()));
  }
  if (isLast) {
    made = results;
    for (size_t i = 0; i < results.size(); ++i)
      sources.push_back(dims.size() + i);
  } else {
    size_t at = place.value_or(made.size());
    for (unsigned loop : step.loops) {
      auto isLoop = [&](const Dim &dim) { return dim.expr == getLoop(loop); };
      if (isSummed(loop) || llvm::any_of(made, isLoop))
        continue;
      made.insert(made.begin() + at, Dim{getLoop(loop), sizes[loop]});
      sources.insert(sources.begin() + at, 0);
      ++at;
    }
  }

  // Loops of the step: those of its result, then sums.
  SmallVector<AffineExpr> renamed(
      numLoops, getAffineConstantExpr(0, layer.op->getContext()));
  auto addLoop = [&](unsigned loop) {
    renamed[loop] = getLoop(step.sizes.size());
    step.sizes.push_back(loopSizes[loop]);
  };
  unsigned next = sizes.size();
  SmallVector<AffineExpr> writes;
  for (const Dim &dim : made) {
    auto single = dyn_cast<AffineDimExpr>(dim.expr);
    writes.push_back(getLoop(step.sizes.size()));
    addLoop(single ? single.getPosition() : next++);
  }
  step.numParallel = step.sizes.size();
  for (unsigned loop : step.summed)
    addLoop(loop);
  orderWeights(step);
  SmallVector<AffineExpr> weights;
  for (int64_t at : step.weightOrder)
    weights.push_back(renamed[step.loops[at]]);
  MLIRContext *context = layer.op->getContext();
  for (AffineExpr &expr : reads)
    expr = expr.replaceDims(renamed);
  unsigned count = step.sizes.size();
  step.activationMap = AffineMap::get(count, 0, reads, context);
  step.weightMap = AffineMap::get(count, 0, weights, context);
  step.outputMap = AffineMap::get(count, 0, writes, context);
  step.sizeSources = sources;
  for (const Dim &dim : made)
    step.shape.push_back(dim.size);
  dims = made;
  return success();
}

static FactorStep makeStep(ArrayRef<unsigned> makes, ArrayRef<unsigned> reads,
                           ArrayRef<unsigned> windows = {}) {
  FactorStep step;
  step.loops.append(makes.begin(), makes.end());
  step.loops.append(reads.begin(), reads.end());
  step.loops.append(windows.begin(), windows.end());
  step.summed = llvm::to_vector(ArrayRef(step.loops).drop_front(makes.size()));
  return step;
}

SmallVector<unsigned> nnq::getWideWindows(const FactorLayer &layer) {
  return llvm::filter_to_vector(
      layer.windows, [&](unsigned loop) { return layer.getSize(loop) > 1; });
}

FailureOr<SmallVector<int64_t>> nnq::getFullRanks(const FactorLayer &layer,
                                                  FactorMethod method,
                                                  std::string &reason) {
  const int64_t channels = layer.countChannels(), inputs = layer.countInputs(),
                taps = layer.countTaps();
  SmallVector<unsigned> wide = getWideWindows(layer);
  auto fail = [&](StringRef text) {
    reason = text.str();
    return failure();
  };
  switch (method) {
  case FactorMethod::Auto:
    break;
  case FactorMethod::Svd:
    return SmallVector<int64_t>{std::min(channels, inputs * taps)};
  case FactorMethod::ChannelSvd:
    if (wide.empty())
      return fail("it has no window, which channel-svd is about; svd fits");
    return SmallVector<int64_t>{std::min(channels, inputs * taps)};
  case FactorMethod::SpatialSvd: {
    if (wide.size() < 2)
      return fail("its window has fewer than two dimensions, which spatial-svd "
                  "takes apart");
    int64_t height = layer.getSize(wide.front());
    return SmallVector<int64_t>{
        std::min(inputs * height, channels * (taps / height))};
  }
  case FactorMethod::Tucker:
    if (wide.empty())
      return fail("it has no window, which tucker is about; svd fits");
    return SmallVector<int64_t>{std::min(inputs, channels * taps),
                                std::min(channels, inputs * taps)};
  case FactorMethod::Cp: {
    if (wide.empty())
      return fail("it has no window, which cp is about; svd fits");
    // A bound of the rank of any tensor: the product of all modes but the
    // longest.
    int64_t longest = std::max(channels, inputs);
    for (unsigned loop : wide)
      longest = std::max(longest, layer.getSize(loop));
    return SmallVector<int64_t>{channels * inputs * taps / longest};
  }
  }
  llvm_unreachable("auto is no method of its own");
}

/// The loops of the steps of a method. A mode of full rank needs no step.
static std::vector<FactorStep> makeSteps(const FactorLayer &layer,
                                         FactorMethod method,
                                         ArrayRef<int64_t> ranks) {
  unsigned first = layer.sizes.size(), second = first + 1;
  SmallVector<unsigned> wide = getWideWindows(layer);
  SmallVector<unsigned> narrow = layer.inputs;
  for (unsigned loop : layer.windows)
    if (layer.getSize(loop) == 1)
      narrow.push_back(loop);
  std::vector<FactorStep> steps;
  switch (method) {
  case FactorMethod::Auto:
    break;
  case FactorMethod::Svd:
  case FactorMethod::ChannelSvd:
    return {makeStep(first, layer.inputs, layer.windows),
            makeStep(layer.channels, first)};
  case FactorMethod::SpatialSvd: {
    narrow.push_back(wide.front());
    return {makeStep(first, narrow),
            makeStep(layer.channels, first, ArrayRef(wide).drop_front())};
  }
  case FactorMethod::Tucker: {
    bool mixesInputs = ranks[0] < layer.countInputs(),
         mixesChannels = ranks[1] < layer.countChannels();
    if (mixesInputs)
      steps.push_back(makeStep(first, layer.inputs));
    steps.push_back(makeStep(
        mixesChannels ? ArrayRef<unsigned>(second) : layer.channels,
        mixesInputs ? ArrayRef<unsigned>(first) : layer.inputs, layer.windows));
    if (mixesChannels)
      steps.push_back(makeStep(layer.channels, second));
    return steps;
  }
  case FactorMethod::Cp:
    steps.push_back(makeStep(first, narrow));
    for (unsigned loop : wide)
      steps.push_back(makeStep(first, loop));
    steps.push_back(makeStep(layer.channels, first));
    return steps;
  }
  llvm_unreachable("auto is no method of its own");
}

FailureOr<FactorPlan> FactorPlan::get(const FactorLayer &layer,
                                      FactorMethod method,
                                      ArrayRef<int64_t> ranks,
                                      std::string &reason) {
  FailureOr<SmallVector<int64_t>> full = getFullRanks(layer, method, reason);
  if (failed(full))
    return failure();
  if (ranks.size() != full->size()) {
    reason = llvm::formatv("it takes {0} ranks, not {1}", full->size(),
                           ranks.size());
    return failure();
  }
  for (auto [rank, most] : llvm::zip_equal(ranks, *full))
    if (rank < 1 || rank > most) {
      reason = llvm::formatv("a rank lies between 1 and {0}, unlike {1}", most,
                             rank);
      return failure();
    }
  FactorPlan plan;
  plan.steps = makeSteps(layer, method, ranks);
  Planner planner(layer, ranks, reason);
  for (auto [i, step] : llvm::enumerate(plan.steps))
    if (failed(planner.add(step, i + 1 == plan.steps.size())))
      return failure();
  return plan;
}

FailureOr<FactorPlan> FactorPlan::getUnchanged(const FactorLayer &layer,
                                               std::string &reason) {
  FactorPlan plan;
  plan.steps = {makeStep(layer.channels, layer.inputs, layer.windows)};
  Planner planner(layer, {}, reason);
  if (failed(planner.add(plan.steps.front(), /*isLast=*/true)))
    return failure();
  return plan;
}
