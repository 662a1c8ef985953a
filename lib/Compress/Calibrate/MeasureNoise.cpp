//===- MeasureNoise.cpp - Signal to noise of each quantized layer ---------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "NoiseCauses.h"
#include "nnq/Compress/Calibrate/Passes.h"
#include "nnq/Compress/Calibrate/SampleRunner.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Structured.h"

#include "llvm/Support/Format.h"

#include <cmath>

namespace nnq {
#define GEN_PASS_DEF_MEASURENOISE
#include "nnq/Compress/Calibrate/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static SmallVector<linalg::LinalgOp> findLayers(func::FuncOp function) {
  SmallVector<linalg::LinalgOp> layers;
  function.walk([&](linalg::LinalgOp op) {
    if (isMultiplyAccumulate(op) && op->getNumResults() == 1)
      layers.push_back(op);
  });
  return layers;
}

/// Makes the values of all layers results of their function; the numbers of the
/// results.
static SmallVector<size_t> returnLayers(func::FuncOp function) {
  SmallVector<size_t> positions;
  for (Operation *layer : findLayers(function))
    positions.push_back(addResult(function, layer->getResult(0)));
  return positions;
}

namespace {
struct MeasureNoise : public nnq::impl::MeasureNoiseBase<MeasureNoise> {
  MeasureNoise(const MeasureNoiseOptions &options, TrialBuilders builders)
      : MeasureNoiseBase(options), builders(std::move(builders)) {}

  void getDependentDialects(DialectRegistry &registry) const override {
    builders.getDependentDialects(registry);
  }

  void runOnOperation() override {
    if (llvm::Error error = measure()) {
      emitError(getOperation().getLoc())
          << "cannot measure noise: " << llvm::toString(std::move(error));
      signalPassFailure();
    }
  }

private:
  llvm::Error measure() {
    llvm::Expected<func::FuncOp> entry = findSampledEntry(getOperation());
    if (!entry)
      return entry.takeError();
    layers = findLayers(*entry);
    if (layers.empty())
      return llvm::Error::success();
    llvm::Expected<CalibrationData> samplesOfInputs =
        CalibrationData::open(*entry, data, key, samples);
    if (!samplesOfInputs)
      return samplesOfInputs.takeError();
    SmallVector<size_t> from, to;
    llvm::Expected<CompiledModel> numbers = compile(*entry, false, from);
    if (!numbers)
      return numbers.takeError();
    llvm::Expected<CompiledModel> integers = compile(*entry, true, to);
    if (!integers)
      return integers.takeError();
    if (from.size() != layers.size() || to.size() != layers.size())
      return llvm::createStringError("quantization changed the layers");

    SmallVector<Noise> noise(layers.size());
    Buffers quantized(integers->signature().outputs);
    llvm::Error error = runSamples(
        getOperation(), *numbers, *samplesOfInputs, "measuring noise",
        [&](ArrayRef<const void *> inputs, ArrayRef<std::vector<char>> results,
            int64_t) {
          integers->run(inputs, quantized.pointers);
          for (size_t i = 0; i < layers.size(); ++i)
            noise[i].add(asFloats(results[from[i]]),
                         asFloats(quantized.bytes[to[i]]));
        });
    if (error)
      return error;

    bool isFound = false;
    for (auto [op, measured, cause] : llvm::zip_equal(layers, noise, causes)) {
      double sqnr = measured.getSqnr();
      // A layer of zeros, or one without noise, has no ratio.
      if (!std::isfinite(sqnr))
        continue;
      op->setAttr(kSqnrAttr,
                  FloatAttr::get(Float32Type::get(&getContext()), sqnr));
      ++numMeasured;
      if (sqnr >= floor || isFound)
        continue;
      isFound = true;
      std::string text;
      llvm::raw_string_ostream(text)
          << "the first layer whose signal to noise, "
          << llvm::format("%.1f", sqnr) << " dB, is below "
          << llvm::format("%g", floor.getValue()) << " dB: "
          << (cause.empty() ? "the noise comes with its input; bisect=FILE "
                              "looks for the layer that makes it"
                            : cause)
          << "; layers=REGEX=f32 keeps layers in f32";
      remarkMissed(op, "nnq-measure-noise", text);
    }
    return llvm::Error::success();
  }

  llvm::Expected<CompiledModel> compile(func::FuncOp entry, bool isQuantized,
                                        SmallVectorImpl<size_t> &positions) {
    OwningOpRef<ModuleOp> copy = getOperation().clone();
    if (isQuantized && failed(runOnCopy(*copy, builders.change)))
      return llvm::createStringError("the network could not be quantized");
    auto function = copy->lookupSymbol<func::FuncOp>(entry.getName());
    positions = returnLayers(function);
    if (isQuantized && positions.size() == layers.size()) {
      causes.clear();
      for (auto [layer, quantized] :
           llvm::zip_equal(layers, findLayers(function)))
        causes.push_back(describeCauses(layer, quantized));
    }
    return builders.compile(*copy, entry.getName());
  }

  TrialBuilders builders;
  SmallVector<linalg::LinalgOp> layers;
  /// By layer, what may make it noisy.
  SmallVector<std::string> causes;
};
} // namespace

std::unique_ptr<Pass>
nnq::createMeasureNoise(const MeasureNoiseOptions &options,
                        PipelineBuilder quantization,
                        LoweringBuilder lowering) {
  return std::make_unique<MeasureNoise>(
      options, TrialBuilders{std::move(quantization), std::move(lowering)});
}
