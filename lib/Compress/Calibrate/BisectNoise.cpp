//===- BisectNoise.cpp - Cut out the first layer that is harmed -----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "NoiseCauses.h"
#include "nnq/Compress/Calibrate/LayerUnit.h"
#include "nnq/Compress/Calibrate/Passes.h"
#include "nnq/Compress/Calibrate/SampleRunner.h"
#include "nnq/Support/QuantMath.h"
#include "nnq/Support/QuantScales.h"
#include "nnq/Support/Remarks.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"

#include <cmath>

namespace nnq {
#define GEN_PASS_DEF_BISECTNOISE
#include "nnq/Compress/Calibrate/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// On copies of layers that are quantized alone: which layer it is.
static constexpr llvm::StringLiteral kUnitAttr = "nnq.unit";

namespace {
/// What a trial tells of one layer.
struct Verdict {
  double sqnr = 0;
  std::string causes;
  WeightFormatAttr format;
};

struct BisectNoise : public nnq::impl::BisectNoiseBase<BisectNoise> {
  BisectNoise(const BisectNoiseOptions &options, TrialBuilders builders)
      : BisectNoiseBase(options), builders(std::move(builders)) {}

  void getDependentDialects(DialectRegistry &registry) const override {
    builders.getDependentDialects(registry);
  }

  void runOnOperation() override {
    if (llvm::Error error = bisect()) {
      emitError(getOperation().getLoc())
          << "cannot bisect: " << llvm::toString(std::move(error));
      signalPassFailure();
    }
  }

private:
  llvm::Error bisect() {
    if (llvm::sys::path::extension(output) != ".mlir")
      return llvm::createStringError("output=" + output +
                                     ": the file for the layer ends in .mlir");
    llvm::Expected<func::FuncOp> found = findSampledEntry(getOperation());
    if (!found)
      return found.takeError();
    entry = *found;
    units = findLayerUnits(entry);
    if (units.empty())
      return llvm::createStringError("there is no layer to quantize");
    llvm::Expected<std::vector<Verdict>> verdicts = measure();
    if (!verdicts)
      return verdicts.takeError();

    const Verdict *worst = nullptr;
    for (const Verdict &verdict : *verdicts) {
      // A layer of zeros, or one without noise, has no ratio.
      if (!std::isfinite(verdict.sqnr))
        continue;
      ++numMeasured;
      if (!worst || verdict.sqnr < worst->sqnr)
        worst = &verdict;
      if (verdict.sqnr < floor)
        break;
    }
    if (!worst)
      return llvm::createStringError("no layer makes noise");
    const LayerUnit &unit = units[worst - verdicts->data()];
    if (llvm::Error error = writeModule(unit, worst->format))
      return error;
    if (llvm::Error error = writeInput(unit))
      return error;
    std::string text;
    llvm::raw_string_ostream(text)
        << "quantized alone its signal to noise is "
        << llvm::format("%.1f", worst->sqnr) << " dB, "
        << (worst->sqnr < floor ? "the first below "
                                : "the least; noise adds up over layers none "
                                  "of which is below ")
        << llvm::format("%g", floor.getValue()) << " dB";
    if (!worst->causes.empty())
      text += ": " + worst->causes;
    remarkMissed(unit.layer, "nnq-bisect-noise",
                 text + "; it is written to " + output);
    return llvm::Error::success();
  }

  /// Runs the network in f32 with a quantized copy of each layer beside it.
  llvm::Expected<std::vector<Verdict>> measure() {
    std::vector<Verdict> verdicts(units.size());
    IRMapping mapping;
    OwningOpRef<ModuleOp> copy = cast<ModuleOp>(getOperation()->clone(mapping));
    auto function = copy->lookupSymbol<func::FuncOp>(entry.getName());
    OpBuilder builder(&getContext());
    copy->walk([&](Operation *op) {
      if (isa<linalg::LinalgOp, tensor::ConcatOp>(op))
        op->setAttr(kKeepF32Attr, builder.getStringAttr("quantized alone"));
    });
    SmallVector<std::pair<size_t, size_t>> positions;
    for (auto [i, unit] : llvm::enumerate(units)) {
      IRMapping alone;
      Value end = mapping.lookup(unit.end);
      builder.setInsertionPointAfterValue(end);
      for (Operation *op : unit.ops) {
        Operation *cloned = builder.clone(*mapping.lookup(op), alone);
        cloned->removeAttr(kKeepF32Attr);
        if (op == unit.layer)
          cloned->setAttr(kUnitAttr, builder.getI64IntegerAttr(i));
      }
      positions.emplace_back(addResult(function, end),
                             addResult(function, alone.lookup(end)));
    }
    if (failed(runOnCopy(*copy, builders.change)))
      return llvm::createStringError("the network could not be quantized");
    copy->walk([&](linalg::LinalgOp op) {
      auto number = op->getAttrOfType<IntegerAttr>(kUnitAttr);
      if (!number)
        return;
      Verdict &verdict = verdicts[number.getInt()];
      verdict.causes = describeCauses(units[number.getInt()].layer, op);
      verdict.format = getWeightFormat(op);
    });
    std::vector<Noise> noise(units.size());
    llvm::Error error =
        run(*copy, "measuring noise", [&](ArrayRef<std::vector<char>> results) {
          for (auto [at, measured] : llvm::zip_equal(positions, noise))
            measured.add(asFloats(results[at.first]),
                         asFloats(results[at.second]));
        });
    if (error)
      return error;
    for (auto [verdict, measured] : llvm::zip_equal(verdicts, noise))
      verdict.sqnr = measured.getSqnr();
    return verdicts;
  }

  /// The format that makes weights of this type again.
  static WeightFormatAttr getWeightFormat(linalg::LinalgOp op) {
    if (auto own = op->getAttrOfType<WeightFormatAttr>(kWeightsAttr))
      return own;
    quant::QuantizedType type = getWeightType(op);
    if (!type)
      return {};
    int64_t least = type.getStorageTypeMin(),
            bits = type.getStorageTypeIntegralWidth(), group = 0;
    if (auto block = dyn_cast<quant::UniformQuantizedSubChannelType>(type))
      group = *llvm::max_element(block.getBlockSizes());
    FailureOr<QuantScales> scales = QuantScales::get(type);
    bool isAsymmetric =
        succeeded(scales) &&
        (least == kInt8.min ||
         llvm::any_of(scales->zeroPoints, [](int64_t z) { return z != 0; }));
    return WeightFormatAttr::get(
        op.getContext(),
        isAsymmetric ? QuantScheme::Asymmetric : QuantScheme::Symmetric,
        isa<quant::UniformQuantizedType>(type) ? WeightGranularity::PerTensor
                                               : WeightGranularity::PerAxis,
        least == kReducedInt8.min ? WeightRange::Reduced : WeightRange::Full,
        bits, group);
  }

  llvm::Error run(ModuleOp copy, StringRef title,
                  function_ref<void(ArrayRef<std::vector<char>> results)> use) {
    llvm::Expected<CompiledModel> model =
        builders.compile(copy, entry.getName());
    if (!model)
      return model.takeError();
    llvm::Expected<CalibrationData> samplesOfInputs =
        CalibrationData::open(entry, data, key, samples);
    if (!samplesOfInputs)
      return samplesOfInputs.takeError();
    return runSamples(getOperation(), *model, *samplesOfInputs, title,
                      [&](ArrayRef<const void *>,
                          ArrayRef<std::vector<char>> results,
                          int64_t) { use(results); });
  }

  llvm::Error writeModule(const LayerUnit &unit, WeightFormatAttr format) {
    llvm::Expected<OwningOpRef<ModuleOp>> module = extractUnit(unit, format);
    if (!module)
      return module.takeError();
    return llvm::writeToOutput(output, [&](llvm::raw_ostream &os) {
      (*module)->print(os);
      os << "\n";
      return llvm::Error::success();
    });
  }

  /// What the layer reads in f32.
  llvm::Error writeInput(const LayerUnit &unit) {
    IRMapping mapping;
    OwningOpRef<ModuleOp> copy = cast<ModuleOp>(getOperation()->clone(mapping));
    size_t position =
        addResult(copy->lookupSymbol<func::FuncOp>(entry.getName()),
                  mapping.lookup(unit.source));
    std::vector<char> bytes;
    if (llvm::Error error =
            run(*copy, "running", [&](ArrayRef<std::vector<char>> results) {
              llvm::append_range(bytes, results[position]);
            }))
      return error;
    SmallVector<int64_t> shape(
        cast<RankedTensorType>(unit.source.getType()).getShape());
    int64_t rest = sizeof(float);
    for (int64_t size : ArrayRef(shape).drop_front())
      rest *= size;
    shape.front() = bytes.size() / rest;
    SmallString<128> path(output);
    llvm::sys::path::replace_extension(path, ".npz");
    return writeNumpyFile(
        path, {{"x", NumpyArray::make("x", DType::F32, shape, bytes)}});
  }

  TrialBuilders builders;
  func::FuncOp entry;
  std::vector<LayerUnit> units;
};
} // namespace

std::unique_ptr<Pass> nnq::createBisectNoise(const BisectNoiseOptions &options,
                                             PipelineBuilder quantization,
                                             LoweringBuilder lowering) {
  return std::make_unique<BisectNoise>(
      options, TrialBuilders{std::move(quantization), std::move(lowering)});
}
