//===- EqualizeLayers.cpp - Cross-layer equalization ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ChannelReaders.h"
#include "nnq/Compress/Quantize/Passes.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/LayerView.h"
#include "nnq/Support/Remarks.h"

#include "llvm/ADT/MapVector.h"

#include <cmath>

namespace nnq {
#define GEN_PASS_DEF_EQUALIZELAYERS
#include "nnq/Compress/Quantize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// Each round brings ranges as far as its neighbours allow.
static constexpr int kMaxRounds = 40;

/// A channel with a bias is seen to have this share of it as weight, up to the
/// other share of the largest weights of the layer: scaled up to the others,
/// the bias of a dead neuron would be all of the range of the activation.
static constexpr double kBiasShare = 0.1, kLeastShare = 0.03;

namespace {
/// A layer and those that read its channels.
struct Junction {
  linalg::LinalgOp op;
  OpOperand *weight;
  /// The channel of each weight.
  std::vector<int64_t> channels;
  ChannelReaders readers;
  /// The largest magnitude that is added to each channel.
  std::vector<double> biases;
  /// What its channels are divided by.
  std::vector<double> factors;
};

struct EqualizeLayers : public nnq::impl::EqualizeLayersBase<EqualizeLayers> {
  void runOnOperation() override {
    weights.clear();
    SmallVector<Junction> junctions;
    getOperation()->walk([&](linalg::LinalgOp op) {
      FailureOr<WeightedOp> operands = matchWeightedOp(op);
      if (failed(operands) || op->getNumResults() != 1 ||
          isDequantized(operands->weight->get()))
        return;
      std::string reason;
      if (FailureOr<Junction> junction = find(op, *operands, reason);
          succeeded(junction)) {
        junctions.push_back(std::move(*junction));
        return;
      }
      ++numMissed;
      remarkMissed(op, "nnq-equalize-layers", reason);
    });
    for (int round = 0; round < kMaxRounds; ++round) {
      double change = 0;
      for (Junction &junction : junctions)
        change = std::max(change, equalize(junction));
      if (change < 1e-3)
        break;
    }
    for (Junction &junction : junctions)
      apply(junction);
    for (auto &[operand, values] : weights)
      replace(*operand, values);
  }

private:
  FailureOr<Junction> find(linalg::LinalgOp op, const WeightedOp &operands,
                           std::string &reason) {
    auto fail = [&](StringRef text) {
      reason = text.str();
      return failure();
    };
    AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    AffineMap weightMap = op.getMatchingIndexingMap(operands.weight);
    ArrayRef<int64_t> shape =
        cast<ShapedType>(op->getResult(0).getType()).getShape();
    if (!isZeroFill(op.getDpsInits()[0]))
      return fail("it does not start from zero");
    // The dimension of the result that weights differ along.
    std::optional<int64_t> dim;
    for (auto [i, expr] : llvm::enumerate(map.getResults())) {
      if (shape[i] == 1 || !weightMap.getResultPosition(expr))
        continue;
      if (dim)
        return fail("its output channels are in two dimensions");
      dim = i;
    }
    if (!dim)
      return fail("it has one output channel");
    Junction junction{op, operands.weight, {}, {}, {}, {}};
    FailureOr<std::vector<int64_t>> at =
        evaluateAtWeights(op, operands.weight, map.getResult(*dim));
    if (failed(at))
      return fail("its output channels are not loops");
    junction.channels = std::move(*at);
    ChannelDim channels{*dim, shape[*dim]};
    FailureOr<ChannelReaders> readers =
        ChannelReaders::find(op->getResult(0), channels, reason);
    if (failed(readers))
      return failure();
    junction.readers = std::move(*readers);
    junction.factors.assign(channels.count, 1);
    junction.biases.assign(channels.count, 0);
    for (const ChannelReaders::Constant &constant :
         junction.readers.constants) {
      FailureOr<ConstantData> data = ConstantData::get(constant.operand->get());
      if (failed(data) || !data->getType().getElementType().isF32())
        return fail("the bytes of its bias are not at hand");
      ArrayRef<float> values = data->getAs<float>();
      collectRanges(std::vector<double>(values.begin(), values.end()),
                    getElementChannels(data->getType(), constant.channels),
                    junction.biases);
    }
    if (!load(*operands.weight))
      return fail("the bytes of its weights are not at hand");
    for (const ChannelReaders::Layer &layer : junction.readers.layers)
      if (!load(*layer.weight))
        return fail("the bytes of the weights behind it are not at hand");
    return junction;
  }

  bool load(OpOperand &weight) {
    if (weights.contains(&weight))
      return true;
    FailureOr<ConstantData> data = ConstantData::get(weight.get());
    if (failed(data) || !data->getType().getElementType().isF32())
      return false;
    ArrayRef<float> values = data->getAs<float>();
    weights[&weight].assign(values.begin(), values.end());
    return true;
  }

  static void collectRanges(ArrayRef<double> values, ArrayRef<int64_t> channels,
                            std::vector<double> &ranges) {
    for (auto [value, channel] : llvm::zip_equal(values, channels))
      ranges[channel] = std::max(ranges[channel], std::abs(value));
  }

  /// How much the factors changed, as the largest logarithm.
  double equalize(Junction &junction) {
    size_t count = junction.factors.size();
    std::vector<double> made(count), read(count), factors(count, 1);
    collectRanges(weights[junction.weight], junction.channels, made);
    // Of the weights before any scaling.
    double largest = 0;
    for (size_t i = 0; i < count; ++i)
      largest = std::max(largest, made[i] * junction.factors[i]);
    for (size_t i = 0; i < count; ++i)
      if (made[i] > 0)
        made[i] = std::max(made[i], std::min(kBiasShare * junction.biases[i],
                                             kLeastShare * largest) /
                                        junction.factors[i]);
    for (const ChannelReaders::Layer &layer : junction.readers.layers)
      collectRanges(weights[layer.weight], layer.channels, read);
    double change = 0;
    for (size_t i = 0; i < count; ++i) {
      double factor = std::sqrt(made[i] / read[i]);
      // A channel that is zero anywhere has no range to balance.
      if (made[i] == 0 || read[i] == 0 || !std::isfinite(factor))
        continue;
      factors[i] = factor;
      junction.factors[i] *= factor;
      change = std::max(change, std::abs(std::log(factor)));
    }
    for (auto [value, channel] :
         llvm::zip_equal(weights[junction.weight], junction.channels))
      value /= factors[channel];
    for (const ChannelReaders::Layer &layer : junction.readers.layers)
      for (auto [value, channel] :
           llvm::zip_equal(weights[layer.weight], layer.channels))
        value *= factors[channel];
    return change;
  }

  /// Scales what is added to the channels; statistics of them are no longer
  /// true.
  void apply(Junction &junction) {
    std::vector<double> inverse;
    for (double factor : junction.factors)
      inverse.push_back(1 / factor);
    OpBuilder builder(&getContext());
    for (const ChannelReaders::Constant &constant :
         junction.readers.constants) {
      builder.setInsertionPoint(constant.operand->getOwner());
      FailureOr<Value> scaled = scaleConstant(builder, constant.operand->get(),
                                              constant.channels, inverse);
      if (failed(scaled)) {
        emitLayerError(junction.op) << "has a bias that cannot be scaled";
        return signalPassFailure();
      }
      exchange(*constant.operand, *scaled);
    }
    auto forget = [](Operation *op) {
      for (StringRef name : {kStatsAttr, kQuantRangeAttr, kInputStatsAttr})
        op->removeAttr(name);
    };
    forget(junction.op);
    for (Operation *op : junction.readers.between)
      forget(op);
    for (const ChannelReaders::Layer &layer : junction.readers.layers)
      layer.op->removeAttr(kInputStatsAttr);
    ++numEqualized;
    remarkPassed(junction.op, "nnq-equalize-layers", "equalized with the next");
  }

  void replace(OpOperand &operand, ArrayRef<double> values) {
    std::vector<float> rounded(values.begin(), values.end());
    OpBuilder builder(operand.getOwner());
    exchange(operand, makeConstant(builder, operand.get().getLoc(),
                                   cast<ShapedType>(operand.get().getType()),
                                   "equalized", asBytes<float>(rounded)));
  }

  static void exchange(OpOperand &operand, Value constant) {
    Operation *before = operand.get().getDefiningOp();
    operand.set(constant);
    if (before->use_empty())
      before->erase();
  }

  llvm::MapVector<OpOperand *, std::vector<double>> weights;
};
} // namespace
