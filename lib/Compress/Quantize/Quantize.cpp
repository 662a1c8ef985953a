//===- Quantize.cpp - Quantize operands to int8 ---------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "QuantizeLayers.h"
#include "nnq/Compress/Quantize/Passes.h"
#include "nnq/Support/Branches.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Statistics.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"

namespace nnq {
#define GEN_PASS_DEF_QUANTIZE
#include "nnq/Compress/Quantize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {

struct Quantize : public nnq::impl::QuantizeBase<Quantize> {
  using QuantizeBase::QuantizeBase;

  void runOnOperation() override {
    if (weightRange == WeightRange::Reduced &&
        weights == QuantScheme::Asymmetric) {
      getOperation().emitError()
          << "weight-range=reduced is about symmetric weights; leave it out or "
             "pass weights=symmetric";
      return signalPassFailure();
    }
    if (!WeightFormatAttr::getChecked(
            [&] {
              return getOperation().emitError()
                     << "weight-bits=" << weightBits.getValue()
                     << " group-size=" << groupSize.getValue() << ": ";
            },
            &getContext(), weights.getValue(), weightGranularity.getValue(),
            weightRange.getValue(), weightBits.getValue(),
            groupSize.getValue()))
      return signalPassFailure();
    unused.clear();
    quantizedWeights.clear();
    quantizedActivations.clear();
    SmallVector<linalg::LinalgOp> ops;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (isMultiplyAccumulate(op) && !op->hasAttr(kKeepF32Attr))
        ops.push_back(op);
    });
    // Found before the casts that quantize() inserts.
    SmallVector<OpOperand *> branches;
    getOperation()->walk([&](Operation *op) {
      if (!op->hasAttr(kKeepF32Attr))
        llvm::append_range(branches, findStoredBranches(op));
    });
    dynamicActivations = 0;
    for (linalg::LinalgOp op : ops)
      quantize(op);
    if (compute == ComputePrecision::Int8)
      for (OpOperand *branch : branches)
        quantizeBranch(*branch);
    // Kept till now, because the map of weights knows them by address.
    for (Operation *constant : unused)
      constant->erase();
    numDynamic += dynamicActivations;
    if (dynamicActivations > 0)
      emitRemark(getOperation().getLoc())
          << dynamicActivations << " of " << quantizedActivations.size()
          << " activations are quantized with parameters found at run time, "
             "because there are no statistics of them; pass data=FILE to "
             "calibrate";
  }

private:
  /// True if steps without a zero point are little larger. Dot products of
  /// bytes take u8 and s8, and read the second factor as it is without one.
  static bool isBalanced(Value activation) {
    constexpr double kMostGrowth = 1.25;
    QuantRangeAttr range = findQuantRange(activation);
    if (!range)
      return false;
    double low = std::min(range.getLow(), 0.0);
    double high = std::max(range.getHigh(), 0.0);
    return 2 * std::max(-low, high) <= kMostGrowth * (high - low);
  }

  /// A range found at run time would have to be known before either operand is
  /// stored.
  void quantizeProduct(linalg::LinalgOp op) {
    if (attention == ProductPrecision::F32 || compute == ComputePrecision::F32)
      return keep(op, "products of two activations are to stay so");
    auto isQuantizable = [](Value operand) {
      return isDequantized(operand) ||
             (isF32Tensor(operand) && findQuantRange(operand));
    };
    if (!op.hasPureTensorSemantics() ||
        !llvm::all_of(op.getDpsInputs(), isQuantizable))
      return keep(op, "there are no statistics of both activations");
    ActivationFormat format = getActivationFormat(op, getLayerFormat());
    if (op->hasAttr(kActivationAttr) && format.range != ActivationRange::Static)
      return keep(op, "ranges of products of two activations are not found at "
                      "run time");
    OpOperand *first = op.getDpsInputOperand(0),
              *second = op.getDpsInputOperand(1);
    first->set(getQuantizedActivation(first->get(), {format.scheme}));
    second->set(getQuantizedActivation(
        second->get(),
        {isBalanced(second->get()) ? QuantScheme::Symmetric : format.scheme}));
    ++numProducts;
    remark::passed(
        op.getLoc(),
        remark::RemarkOpts::name("QuantizeInt8").category("nnq-quantize"))
        << remark::add("both activations of layer '{0}' are quantized to int8",
                       getLayerName(op).str());
  }

  void quantize(linalg::LinalgOp op) {
    if (isActivationProduct(op))
      return quantizeProduct(op);
    if (StringRef obstacle = findObstacle(op); !obstacle.empty()) {
      keep(op, obstacle);
      return;
    }
    WeightedOp operands = *matchWeightedOp(op);
    Value weight = operands.weight->get();
    if (isDequantized(weight) && isDequantized(operands.activation->get()))
      return;

    WeightFormat format = getWeightFormat(op, operands, getLayerFormat());
    if (std::string obstacle = findFormatObstacle(op, operands, format);
        !obstacle.empty()) {
      ++numRefused;
      remark::missed(
          op.getLoc(),
          remark::RemarkOpts::name("QuantizeInt8").category("nnq-quantize"))
          << remark::add("the weights of layer '{0}' get 8 bits and no groups",
                         getLayerName(op).str())
          << remark::reason("{0}", obstacle);
      dropFormat(format);
    }
    FailureOr<Value> newWeight = getQuantizedWeight(weight, format);
    if (failed(newWeight)) {
      keep(op, "the bytes of its weights are not at hand");
      return;
    }
    setClipped(op, operands.activation->get());
    operands.weight->set(*newWeight);
    if (compute == ComputePrecision::Int8)
      quantizeActivationOf(op, operands);
    else
      op->setAttr(kKeepF32Attr,
                  StringAttr::get(&getContext(),
                                  "compute=f32: weights alone are quantized"));
    if (Operation *constant = weight.getDefiningOp(); constant->use_empty())
      unused.insert(constant);

    int64_t elements = cast<ShapedType>(newWeight->getType()).getNumElements();
    setProvenance(op, *newWeight);
    ++numQuantized;
    bitsSaved += elements * 32 - countWeightBits(*newWeight);
    remark::passed(
        op.getLoc(),
        remark::RemarkOpts::name("QuantizeInt8").category("nnq-quantize"))
        << remark::add("layer '{0}' is quantized to int{1}",
                       getLayerName(op).str(), format.bits)
        << remark::metric("bits_before", elements * 32)
        << remark::metric("bits_after", countWeightBits(*newWeight));
  }

  LayerFormat getLayerFormat() const {
    return {weights,     activations,       weightGranularity,
            weightRange, weightCalibration, weightBits,
            groupSize,   compute,           activationGranularity};
  }

  void quantizeActivationOf(linalg::LinalgOp op, const WeightedOp &operands) {
    ActivationFormat format = getActivationFormat(op, getLayerFormat());
    if (format.range == ActivationRange::PerRow && !readsRows(op, operands)) {
      format.range = ActivationRange::Static;
      remark::missed(
          op.getLoc(),
          remark::RemarkOpts::name("QuantizeInt8").category("nnq-quantize"))
          << remark::add("the activation of layer '{0}' has one scale",
                         getLayerName(op).str())
          << remark::reason("rows are of products of matrices");
    }
    operands.activation->set(
        getQuantizedActivation(operands.activation->get(), format));
  }

  /// A tensor in memory between layers is int8 for all of its readers, or it
  /// would be stored twice. Without statistics it stays f32: finding a range at
  /// run time costs more than it saves here.
  void quantizeBranch(OpOperand &operand) {
    Value value = operand.get();
    if (!isF32Tensor(value) || isDequantized(value) || !findQuantRange(value))
      return;
    operand.set(getQuantizedActivation(value, {activations}));
    ++numBranches;
  }

  void keep(linalg::LinalgOp op, StringRef reason) {
    op->setAttr(kKeepF32Attr, StringAttr::get(&getContext(), reason));
    ++numKept;
    remark::missed(
        op.getLoc(),
        remark::RemarkOpts::name("QuantizeInt8").category("nnq-quantize"))
        << remark::add("layer '{0}' stays in f32", getLayerName(op).str())
        << remark::reason("{0}", reason.str());
  }

  /// Ops that share a weight share its quantized form.
  FailureOr<Value> getQuantizedWeight(Value weight,
                                      const WeightFormat &format) {
    if (isDequantized(weight))
      return weight;
    auto [it, isNew] = quantizedWeights.try_emplace(
        {weight, format.axis.value_or(-1), format.scheme, format.range,
         format.bits, format.groupSize},
        Value());
    if (!isNew)
      return it->second;
    OpBuilder builder(&getContext());
    builder.setInsertionPointAfterValue(weight);
    FailureOr<Value> quantized = quantizeWeight(builder, weight, format);
    if (succeeded(quantized))
      it->second = *quantized;
    else
      quantizedWeights.erase(it);
    return quantized;
  }

  /// Layers that ask for one format share it.
  Value getQuantizedActivation(Value activation, ActivationFormat format) {
    if (isDequantized(activation))
      return activation;
    Value &quantized =
        quantizedActivations[{activation, format.scheme, format.range}];
    if (quantized)
      return quantized;
    OpBuilder builder(&getContext());
    quantized = quantizeActivation(builder, activation, format);
    if (format.range == ActivationRange::PerRow)
      ++numPerRow;
    else if (format.range == ActivationRange::Dynamic)
      ++numDynamic;
    else if (quantized.getDefiningOp<DynamicDCastOp>())
      ++dynamicActivations;
    return quantized;
  }

  llvm::SetVector<Operation *> unused;
  DenseMap<
      std::tuple<Value, int64_t, QuantScheme, WeightRange, int64_t, int64_t>,
      Value>
      quantizedWeights;
  DenseMap<std::tuple<Value, QuantScheme, ActivationRange>, Value>
      quantizedActivations;
  // A statistic does not count in all builds.
  int64_t dynamicActivations = 0;
};

} // namespace
