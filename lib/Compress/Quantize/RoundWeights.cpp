//===- RoundWeights.cpp - Round weights by what they multiply -------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "GptqRounding.h"
#include "QuantizeLayers.h"
#include "nnq/Compress/Quantize/Passes.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/DequantizedWeights.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Statistics.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/IR/Threading.h"
#include "llvm/Support/Format.h"

namespace nnq {
#define GEN_PASS_DEF_ROUNDWEIGHTS
#include "nnq/Compress/Quantize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
/// The weights of a layer on their way.
struct Rounding {
  linalg::LinalgOp op;
  WeightedOp operands;
  ObservedLayer layer;
  /// By the nearest integers, which nobody uses but for their type.
  quant::DequantizeCastOp nearest;
  std::vector<int32_t> integers = {};
  GptqOptions options = {};
  bool isDone = false;

  /// Chooses the integers; may run beside others.
  LogicalResult compute();
  void apply();
  void discard();
};

struct RoundWeights : public nnq::impl::RoundWeightsBase<RoundWeights> {
  using RoundWeightsBase::RoundWeightsBase;

  void runOnOperation() override {
    if (!(damping >= 0 && damping <= 1)) {
      std::string given;
      llvm::raw_string_ostream(given) << llvm::format("%g", damping.getValue());
      emitError(getOperation().getLoc())
          << "damping=" << given << " is no share; pass 0 to 1";
      return signalPassFailure();
    }
    SmallVector<linalg::LinalgOp> ops;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (isMultiplyAccumulate(op) && !op->hasAttr(kKeepF32Attr) &&
          findObstacle(op).empty() &&
          !isDequantized(matchWeightedOp(op)->weight->get()))
        ops.push_back(op);
    });
    bool hasData = ops.empty();
    for (linalg::LinalgOp op : ops) {
      auto stats = op->getAttrOfType<InputStatsAttr>(kInputStatsAttr);
      hasData |= stats && stats.getCorrelation();
    }
    if (!hasData && !optional) {
      emitError(getOperation().getLoc())
          << "rounds weights by the correlation of what they multiply, which "
             "no layer has; pass data=FILE, or statistics=FILE of a "
             "calibration with correlations=.*";
      return signalPassFailure();
    }
    // Layers do not depend on each other, and take long. As many are begun as
    // run at once, fewer of large ones: what each holds is as large as its
    // weights and several matrices of the square of its inputs.
    constexpr int64_t kMostInputPairs = 4 << 20;
    size_t atOnce = std::max(getContext().getNumThreads(), 1u);
    SmallVector<linalg::LinalgOp> batch;
    int64_t inputPairs = 0;
    for (linalg::LinalgOp op : ops) {
      int64_t pairs = countInputPairs(op);
      if (!batch.empty() &&
          (batch.size() == atOnce || inputPairs + pairs > kMostInputPairs)) {
        round(batch);
        batch.clear();
        inputPairs = 0;
      }
      batch.push_back(op);
      inputPairs += pairs;
    }
    round(batch);
  }

private:
  /// The elements of the correlation that `op` is rounded by.
  static int64_t countInputPairs(linalg::LinalgOp op) {
    auto stats = op->getAttrOfType<InputStatsAttr>(kInputStatsAttr);
    ElementsAttr correlation = stats ? stats.getCorrelation() : ElementsAttr();
    // Triangles.
    return correlation ? 2 * correlation.getNumElements() : 0;
  }

  void round(ArrayRef<linalg::LinalgOp> layers);
  void miss(Operation *op, StringRef reason) {
    ++numMissed;
    remarkMissed(op, "nnq-round-weights", reason);
  }

  FailureOr<Rounding> prepare(linalg::LinalgOp op, std::string &reason);
};
} // namespace

void RoundWeights::round(ArrayRef<linalg::LinalgOp> layers) {
  std::vector<Rounding> roundings;
  for (linalg::LinalgOp op : layers) {
    std::string reason;
    FailureOr<Rounding> rounding = prepare(op, reason);
    if (failed(rounding))
      miss(op, reason);
    else
      roundings.push_back(std::move(*rounding));
  }
  parallelForEach(&getContext(), roundings, [](Rounding &rounding) {
    rounding.isDone = succeeded(rounding.compute());
  });
  for (Rounding &rounding : roundings) {
    if (rounding.isDone) {
      rounding.apply();
      ++numRounded;
      remarkPassed(rounding.op, "nnq-round-weights",
                   "weights are rounded by gptq");
    } else {
      miss(rounding.op, "the correlation of its input cannot be factorized");
    }
    rounding.discard();
  }
}

FailureOr<Rounding> RoundWeights::prepare(linalg::LinalgOp op,
                                          std::string &reason) {
  auto fail = [&](StringRef text) {
    reason = text.str();
    return failure();
  };
  WeightedOp operands = *matchWeightedOp(op);
  FailureOr<ObservedLayer> layer =
      ObservedLayer::get(op, operands, /*isCorrelated=*/true, reason);
  if (failed(layer))
    return failure();
  Value weight = operands.weight->get();
  if (!weight.hasOneUse())
    return fail("it shares its weights with another layer");

  WeightFormat format =
      getWeightFormat(op, operands,
                      {weights, QuantScheme::Asymmetric, weightGranularity,
                       weightRange, weightCalibration, weightBits, groupSize});
  // nnq-quantize says so.
  if (!findFormatObstacle(op, operands, format).empty())
    dropFormat(format);
  OpBuilder builder(&getContext());
  builder.setInsertionPointAfterValue(weight);
  FailureOr<Value> nearest = quantizeWeight(builder, weight, format);
  if (failed(nearest))
    return fail("the bytes of its weights are not at hand");
  Rounding rounding{op, operands, std::move(*layer),
                    nearest->getDefiningOp<quant::DequantizeCastOp>()};
  FailureOr<std::vector<int32_t>> integers = getIntegers(*nearest);
  if (failed(integers) || failed(ConstantData::get(weight)) ||
      failed(ConstantData::get(rounding.layer.stats.getCorrelation()))) {
    rounding.discard();
    return fail("the bytes of its weights or statistics are not at hand");
  }
  rounding.integers = std::move(*integers);

  // Few samples say little of many inputs: what is chance among them is not
  // rounded for.
  constexpr double kDampingByInputs = 0.1;
  double inputsPerSample = static_cast<double>(rounding.layer.view.getDepth()) /
                           rounding.layer.stats.getCount();
  rounding.options.damping =
      std::clamp(kDampingByInputs * inputsPerSample, damping.getValue(), 1.0);
  if (format.range == WeightRange::Reduced)
    rounding.options.limitedAxis = format.inputAxis;
  return rounding;
}

LogicalResult Rounding::compute() {
  ConstantData numbers = *ConstantData::get(operands.weight->get());
  ConstantData correlation = *ConstantData::get(layer.stats.getCorrelation());
  return roundByCorrelation(layer.view, numbers.getShape(),
                            numbers.getAs<float>(), nearest.getQuantizedType(),
                            correlation.getAs<float>(), options, integers);
}

void Rounding::apply() {
  Value weight = operands.weight->get();
  auto stored = nearest.getInput().getDefiningOp<quant::StorageCastOp>();
  std::vector<char> bytes(integers.begin(), integers.end());
  bool isInt4 = nearest.getQuantizedType().getStorageTypeIntegralWidth() == 4;
  OpBuilder builder(op.getContext());
  builder.setInsertionPointAfterValue(weight);
  Location loc = weight.getLoc();
  Value rounded = makeConstant(builder, loc,
                               ::cast<ShapedType>(stored.getInput().getType()),
                               "rounded", isInt4 ? packInt4(bytes) : bytes);
  Value quantized =
      quant::StorageCastOp::create(builder, loc, stored.getType(), rounded);
  operands.weight->set(quant::DequantizeCastOp::create(
      builder, loc, weight.getType(), quantized));
  weight.getDefiningOp()->erase();
  // They have served, and are large.
  op->setAttr(kInputStatsAttr, dropCorrelation(layer.stats));
}

void Rounding::discard() {
  auto stored = nearest.getInput().getDefiningOp<quant::StorageCastOp>();
  Operation *constant = stored.getInput().getDefiningOp();
  for (Operation *unused :
       {nearest.getOperation(), stored.getOperation(), constant})
    unused->erase();
}
