//===- QuantizeNorms.cpp - Layer norms in integers ------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "IntegerNorm.h"
#include "nnq/Compress/Quantize/Passes.h"
#include "nnq/Support/LayerNorm.h"
#include "nnq/Support/QuantMath.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Statistics.h"

namespace nnq {
#define GEN_PASS_DEF_QUANTIZENORMS
#include "nnq/Compress/Quantize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// Of 16 bits and symmetric. What lies outside of the range that was seen, up
/// to twice as far, is not clipped.
static quant::UniformQuantizedType getNormType(MLIRContext *context,
                                               QuantRangeAttr range) {
  constexpr double kHeadroom = 2;
  double most = kHeadroom * std::max(-range.getLow(), range.getHigh());
  QuantParams params =
      chooseSymmetricParams(-most, most, {-kMostNormInteger, kMostNormInteger});
  return quant::UniformQuantizedType::get(
      quant::QuantizationFlags::Signed, IntegerType::get(context, 16),
      Float32Type::get(context), params.scale, /*zeroPoint=*/0,
      -kMostNormInteger, kMostNormInteger);
}

namespace {
struct QuantizeNorms : public nnq::impl::QuantizeNormsBase<QuantizeNorms> {
  void runOnOperation() override {
    stored.clear();
    results.clear();
    for (LayerNorm &norm : findLayerNorms(getOperation())) {
      if (norm.last->hasAttr(kKeepF32Attr))
        continue;
      if (std::string obstacle = quantize(norm); !obstacle.empty()) {
        ++numMissed;
        remarkMissed(norm.last, "nnq-quantize-norms", obstacle);
      } else {
        ++numQuantized;
      }
    }
  }

private:
  /// The integers of `x`, which all others that read it read dequantized.
  Value storeInput(OpBuilder &b, Value x, quant::UniformQuantizedType type) {
    Value &integers = stored[x];
    if (integers)
      return integers;
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointAfterValue(x);
    auto tensor = cast<RankedTensorType>(x.getType());
    Location loc = x.getLoc();
    auto quantized =
        quant::QuantizeCastOp::create(b, loc, tensor.clone(type), x);
    integers = quant::StorageCastOp::create(
        b, loc, tensor.clone(type.getStorageType()), quantized);
    Value read = quant::DequantizeCastOp::create(b, loc, tensor, quantized);
    x.replaceAllUsesExcept(read, quantized);
    return integers;
  }

  /// Returns why it cannot be done, or nothing.
  std::string quantize(LayerNorm &norm) {
    Value y = norm.last->getResult(0);
    QuantRangeAttr in = findQuantRange(norm.input), out = findQuantRange(y);
    if (!in || !out)
      return "there are no statistics of what it reads and makes; pass "
             "data=FILE to calibrate";
    quant::UniformQuantizedType inType = getNormType(&getContext(), in);
    quant::UniformQuantizedType outType = getNormType(&getContext(), out);
    IntegerNorm integers;
    if (std::string obstacle =
            integers.set(norm, inType.getScale(), outType.getScale());
        !obstacle.empty())
      return obstacle;

    OpBuilder b(norm.last);
    b.setInsertionPointAfter(norm.last);
    Location loc = norm.last.getLoc();
    auto type = cast<RankedTensorType>(y.getType());
    // What an earlier norm made is there in integers.
    Value source = results.lookup_or(norm.input, norm.input);
    Value x = storeInput(b, source, inType);
    Value q = integers.emit(b, loc, x, getLayerName(norm.last));
    Value quantized =
        quant::StorageCastOp::create(b, loc, type.clone(outType), q);
    Value result = quant::DequantizeCastOp::create(b, loc, type, quantized);
    y.replaceAllUsesWith(result);
    results[y] = result;
    return "";
  }

  /// Of what is read, and dequantized results by what they replace.
  DenseMap<Value, Value> stored, results;
};
} // namespace
