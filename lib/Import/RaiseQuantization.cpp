//===- RaiseQuantization.cpp - Arithmetic of quantization to casts --------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "QuantizationBody.h"
#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/QuantScales.h"
#include "nnq/Support/Rewrite.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"

namespace nnq {
#define GEN_PASS_DEF_RAISEQUANTIZATION
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// The quantized type that `params` describe, of 8 bits.
static Type getQuantizedType(MLIRContext *context,
                             const QuantizationParams &params) {
  return getInt8Type(
      context, params.isSigned,
      {static_cast<int32_t>(params.min), static_cast<int32_t>(params.max)},
      params.scales, params.zeroPoints, params.axis);
}

/// `type` with all integers of 8 bits in its range.
static quant::QuantizedType getFullRange(quant::QuantizedType type) {
  StorageRange range = type.isSigned() ? kInt8 : kUInt8;
  if (auto uniform = dyn_cast<quant::UniformQuantizedType>(type))
    return quant::UniformQuantizedType::get(
        type.getFlags(), type.getStorageType(), type.getExpressedType(),
        uniform.getScale(), uniform.getZeroPoint(), range.min, range.max);
  if (auto axis = dyn_cast<quant::UniformQuantizedPerAxisType>(type))
    return quant::UniformQuantizedPerAxisType::get(
        type.getFlags(), type.getStorageType(), type.getExpressedType(),
        axis.getScales(), axis.getZeroPoints(), axis.getQuantizedDimension(),
        range.min, range.max);
  return type;
}

namespace {

/// clamp(roundeven(x / s) + zp) as an integer -> scast(qcast(x))
struct RaiseQuantize : public OpRewritePattern<linalg::GenericOp> {
  RaiseQuantize(MLIRContext *context, llvm::function_ref<void()> count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    std::string reason;
    FailureOr<QuantizationParams> params = matchQuantizeBody(op, reason);
    if (failed(params))
      return rewriter.notifyMatchFailure(op, reason);
    Value input = op.getDpsInputOperand(params->input)->get();
    auto type = cast<RankedTensorType>(input.getType());
    Value quantized = quant::QuantizeCastOp::create(
        rewriter, op.getLoc(),
        type.clone(getQuantizedType(getContext(), *params)), input);
    rewriter.replaceOpWithNewOp<quant::StorageCastOp>(
        op, op->getResult(0).getType(), quantized);
    count();
    return success();
  }

  llvm::function_ref<void()> count;
};

/// (q - zp) * s -> dcast(scast(q))
struct RaiseDequantize : public OpRewritePattern<linalg::GenericOp> {
  RaiseDequantize(MLIRContext *context, llvm::function_ref<void()> count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    std::string reason;
    FailureOr<QuantizationParams> params = matchDequantizeBody(op, reason);
    if (failed(params))
      return rewriter.notifyMatchFailure(op, reason);
    Value stored = op.getDpsInputOperand(params->input)->get();
    if (FailureOr<ConstantData> data = ConstantData::get(stored);
        succeeded(data))
      stored = prepareWeights(rewriter, stored, *data, *params);
    auto type = cast<RankedTensorType>(stored.getType());
    Value quantized = quant::StorageCastOp::create(
        rewriter, op.getLoc(),
        type.clone(getQuantizedType(getContext(), *params)), stored);
    rewriter.replaceOpWithNewOp<quant::DequantizeCastOp>(
        op, op->getResult(0).getType(), quantized);
    count();
    return success();
  }

private:
  /// Weights have a sign, and no -128 in their type if they do without it.
  static Value prepareWeights(PatternRewriter &rewriter, Value stored,
                              const ConstantData &data,
                              QuantizationParams &params) {
    if (!params.isSigned) {
      std::vector<char> bytes(data.getBytes());
      for (char &byte : bytes)
        byte = static_cast<char>(static_cast<uint8_t>(byte) - 128);
      for (int64_t &zeroPoint : params.zeroPoints)
        zeroPoint -= 128;
      params.isSigned = true;
      params.min = kInt8.min;
      params.max = kInt8.max;
      stored = makeConstant(rewriter, stored.getLoc(), data.getType(),
                            "weights_i8", bytes);
    }
    FailureOr<ConstantData> weights = ConstantData::get(stored);
    bool isSymmetric =
        llvm::all_of(params.zeroPoints, [](int64_t z) { return z == 0; });
    if (isSymmetric && !llvm::is_contained(weights->getAs<int8_t>(), -128))
      params.min = kNarrowInt8.min;
    return stored;
  }

  llvm::function_ref<void()> count;
};

/// qcast(constant) -> scast(integers)
struct QuantizeConstant : public OpRewritePattern<quant::QuantizeCastOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(quant::QuantizeCastOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getInput().getType());
    FailureOr<ConstantData> data = ConstantData::get(op.getInput());
    if (!type || failed(data) || !data->getType().getElementType().isF32())
      return rewriter.notifyMatchFailure(op, "no f32 constant");
    quant::QuantizedType quantized = op.getQuantizedType();
    if (!quantized.getStorageType().isInteger(8))
      return rewriter.notifyMatchFailure(op, "storage is not of 8 bits");
    FailureOr<QuantScales> params = QuantScales::get(quantized);
    if (failed(params) || isa<quant::UniformQuantizedSubChannelType>(quantized))
      return rewriter.notifyMatchFailure(op, "scales are of blocks");
    int64_t inner = 1;
    for (const QuantScales::Blocks &blocks : params->blocks)
      for (int64_t size : type.getShape().drop_front(blocks.dim + 1))
        inner *= size;
    StorageRange range = getStorageRange(quantized);
    ArrayRef<float> elements = data->getAs<float>();
    std::vector<char> bytes(elements.size());
    for (auto [i, element] : llvm::enumerate(elements)) {
      size_t at = i / inner % params->scales.size();
      bytes[i] = static_cast<char>(
          quantize(element,
                   {static_cast<float>(params->scales[at]),
                    static_cast<int32_t>(params->zeroPoints[at])},
                   range));
    }
    Value stored =
        makeConstant(rewriter, op.getInput().getLoc(),
                     type.clone(rewriter.getI8Type()), "weights_q", bytes);
    rewriter.replaceOpWithNewOp<quant::StorageCastOp>(op, op.getType(), stored);
    return success();
  }
};

/// scast(scast(q)) -> q; that of a smaller range stays smaller.
struct DropStorageCasts : public OpRewritePattern<quant::StorageCastOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(quant::StorageCastOp op,
                                PatternRewriter &rewriter) const override {
    auto cast = op.getInput().getDefiningOp<quant::StorageCastOp>();
    if (!cast)
      return rewriter.notifyMatchFailure(op, "no cast back");
    auto from = dyn_cast<quant::QuantizedType>(
        getElementTypeOrSelf(cast.getInput().getType()));
    auto to =
        dyn_cast<quant::QuantizedType>(getElementTypeOrSelf(op.getType()));
    if (!from || !to || !from.getStorageType().isInteger(8) ||
        !to.getStorageType().isInteger(8) ||
        (from != to && getFullRange(from) != to))
      return rewriter.notifyMatchFailure(op, "parameters differ");
    if (from != to && !llvm::all_of(op->getUsers(), [](Operation *user) {
          return isa<quant::DequantizeCastOp>(user);
        }))
      return rewriter.notifyMatchFailure(op, "the range is read");
    rewriter.replaceAllUsesWith(op.getResult(), cast.getInput());
    rewriter.eraseOp(op);
    return success();
  }
};

struct RaiseQuantization
    : public nnq::impl::RaiseQuantizationBase<RaiseQuantization> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    auto count = [&] { ++numRaised; };
    populateRaiseQuantizationPatterns(patterns, count);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void nnq::populateRaiseQuantizationPatterns(RewritePatternSet &patterns,
                                            llvm::function_ref<void()> count) {
  patterns.add<RaiseQuantize, RaiseDequantize>(patterns.getContext(), count);
  patterns.add<QuantizeConstant, DropStorageCasts>(patterns.getContext());
}
