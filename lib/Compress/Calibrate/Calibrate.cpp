//===- Calibrate.cpp - Run a network and observe its tensors --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ObservedInputs.h"
#include "StatisticsFile.h"
#include "nnq/Compress/Calibrate/Passes.h"
#include "nnq/Compress/Calibrate/SampleRunner.h"
#include "nnq/Compress/Calibrate/TensorObserver.h"
#include "nnq/Runtime/CompiledModel.h"
#include "nnq/Support/Branches.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/LayerNorm.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Statistics.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Threading.h"
#include "mlir/Pass/PassRegistry.h"

namespace nnq {
#define GEN_PASS_DEF_CALIBRATE
#include "nnq/Compress/Calibrate/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// What `observe` adds to: the compiled code passes no context along.
static thread_local MutableArrayRef<TensorObserver> currentObservers;
/// Their numbers follow those of tensors.
static thread_local MutableArrayRef<InputObserver> currentInputs;

static void observe(int64_t id, const float *data, int64_t count) {
  ArrayRef<float> elements(data, static_cast<size_t>(count));
  size_t numTensors = currentObservers.size();
  if (static_cast<size_t>(id) < numTensors)
    currentObservers[id].add(elements);
  else
    currentInputs[id - numTensors].add(elements);
}

/// Activations whose statistics quantization will ask for.
static SmallVector<Value> findObserved(ModuleOp module) {
  llvm::SetVector<Value> observed;
  auto observe = [&](Value value) {
    Value source = getStatsSource(value);
    auto type = dyn_cast<RankedTensorType>(source.getType());
    if (!isDequantized(value) && type && type.getElementType().isF32() &&
        canHoldStats(source))
      observed.insert(source);
  };
  module.walk([&](Operation *op) {
    if (op->hasAttr(kKeepF32Attr))
      return;
    auto structured = dyn_cast<linalg::LinalgOp>(op);
    if (structured && isActivationProduct(structured))
      for (Value operand : structured.getDpsInputs())
        observe(operand);
    else if (structured)
      if (FailureOr<WeightedOp> operands = matchWeightedOp(structured);
          succeeded(operands))
        observe(operands->activation->get());
    for (OpOperand *branch : findStoredBranches(op))
      observe(branch->get());
  });
  for (const LayerNorm &norm : findLayerNorms(module)) {
    observe(norm.input);
    observe(norm.last->getResult(0));
  }
  return observed.takeVector();
}

namespace {

struct Calibrate : public nnq::impl::CalibrateBase<Calibrate> {
  Calibrate(const CalibrateOptions &options, LoweringBuilder lowering)
      : CalibrateBase(options), lowering(std::move(lowering)) {}

  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<NNQDialect>();
    // No dialect may be loaded while passes run.
    OpPassManager pm(ModuleOp::getOperationName());
    for (bool isReference : {false, true})
      lowering(pm, isReference);
    pm.getDependentDialects(registry);
  }

  void runOnOperation() override {
    if (!statistics.empty()) {
      if (llvm::Error error = load())
        fail(std::move(error));
      return;
    }
    llvm::Expected<func::FuncOp> entry = findSampledEntry(getOperation());
    if (!entry)
      return fail(entry.takeError());
    llvm::Expected<CalibrationData> samplesOfInputs =
        CalibrationData::open(*entry, data, key, samples);
    if (!samplesOfInputs)
      return fail(samplesOfInputs.takeError());
    SmallVector<Value> observed = findObserved(getOperation());
    llvm::Expected<ObservedInputs> inputs = findInputs();
    if (!inputs)
      return fail(inputs.takeError());
    if (failed(observeAll(observed, *inputs, *entry, *samplesOfInputs)))
      return signalPassFailure();
    if (save.empty())
      return;
    if (llvm::Error error =
            writeStatistics(save, getOperation(), observed, getOps(*inputs)))
      fail(std::move(error));
  }

private:
  void fail(llvm::Error error) {
    emitError(getOperation().getLoc())
        << "cannot calibrate: " << llvm::toString(std::move(error));
    signalPassFailure();
  }

  llvm::Error load() {
    if (!data.empty() || !save.empty() || key != "x" || samples != 0)
      return llvm::createStringError(
          "statistics=FILE takes the place of a run; "
          "leave out data, key, samples and save");
    SmallVector<Value> observed = findObserved(getOperation());
    llvm::Expected<ObservedInputs> inputs = findInputs();
    if (!inputs)
      return inputs.takeError();
    if (llvm::Error error = readStatistics(statistics, getOperation(), observed,
                                           getOps(*inputs)))
      return error;
    for (const ObservedInputs::Layer &layer : inputs->getLayers()) {
      auto stats = layer.op->getAttrOfType<InputStatsAttr>(kInputStatsAttr);
      if (layer.isCorrelated && !stats.getCorrelation())
        return llvm::createStringError(
            statistics + ": has no correlation of the input of layer '" +
            getLayerName(layer.op) +
            "'; calibrate again with correlations=REGEX");
      if (!layer.isCorrelated)
        layer.op->setAttr(kInputStatsAttr, dropCorrelation(stats));
    }
    numTensors += observed.size();
    numInputs += inputs->getLayers().size();
    return llvm::Error::success();
  }

  llvm::Expected<ObservedInputs> findInputs() {
    if (!inputStatistics && correlations.empty())
      return ObservedInputs();
    return ObservedInputs::find(getOperation(), correlations, maxCorrelated,
                                [&](Operation *op, StringRef reason) {
                                  ++numMissed;
                                  remarkMissed(op, "nnq-calibrate", reason);
                                });
  }

  static SmallVector<Operation *> getOps(const ObservedInputs &inputs) {
    SmallVector<Operation *> ops;
    for (const ObservedInputs::Layer &layer : inputs.getLayers())
      ops.push_back(layer.op);
    return ops;
  }

  /// Runs the network and sets the statistics of `observed`.
  LogicalResult observeAll(ArrayRef<Value> observed,
                           const ObservedInputs &inputs, func::FuncOp entry,
                           CalibrationData &samplesOfInputs) {
    if (observed.empty())
      return success();
    std::vector<TensorObserver> observers(observed.size());
    std::vector<InputObserver> inputObservers;
    if (llvm::Error error = run(observed, inputs, entry.getName(),
                                samplesOfInputs, observers, inputObservers)) {
      fail(std::move(error));
      return failure();
    }

    for (auto [value, observer] : llvm::zip(observed, observers))
      if (!observer.isFinite() || observer.getCount() == 0)
        return emitError(value.getLoc())
               << "the input of layer '" << getUserLayerName(value)
               << "' became NaN or infinite in calibration; the network does "
                  "not work on the data given by data="
               << data;
    for (auto [value, observer] : llvm::zip(observed, observers))
      setStats(value, observer.getAttr(&getContext()));
    numTensors += observed.size();
    for (const ObservedInputs::Layer &layer : inputs.getLayers()) {
      if (!inputObservers[layer.input].isFinite() ||
          inputObservers[layer.input].getCount() == 0)
        return emitLayerError(layer.op)
               << "reads what became NaN or infinite in calibration";
      ConstantData weights = *ConstantData::get(layer.weight->get());
      InputStatsAttr stats = inputObservers[layer.input].getAttr(
          layer.view, weights.getAs<float>());
      layer.op->setAttr(kInputStatsAttr,
                        layer.isCorrelated ? stats : dropCorrelation(stats));
      ++numInputs;
    }
    return success();
  }

  /// What it compiles is gone when it returns.
  llvm::Error run(ArrayRef<Value> observed, const ObservedInputs &inputs,
                  StringRef entry, CalibrationData &samplesOfInputs,
                  MutableArrayRef<TensorObserver> observers,
                  std::vector<InputObserver> &inputObservers) {
    llvm::Expected<CompiledModel> model = compile(observed, inputs, entry);
    if (!model)
      return model.takeError();
    // Not beside what compilation takes.
    inputObservers = inputs.makeObservers();
    currentObservers = observers;
    currentInputs = inputObservers;
    llvm::Error error =
        runSamples(getOperation(), *model, samplesOfInputs, "calibrating",
                   [&](ArrayRef<const void *>, ArrayRef<std::vector<char>>,
                       int64_t count) {
                     parallelForEach(
                         &getContext(), inputObservers,
                         [](InputObserver &observer) { observer.finishRun(); });
                     numSamples += count;
                   });
    currentObservers = {};
    currentInputs = {};
    return error;
  }

  llvm::Expected<CompiledModel> compile(ArrayRef<Value> observed,
                                        const ObservedInputs &inputs,
                                        StringRef entry) {
    IRMapping mapping;
    OwningOpRef<ModuleOp> copy = cast<ModuleOp>(getOperation()->clone(mapping));
    OpBuilder builder(&getContext());
    for (auto [id, value] : llvm::enumerate(observed)) {
      Value copied = mapping.lookup(value);
      builder.setInsertionPointAfterValue(copied);
      ObserveOp::create(builder, value.getLoc(), copied, id);
    }
    // Patches are in what the layer itself reads, behind pads and reshapes.
    for (auto [i, value] : llvm::enumerate(inputs.getInputs())) {
      Value copied = mapping.lookup(value);
      builder.setInsertionPointAfterValue(copied);
      ObserveOp::create(builder, value.getLoc(), copied, observed.size() + i,
                        /*ordered=*/true);
    }
    if (failed(runOnCopy(*copy,
                         [&](OpPassManager &pm) { lowering(pm, reference); })))
      return llvm::createStringError("the network could not be lowered");
    llvm::StringMap<void *> symbols;
    symbols["nnq_observe"] = reinterpret_cast<void *>(observe);
    return CompiledModel::jit(*copy, symbols, entry,
                              reference ? LLVMLevels{2, 2} : kTrialLevels);
  }

  LoweringBuilder lowering;
};

} // namespace

std::unique_ptr<Pass> nnq::createCalibrate(const CalibrateOptions &options,
                                           LoweringBuilder lowering) {
  return std::make_unique<Calibrate>(options, std::move(lowering));
}

void nnq::registerNNQCalibratePasses(PipelineBuilder quantization,
                                     LoweringBuilder lowering) {
  registerPass(
      [lowering] { return createCalibrate(CalibrateOptions(), lowering); });
  registerPass([quantization, lowering] {
    return createLimitDrop(LimitDropOptions(), quantization, lowering);
  });
  registerPass([quantization, lowering] {
    return createMeasureNoise(MeasureNoiseOptions(), quantization, lowering);
  });
  registerPass([quantization, lowering] {
    return createBisectNoise(BisectNoiseOptions(), quantization, lowering);
  });
  registerPass([] { return createChooseRanges(); });
  registerPass([] { return createInterchangeLoops(); });
}
