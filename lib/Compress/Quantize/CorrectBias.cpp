//===- CorrectBias.cpp - Remove the mean error of weights -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Compress/Quantize/Passes.h"
#include "nnq/Support/BiasAdd.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/DequantizedWeights.h"
#include "nnq/Support/LayerView.h"
#include "nnq/Support/Remarks.h"

namespace nnq {
#define GEN_PASS_DEF_CORRECTBIAS
#include "nnq/Compress/Quantize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// What each output channel of `op` has to gain to have the mean that it had
/// before its weights were quantized.
static FailureOr<std::vector<float>>
getCorrection(const LayerView &view, Value weight, InputStatsAttr stats) {
  FailureOr<std::vector<int32_t>> integers = getIntegers(weight);
  FailureOr<ConstantData> mean = ConstantData::get(stats.getMean());
  FailureOr<ConstantData> wanted = ConstantData::get(stats.getOutputMean());
  if (failed(integers) || failed(mean) || failed(wanted))
    return failure();
  FailureOr<WeightGrid> grid = WeightGrid::get(
      getQuantizedType(weight), cast<ShapedType>(weight.getType()).getShape());
  if (failed(grid))
    return failure();
  ArrayRef<float> x = mean->getAs<float>();
  std::vector<float> correction;
  for (int64_t channel = 0; channel < view.getNumChannels(); ++channel) {
    double sum = 0;
    int64_t first = view.groups[channel] * view.getDepth();
    for (int64_t k = 0; k < view.getDepth(); ++k) {
      int64_t at = view.getWeight(channel, k);
      sum += grid->dequantize(at, (*integers)[at]) * x[first + k];
    }
    correction.push_back(
        static_cast<float>(wanted->getAs<float>()[channel] - sum));
  }
  return correction;
}

namespace {
struct CorrectBias : public nnq::impl::CorrectBiasBase<CorrectBias> {
  using CorrectBiasBase::CorrectBiasBase;

  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> ops;
    getOperation()->walk([&](linalg::LinalgOp op) {
      FailureOr<WeightedOp> operands = matchWeightedOp(op);
      if (succeeded(operands) && isDequantized(operands->weight->get()))
        ops.push_back(op);
    });
    if (!optional && !ops.empty() &&
        llvm::none_of(ops, [](linalg::LinalgOp op) {
          return op->hasAttr(kInputStatsAttr);
        })) {
      emitError(getOperation().getLoc())
          << "corrects biases by the mean of what layers multiply, which no "
             "layer has; pass data=FILE, or statistics=FILE of a calibration "
             "with input-statistics";
      return signalPassFailure();
    }
    for (linalg::LinalgOp op : ops) {
      std::string reason;
      LogicalResult result = correct(op, reason);
      // Once; and they are large.
      op->removeAttr(kInputStatsAttr);
      if (succeeded(result)) {
        ++numCorrected;
        continue;
      }
      ++numMissed;
      remarkMissed(op, "nnq-correct-bias", reason);
    }
  }

private:
  static LogicalResult correct(linalg::LinalgOp op, std::string &reason) {
    WeightedOp operands = *matchWeightedOp(op);
    FailureOr<ObservedLayer> layer =
        ObservedLayer::get(op, operands, /*isCorrelated=*/false, reason);
    if (failed(layer))
      return failure();
    FailureOr<std::vector<float>> correction =
        getCorrection(layer->view, operands.weight->get(), layer->stats);
    if (failed(correction)) {
      reason = "the integers of its weights are not at hand";
      return failure();
    }
    addToChannels(op, layer->view, *correction, "correction");
    return success();
  }
};
} // namespace
