//===- VerifyQuantized.cpp - Check that a network is quantized ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Compress/Quantize/Passes.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/QuantMath.h"
#include "nnq/Support/QuantScales.h"
#include "nnq/Support/Structured.h"

namespace nnq {
#define GEN_PASS_DEF_VERIFYQUANTIZED
#include "nnq/Compress/Quantize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {

struct VerifyQuantized
    : public nnq::impl::VerifyQuantizedBase<VerifyQuantized> {
  void runOnOperation() override {
    failure = false;
    getOperation()->walk([&](Operation *op) {
      if (auto cast = dyn_cast<quant::DequantizeCastOp>(op))
        checkType(op, cast.getQuantizedType());
      else if (auto cast = dyn_cast<quant::QuantizeCastOp>(op))
        checkType(op, cast.getQuantizedType());
      else if (auto structured = dyn_cast<linalg::LinalgOp>(op))
        checkStructuredOp(structured);
    });
    if (failure)
      signalPassFailure();
  }

private:
  InFlightDiagnostic fail(Operation *op) {
    failure = true;
    return emitError(op->getLoc()) << "layer '" << getLayerName(op) << "' ";
  }

  void checkStructuredOp(linalg::LinalgOp op) {
    if (!isMultiplyAccumulate(op) || op->hasAttr(kKeepF32Attr))
      return;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      if (isDequantized(operand->get()))
        continue;
      if (op->hasAttr(kProvenanceAttr))
        fail(op) << "has lost the quantization of operand "
                 << operand->getOperandNumber()
                 << ": upstream folders cancel quantize-dequantize pairs; do "
                    "not canonicalize a network between --quantize-int8 and "
                    "--lower-to-llvm";
      else
        fail(op) << "is neither quantized nor marked to stay in f32 by '"
                 << kKeepF32Attr << "'; run --nnq-quantize";
      return;
    }
    FailureOr<WeightedOp> operands = matchWeightedOp(op);
    if (failed(operands))
      return;
    checkWeight(op, operands->weight->get());
    auto activation =
        operands->activation->get().getDefiningOp<quant::DequantizeCastOp>();
    if (activation &&
        !isa<quant::UniformQuantizedType>(activation.getQuantizedType()))
      fail(op) << "has an activation with more than one scale: "
               << activation.getQuantizedType();
  }

  void checkWeight(linalg::LinalgOp op, Value weight) {
    auto cast = weight.getDefiningOp<quant::DequantizeCastOp>();
    if (!cast)
      return;
    quant::QuantizedType type = cast.getQuantizedType();
    unsigned bits = type.getStorageTypeIntegralWidth();
    if (!type.isSigned() || (bits != 8 && bits != 4)) {
      fail(op) << "has weights that are neither i8 nor i4: " << type;
      return;
    }
    FailureOr<QuantScales> params = QuantScales::get(type);
    if (failed(params) || !type.hasStorageTypeBounds())
      return;
    // Those of 4 bits in a byte have zero points as i4 has.
    bool isInt4 = type.getStorageTypeMin() == kInt4.min &&
                  type.getStorageTypeMax() == kInt4.max;
    if (!isInt4 &&
        llvm::any_of(params->zeroPoints, [](int64_t z) { return z != 0; }))
      fail(op) << "has weights of narrow range with a zero point other than 0";
    FailureOr<ConstantData> data = ConstantData::getWidened(cast.getInput());
    if (failed(data))
      return;
    for (int8_t q : data->getAs<int8_t>()) {
      if (q >= type.getStorageTypeMin() && q <= type.getStorageTypeMax())
        continue;
      fail(op) << "has the weight " << static_cast<int64_t>(q)
               << " outside of the range of " << type.getStorageTypeMin()
               << " to " << type.getStorageTypeMax();
      return;
    }
  }

  void checkType(Operation *op, quant::QuantizedType type) {
    FailureOr<QuantScales> params = QuantScales::get(type);
    if (failed(params))
      return;
    for (double scale : params->scales) {
      if (std::isfinite(scale) && scale > 0 &&
          static_cast<float>(scale) == scale)
        continue;
      fail(op) << "has a scale that is not a finite, positive f32: " << scale;
      break;
    }
    for (int64_t point : params->zeroPoints) {
      if (point >= type.getStorageTypeMin() &&
          point <= type.getStorageTypeMax())
        continue;
      fail(op) << "has the zero point " << point << " outside of the range of "
               << type.getStorageTypeMin() << " to "
               << type.getStorageTypeMax();
      break;
    }
  }

  bool failure = false;
};

} // namespace
