//===- LimitDrop.cpp - Keep the most sensitive layers in f32 --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Compress/Calibrate/Passes.h"
#include "nnq/Compress/Calibrate/TrialOutcome.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Structured.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

namespace nnq {
#define GEN_PASS_DEF_LIMITDROP
#include "nnq/Compress/Calibrate/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct LimitDrop : public nnq::impl::LimitDropBase<LimitDrop> {
  LimitDrop(const LimitDropOptions &options, TrialBuilders builders)
      : LimitDropBase(options), builders(std::move(builders)) {}

  void getDependentDialects(DialectRegistry &registry) const override {
    builders.getDependentDialects(registry);
  }

  void runOnOperation() override {
    if (llvm::Error error = limit()) {
      emitError(getOperation().getLoc())
          << "cannot limit the drop: " << llvm::toString(std::move(error));
      signalPassFailure();
    }
  }

private:
  llvm::Error limit() {
    if (!(drop >= 0))
      return llvm::createStringError("accuracy-drop is negative");
    llvm::Expected<func::FuncOp> found = findSampledEntry(getOperation());
    if (!found)
      return found.takeError();
    entry = *found;
    layers.clear();
    rung = Rung::Kept;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (request.empty()
              ? isMultiplyAccumulate(op) && !op->hasAttr(kKeepF32Attr)
              : op->hasAttr(request))
        layers.push_back(op);
    });
    if (layers.empty())
      return llvm::Error::success();

    llvm::Expected<Outcome> numbers = evaluate({}, /*isQuantized=*/false);
    if (!numbers)
      return numbers.takeError();
    expected = std::move(*numbers);
    llvm::Expected<std::vector<int64_t>> right =
        expected.getTruth(data, labels);
    if (!right)
      return right.takeError();
    truth = std::move(*right);
    accuracy = expected.getAccuracy(truth);

    llvm::Expected<double> all = getDrop({});
    if (!all)
      return all.takeError();
    if (*all <= drop)
      return llvm::Error::success();
    if (request.empty()) {
      llvm::Expected<bool> isEnough = widenSensitive();
      if (!isEnough || *isEnough)
        return isEnough.takeError();
    }
    return keepSensitive(layers);
  }

  /// Gives layers with weights of 4 bits, as few as it takes, 8 of them. False
  /// if all of them are not enough.
  llvm::Expected<bool> widenSensitive() {
    std::vector<linalg::LinalgOp> narrow;
    llvm::copy_if(layers, std::back_inserter(narrow), [](linalg::LinalgOp op) {
      auto format = op->getAttrOfType<WeightFormatAttr>(kWeightsAttr);
      return format && format.getBits() < 8;
    });
    if (narrow.empty())
      return false;
    rung = Rung::Int8;
    llvm::Expected<double> all = getDrop(narrow);
    if (!all)
      return all.takeError();
    bool isEnough = *all <= drop;
    if (isEnough) {
      if (llvm::Error error = keepSensitive(narrow))
        return std::move(error);
    } else {
      for (linalg::LinalgOp op : narrow)
        apply(op);
    }
    rung = Rung::Kept;
    return isEnough;
  }

  /// Leaves as few of `candidates` as it takes out of the change. That of none
  /// is too little, that of all of them enough.
  llvm::Error keepSensitive(ArrayRef<linalg::LinalgOp> candidates) {
    llvm::Expected<SmallVector<linalg::LinalgOp>> sorted =
        sortBySensitivity(candidates);
    if (!sorted)
      return sorted.takeError();
    size_t tooFew = 0, enough = sorted->size();
    while (tooFew + 1 < enough) {
      // As a rule few layers are sensitive.
      size_t count = std::min(std::max<size_t>(1, 2 * tooFew),
                              tooFew + (enough - tooFew) / 2);
      llvm::Expected<double> lost =
          getDrop(ArrayRef(*sorted).take_front(count));
      if (!lost)
        return lost.takeError();
      (*lost <= drop ? enough : tooFew) = count;
    }
    for (linalg::LinalgOp op : ArrayRef(*sorted).take_front(enough))
      apply(op);
    return llvm::Error::success();
  }

  /// The layer itself, and says so.
  void apply(linalg::LinalgOp op) {
    keep(op);
    if (rung == Rung::Int8) {
      ++numWidened;
      remarkMissed(op, "nnq-limit-drop",
                   getReason() + ": with weights of 4 bits the accuracy drops "
                                 "by more, it has 8");
      return;
    }
    ++numKept;
    remarkMissed(op, "nnq-limit-drop",
                 getReason() + ": without it the accuracy drops by more");
  }

  std::string getReason() const {
    std::string text;
    llvm::raw_string_ostream(text)
        << "accuracy-drop=" << llvm::format("%g", drop.getValue());
    return text;
  }

  void keep(Operation *op) {
    if (rung == Rung::Int8) {
      auto format = op->getAttrOfType<WeightFormatAttr>(kWeightsAttr);
      // Only symmetric ones may take fewer integers.
      bool isSymmetric = format.getScheme() == QuantScheme::Symmetric;
      op->setAttr(kWeightsAttr,
                  WeightFormatAttr::get(&getContext(), format.getScheme(),
                                        format.getGranularity(),
                                        isSymmetric ? range.getValue()
                                                    : WeightRange::Full,
                                        /*bits=*/8, /*group=*/0));
    } else if (!request.empty())
      op->removeAttr(request);
    else
      op->setAttr(kKeepF32Attr, StringAttr::get(&getContext(), getReason()));
  }

  /// Runs the network with `kept` on the rung and all other layers quantized,
  /// or none.
  llvm::Expected<Outcome> evaluate(ArrayRef<linalg::LinalgOp> kept,
                                   bool isQuantized) {
    IRMapping mapping;
    OwningOpRef<ModuleOp> copy = cast<ModuleOp>(getOperation()->clone(mapping));
    for (linalg::LinalgOp op : kept)
      keep(mapping.lookup(op.getOperation()));
    if (isQuantized && failed(runOnCopy(*copy, builders.change)))
      return llvm::createStringError(
          request.empty() ? "the network could not be quantized"
                          : "the network could not be compressed");
    llvm::Expected<CompiledModel> model =
        builders.compile(*copy, entry.getName());
    if (!model)
      return model.takeError();
    llvm::Expected<CalibrationData> samplesOfInputs =
        CalibrationData::open(entry, data, key, samples);
    if (!samplesOfInputs)
      return samplesOfInputs.takeError();
    llvm::Expected<Outcome> outcome =
        Outcome::run(getOperation(), *model, *samplesOfInputs,
                     "looking for sensitive layers");
    if (outcome)
      ++numTrials;
    return outcome;
  }

  double getSqnr(const Outcome &outcome) const {
    Noise noise;
    noise.add(expected.values, outcome.values);
    return noise.getSqnr();
  }

  StringRef describeRung() const {
    return rung == Rung::Int8 ? "with weights of 8 bits"
           : request.empty()  ? "in f32"
                              : "as they are";
  }

  /// How many points are lost with `kept` on the rung.
  llvm::Expected<double> getDrop(ArrayRef<linalg::LinalgOp> kept) {
    llvm::Expected<Outcome> outcome = evaluate(kept, /*isQuantized=*/true);
    if (!outcome)
      return outcome.takeError();
    double lost = accuracy - outcome->getAccuracy(truth);
    remarkPassed(getOperation(), "nnq-limit-drop",
                 llvm::formatv("{0} of {1} layers {2}: accuracy drops by "
                               "{3:f2} points to {4:f2} %, signal to noise "
                               "{5:f1} dB",
                               kept.size(), layers.size(), describeRung(), lost,
                               accuracy - lost, getSqnr(*outcome))
                     .str());
    return lost;
  }

  /// Least signal to noise first, of each layer when it alone of `candidates`
  /// is not on the rung.
  llvm::Expected<SmallVector<linalg::LinalgOp>>
  sortBySensitivity(ArrayRef<linalg::LinalgOp> candidates) {
    SmallVector<std::pair<double, size_t>> order;
    for (auto [i, op] : llvm::enumerate(candidates)) {
      SmallVector<linalg::LinalgOp> others(candidates);
      others.erase(others.begin() + i);
      llvm::Expected<Outcome> outcome = evaluate(others, /*isQuantized=*/true);
      if (!outcome)
        return outcome.takeError();
      double sqnr = getSqnr(*outcome);
      order.push_back({sqnr, i});
      StringRef what = rung == Rung::Int8 ? "with weights of 4 bits"
                       : request.empty()  ? "quantized"
                                          : "compressed";
      remarkPassed(
          op, "nnq-limit-drop",
          llvm::formatv("{0} alone: signal to noise {1:f1} dB", what, sqnr)
              .str());
    }
    llvm::sort(order);
    SmallVector<linalg::LinalgOp> sorted;
    for (auto [sqnr, i] : order)
      sorted.push_back(candidates[i]);
    return sorted;
  }

  /// What sensitive layers become: weights of 8 bits in place of 4, and, if
  /// that is not enough, what they were.
  enum class Rung { Int8, Kept };

  TrialBuilders builders;
  func::FuncOp entry;
  SmallVector<linalg::LinalgOp> layers;
  Outcome expected;
  std::vector<int64_t> truth;
  double accuracy = 0;
  Rung rung = Rung::Kept;
};
} // namespace

std::unique_ptr<Pass> nnq::createLimitDrop(const LimitDropOptions &options,
                                           PipelineBuilder quantization,
                                           LoweringBuilder lowering) {
  return std::make_unique<LimitDrop>(
      options, TrialBuilders{std::move(quantization), std::move(lowering)});
}
