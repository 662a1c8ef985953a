//===- SmoothActivations.cpp - Large channels move into weights -----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "AffineProducer.h"
#include "nnq/Compress/Quantize/Passes.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/LayerView.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Statistics.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/Format.h"

#include <cmath>

namespace nnq {
#define GEN_PASS_DEF_SMOOTHACTIVATIONS
#include "nnq/Compress/Quantize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
/// A linear layer, and the reshapes that it reads a value through, from itself
/// upwards.
struct Reader {
  linalg::LinalgOp op;
  OpOperand *activation;
  OpOperand *weight;
  /// Of each weight.
  std::vector<int64_t> channels;
  SmallVector<Operation *> reshapes;
};

struct SmoothActivations
    : public nnq::impl::SmoothActivationsBase<SmoothActivations> {
  using SmoothActivationsBase::SmoothActivationsBase;

  void runOnOperation() override {
    if (!(alpha >= 0 && alpha <= 1)) {
      std::string given;
      llvm::raw_string_ostream(given) << llvm::format("%g", alpha.getValue());
      emitError(getOperation().getLoc())
          << "alpha=" << given << " is no share; pass 0 to 1";
      return signalPassFailure();
    }
    // By what they read, where its channels are.
    llvm::MapVector<std::pair<Value, int64_t>, SmallVector<Reader>> readers;
    DenseMap<std::pair<Value, int64_t>, ChannelDim> channels;
    int64_t numLinear = 0;
    bool hasStats = false;
    getOperation()->walk([&](linalg::LinalgOp op) {
      FailureOr<WeightedOp> operands = matchWeightedOp(op);
      if (!isContraction(op) || failed(operands) || op->hasAttr(kKeepF32Attr) ||
          isDequantized(operands->weight->get()))
        return;
      ++numLinear;
      hasStats |= op->hasAttr(kInputStatsAttr);
      std::string reason;
      Reader reader{op, operands->activation, operands->weight, {}, {}};
      std::optional<std::pair<Value, ChannelDim>> source =
          findSource(reader, reason);
      if (!source)
        return miss(op, reason);
      std::pair key(source->first, source->second.dim);
      channels.try_emplace(key, source->second);
      readers[key].push_back(std::move(reader));
    });
    if (numLinear > 0 && readers.empty() && !hasStats) {
      emitError(getOperation().getLoc())
          << "smooths by the largest magnitude of each channel, which no layer "
             "has; pass data=FILE, or statistics=FILE of a calibration with "
             "input-statistics";
      return signalPassFailure();
    }
    for (auto &[key, group] : readers) {
      std::string reason;
      if (succeeded(smooth(key.first, channels.at(key), group, reason))) {
        ++numSmoothed;
        for (Reader &reader : group)
          remarkPassed(reader.op, "nnq-smooth-activations",
                       "what it reads is smoothed");
        continue;
      }
      for (Reader &reader : group)
        miss(reader.op, reason);
    }
  }

private:
  void miss(Operation *op, StringRef reason) {
    ++numMissed;
    remarkMissed(op, "nnq-smooth-activations", reason);
  }

  /// What a layer reads in front of reshapes, and where its channels are.
  static std::optional<std::pair<Value, ChannelDim>>
  findSource(Reader &reader, std::string &reason) {
    auto fail = [&](StringRef text) {
      reason = text.str();
      return std::nullopt;
    };
    linalg::LinalgOp op = reader.op;
    auto stats = op->getAttrOfType<InputStatsAttr>(kInputStatsAttr);
    if (!stats)
      return fail("there are no statistics of what it multiplies");
    FailureOr<ConstantData> data = ConstantData::get(reader.weight->get());
    if (failed(data) || !data->getType().getElementType().isF32())
      return fail("the bytes of its weights are not at hand");
    // The one dimension that is summed over.
    AffineMap map = op.getMatchingIndexingMap(reader.activation);
    std::optional<ChannelDim> channels;
    for (auto [i, expr] : llvm::enumerate(map.getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      if (!loop || !linalg::isReductionIterator(
                       op.getIteratorTypesArray()[loop.getPosition()]))
        continue;
      if (channels)
        return fail("it sums over several dimensions");
      channels = ChannelDim{static_cast<int64_t>(i),
                            op.getShape(reader.activation)[i]};
    }
    std::string ignored;
    FailureOr<LayerView> view =
        LayerView::get(op, *matchWeightedOp(op), ignored);
    if (!channels || failed(view) || !view->fits(stats) ||
        view->numGroups != 1 || view->getDepth() != channels->count)
      return fail("its weights are no matrix");
    reader.channels =
        *evaluateAtWeights(op, reader.weight, map.getResult(channels->dim));
    Value value = reader.activation->get();
    while (Operation *def = value.getDefiningOp()) {
      if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(def))
        break;
      channels = mapToSource(def, *channels);
      if (!channels)
        return fail("a reshape splits up the channels that it reads");
      reader.reshapes.push_back(def);
      value = def->getOperand(0);
    }
    return std::pair(value, *channels);
  }

  /// What the channels of the activation are divided by.
  std::vector<double> getFactors(ArrayRef<Reader> readers, int64_t count) {
    std::vector<double> ofWeights(count), factors(count, 1);
    for (const Reader &reader : readers) {
      ConstantData data = *ConstantData::get(reader.weight->get());
      for (auto [weight, channel] :
           llvm::zip_equal(data.getAs<float>(), reader.channels))
        ofWeights[channel] =
            std::max<double>(ofWeights[channel], std::abs(weight));
    }
    // All of them read the same.
    auto stats =
        readers.front().op->getAttrOfType<InputStatsAttr>(kInputStatsAttr);
    ConstantData min = *ConstantData::get(stats.getMin());
    ConstantData max = *ConstantData::get(stats.getMax());
    for (int64_t i = 0; i < count; ++i) {
      double range = std::max(std::abs(min.getAs<float>()[i]),
                              std::abs(max.getAs<float>()[i]));
      double factor =
          std::pow(range, alpha) / std::pow(ofWeights[i], 1 - alpha);
      if (range > 0 && ofWeights[i] > 0 && std::isfinite(factor))
        factors[i] = std::max(factor, 1e-5);
    }
    return factors;
  }

  LogicalResult smooth(Value value, ChannelDim channels,
                       MutableArrayRef<Reader> readers, std::string &reason) {
    FailureOr<AffineProducer> producer =
        AffineProducer::find(value, channels, reason);
    if (failed(producer))
      return failure();
    std::vector<double> factors = getFactors(readers, channels.count);
    std::vector<double> inverse;
    for (double factor : factors)
      inverse.push_back(1 / factor);
    OpBuilder builder(&getContext());
    SmallVector<Value> weights;
    for (Reader &reader : readers) {
      builder.setInsertionPoint(reader.op);
      FailureOr<Value> scaled = scaleElements(builder, reader.weight->get(),
                                              reader.channels, factors);
      if (failed(scaled)) {
        reason = "its weights cannot be scaled";
        return failure();
      }
      weights.push_back(*scaled);
    }
    FailureOr<Value> scaled = producer->scale(builder, inverse);
    if (failed(scaled)) {
      reason = "the scale of what it reads cannot be scaled";
      return failure();
    }
    updateStats(value, *scaled, readers.front().op, inverse);
    for (auto [reader, weight] : llvm::zip_equal(readers, weights))
      rewire(builder, reader, *scaled, weight, inverse);
    eraseUnused(value.getDefiningOp());
    return success();
  }

  static void rewire(OpBuilder &builder, Reader &reader, Value scaled,
                     Value weight, ArrayRef<double> inverse) {
    builder.setInsertionPoint(reader.op);
    for (Operation *reshape : llvm::reverse(reader.reshapes)) {
      Operation *copy = builder.clone(*reshape);
      copy->setOperand(0, scaled);
      scaled = copy->getResult(0);
    }
    Value before = reader.weight->get();
    Operation *read = reader.activation->get().getDefiningOp();
    reader.weight->set(weight);
    reader.activation->set(scaled);
    eraseUnused(before.getDefiningOp());
    if (!reader.reshapes.empty())
      eraseUnused(read);
    auto stats = reader.op->getAttrOfType<InputStatsAttr>(kInputStatsAttr);
    reader.op->setAttr(kInputStatsAttr, scaleInputStats(stats, inverse));
  }

  /// Erases `op` and what only it reads of elementwise ops and reshapes.
  static void eraseUnused(Operation *op) {
    while (op && op->use_empty() && isPure(op)) {
      Operation *source = op->getNumOperands() > 0
                              ? op->getOperand(0).getDefiningOp()
                              : nullptr;
      op->erase();
      op = source;
    }
  }

  /// The range of a tensor is that of its channels.
  static void updateStats(Value value, Value scaled, Operation *reader,
                          ArrayRef<double> factors) {
    scaled.getDefiningOp()->removeAttr(kQuantRangeAttr);
    TensorStatsAttr stats = getStats(value);
    if (!stats)
      return;
    auto input = scaleInputStats(
        reader->getAttrOfType<InputStatsAttr>(kInputStatsAttr), factors);
    auto read = [](ElementsAttr attr) {
      return llvm::to_vector(ConstantData::get(attr)->getAs<float>());
    };
    auto average = [](ArrayRef<float> values) {
      double sum = 0;
      for (float value : values)
        sum += value;
      return sum / values.size();
    };
    auto number = [&](double value) {
      return FloatAttr::get(Float64Type::get(stats.getContext()), value);
    };
    SmallVector<float> min = read(input.getMin()), max = read(input.getMax());
    setStats(scaled, TensorStatsAttr::get(
                         stats.getContext(), number(*llvm::min_element(min)),
                         number(*llvm::max_element(max)),
                         number(average(read(input.getMean()))),
                         number(average(read(input.getSecondMoment()))),
                         stats.getCount(),
                         DenseI64ArrayAttr::get(stats.getContext(), {}),
                         FloatAttr(), FloatAttr()));
  }

  static InputStatsAttr scaleInputStats(InputStatsAttr stats,
                                        ArrayRef<double> factors);
};
} // namespace

/// The statistics of channels times their factors.
InputStatsAttr SmoothActivations::scaleInputStats(InputStatsAttr stats,
                                                  ArrayRef<double> factors) {
  auto scale = [&](ElementsAttr attr, bool isSquare) -> ElementsAttr {
    std::vector<float> scaled;
    ConstantData data = *ConstantData::get(attr);
    for (auto [value, factor] : llvm::zip_equal(data.getAs<float>(), factors))
      scaled.push_back(value * factor * (isSquare ? factor : 1));
    return DenseElementsAttr::get(attr.getShapedType(),
                                  ArrayRef<float>(scaled));
  };
  ElementsAttr correlation = stats.getCorrelation();
  if (correlation) {
    std::vector<float> scaled;
    FailureOr<ConstantData> data = ConstantData::get(correlation);
    const float *next = data->getAs<float>().data();
    for (size_t row = 0; row < factors.size(); ++row)
      for (size_t column = 0; column <= row; ++column)
        scaled.push_back(*next++ * factors[row] * factors[column]);
    correlation = makeResource(correlation.getShapedType(), "correlation",
                               asBytes<float>(scaled));
  }
  return InputStatsAttr::get(
      stats.getContext(), scale(stats.getMin(), false),
      scale(stats.getMax(), false), scale(stats.getMean(), false),
      scale(stats.getSecondMoment(), true), stats.getCount(),
      stats.getOutputMean(), correlation);
}
