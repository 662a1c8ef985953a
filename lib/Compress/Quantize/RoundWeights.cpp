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
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/Format.h"

namespace nnq {
#define GEN_PASS_DEF_ROUNDWEIGHTS
#include "nnq/Compress/Quantize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
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
    for (linalg::LinalgOp op : ops) {
      std::string reason;
      if (succeeded(round(op, reason))) {
        ++numRounded;
        remarkPassed(op, "nnq-round-weights", "weights are rounded by gptq");
        continue;
      }
      ++numMissed;
      remarkMissed(op, "nnq-round-weights", reason);
    }
  }

private:
  LogicalResult round(linalg::LinalgOp op, std::string &reason) {
    auto fail = [&](StringRef text) {
      reason = text.str();
      return failure();
    };
    WeightedOp operands = *matchWeightedOp(op);
    FailureOr<ObservedLayer> layer =
        ObservedLayer::get(op, operands, /*isCorrelated=*/true, reason);
    if (failed(layer))
      return failure();
    InputStatsAttr stats = layer->stats;
    Value weight = operands.weight->get();
    if (!weight.hasOneUse())
      return fail("it shares its weights with another layer");

    WeightFormat format = getWeightFormat(
        op, operands,
        {weights, QuantScheme::Asymmetric, weightGranularity, weightRange,
         weightCalibration, weightBits, groupSize});
    // nnq-quantize says so.
    if (!findFormatObstacle(op, operands, format).empty())
      dropFormat(format);
    OpBuilder builder(&getContext());
    builder.setInsertionPointAfterValue(weight);
    FailureOr<Value> nearest = quantizeWeight(builder, weight, format);
    if (failed(nearest))
      return fail("the bytes of its weights are not at hand");
    auto cast = nearest->getDefiningOp<quant::DequantizeCastOp>();
    auto stored = cast.getInput().getDefiningOp<quant::StorageCastOp>();
    Operation *constant = stored.getInput().getDefiningOp();
    auto discard = llvm::scope_exit([&] {
      for (Operation *unused :
           {cast.getOperation(), stored.getOperation(), constant})
        unused->erase();
    });
    FailureOr<std::vector<int32_t>> integers = getIntegers(*nearest);
    FailureOr<ConstantData> correlation =
        ConstantData::get(stats.getCorrelation());
    if (failed(integers) || failed(correlation))
      return fail("the bytes of its weights or statistics are not at hand");

    GptqOptions options;
    // Few samples say little of many inputs: what is chance among them is not
    // rounded for.
    constexpr double kDampingByInputs = 0.1;
    double inputsPerSample =
        static_cast<double>(layer->view.getDepth()) / stats.getCount();
    options.damping =
        std::clamp(kDampingByInputs * inputsPerSample, damping.getValue(), 1.0);
    if (format.range == WeightRange::Reduced)
      options.limitedAxis = format.inputAxis;
    FailureOr<ConstantData> numbers = ConstantData::get(weight);
    if (failed(roundByCorrelation(
            layer->view, numbers->getShape(), numbers->getAs<float>(),
            cast.getQuantizedType(), correlation->getAs<float>(), options,
            *integers)))
      return fail("the correlation of its input cannot be factorized");
    std::vector<char> bytes(integers->begin(), integers->end());
    Location loc = weight.getLoc();
    Value rounded = makeConstant(
        builder, loc, ::cast<ShapedType>(stored.getInput().getType()),
        "rounded", format.bits == 4 ? packInt4(bytes) : bytes);
    Value quantized =
        quant::StorageCastOp::create(builder, loc, stored.getType(), rounded);
    operands.weight->set(quant::DequantizeCastOp::create(
        builder, loc, weight.getType(), quantized));
    weight.getDefiningOp()->erase();
    // They have served, and are large.
    op->setAttr(kInputStatsAttr, dropCorrelation(stats));
    return success();
  }
};
} // namespace
