//===- FoldAffine.cpp - Fold batch normalization into layers --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "AffineChain.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Import/Passes.h"
#include "nnq/Import/Transforms.h"
#include "nnq/Support/BiasAdd.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Remarks.h"
#include "nnq/Support/Rewrite.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"

#include <cmath>

namespace nnq {
#define GEN_PASS_DEF_FOLDAFFINE
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// The bytes of `weights` times the scale of each element's channel, or nothing
/// if that is not finite.
static std::optional<std::vector<char>> scaleWeights(const ConstantData &data,
                                                     const AffineChain &chain) {
  ArrayRef<float> weights = data.getAs<float>();
  std::vector<char> bytes(data.getBytes().size());
  auto *scaled = reinterpret_cast<float *>(bytes.data());
  SmallVector<int64_t> strides = chain.getChannelStrides(data.getShape());
  SmallVector<int64_t> index(data.getShape().size());
  for (size_t i = 0; i < weights.size(); ++i) {
    int64_t channel = 0;
    for (auto [at, stride] : llvm::zip(index, strides))
      channel += at * stride;
    scaled[i] = static_cast<float>(weights[i] * chain.scale[channel]);
    if (!std::isfinite(scaled[i]))
      return std::nullopt;
    for (int64_t dim = index.size() - 1; dim >= 0; --dim) {
      if (++index[dim] < data.getShape()[dim])
        break;
      index[dim] = 0;
    }
  }
  return bytes;
}

/// The type of `op`'s operand with each scale times that of its channel, if the
/// chain's channels are those that have scales and all factors are positive.
static quant::QuantizedType scaleType(quant::DequantizeCastOp op,
                                      const AffineChain &chain) {
  quant::QuantizedType type = op.getQuantizedType();
  auto shape = cast<ShapedType>(op.getType()).getShape();
  SmallVector<int64_t> strides = chain.getChannelStrides(shape);
  SmallVector<int64_t> dims;
  for (auto [dim, stride] : llvm::enumerate(strides))
    if (stride != 0 && shape[dim] != 1)
      dims.push_back(dim);
  SmallVector<double> scales;
  SmallVector<int64_t> zeroPoints;
  int64_t count = dims.empty() ? 1 : shape[dims.front()];
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
  auto uniform = dyn_cast<quant::UniformQuantizedType>(type);
  if (dims.size() > 1 || (!perAxis && !uniform))
    return {};
  if (perAxis && (dims.empty() || perAxis.getQuantizedDimension() != dims[0]))
    return {};
  for (int64_t i = 0; i < count; ++i) {
    double factor = chain.scale[dims.empty() ? 0 : i * strides[dims[0]]];
    float scale = static_cast<float>(
        (perAxis ? perAxis.getScales()[i] : uniform.getScale()) * factor);
    if (!(scale > 0) || !std::isfinite(scale))
      return {};
    scales.push_back(scale);
    zeroPoints.push_back(perAxis ? perAxis.getZeroPoints()[i]
                                 : uniform.getZeroPoint());
  }
  if (dims.empty())
    return quant::UniformQuantizedType::get(
        type.getFlags(), type.getStorageType(), type.getExpressedType(),
        scales[0], zeroPoints[0], type.getStorageTypeMin(),
        type.getStorageTypeMax());
  return quant::UniformQuantizedPerAxisType::get(
      type.getFlags(), type.getStorageType(), type.getExpressedType(), scales,
      zeroPoints, dims[0], type.getStorageTypeMin(), type.getStorageTypeMax());
}

static bool isZero(double value) { return value == 0; }

namespace {

struct FoldIntoLayer : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  FoldIntoLayer(MLIRContext *context, llvm::function_ref<void()> count)
      : OpInterfaceRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    FailureOr<WeightedOp> layer = matchWeightedOp(op);
    if (failed(layer) || !op.hasPureTensorSemantics())
      return rewriter.notifyMatchFailure(op, "no layer of constant weights");
    if (!isZeroFill(op.getDpsInitOperand(0)->get()))
      return rewriter.notifyMatchFailure(op, "does not start from zero");
    Value weight = layer->weight->get();
    // matchWeightedOp sees constants through casts of their storage.
    auto cast = weight.getDefiningOp<quant::DequantizeCastOp>();
    FailureOr<ConstantData> data = ConstantData::get(weight);
    if (!cast && (failed(data) || !data->getType().getElementType().isF32()))
      return rewriter.notifyMatchFailure(op, "weights are no f32 constant");

    AffineChain chain;
    std::string reason;
    if (failed(chain.match(op, layer->weight, reason)))
      return rewriter.notifyMatchFailure(op, reason);
    bool hasScale =
        llvm::any_of(chain.scale, [](double scale) { return scale != 1; });
    if (!hasScale && chain.ops.size() < 2)
      return rewriter.notifyMatchFailure(op, "nothing but a bias follows");

    SmallVector<float> bias(chain.offset.begin(), chain.offset.end());
    quant::QuantizedType type;
    std::optional<std::vector<char>> weights;
    if (cast && !cast.getInput().getDefiningOp<quant::StorageCastOp>())
      return rewriter.notifyMatchFailure(op, "weights have no storage");
    if (cast && hasScale && !(type = scaleType(cast, chain)))
      return rewriter.notifyMatchFailure(
          op, "scales of the weights are not those of channels, or not "
              "positive");
    if (!cast)
      weights = scaleWeights(*data, chain);
    if ((!cast && !weights) ||
        !llvm::all_of(bias, [](float value) { return std::isfinite(value); })) {
      remarkMissed(op, "nnq-fold-affine", "the scaled weights are not finite");
      return rewriter.notifyMatchFailure(op, "scaled weights are not finite");
    }

    if (hasScale) {
      rewriter.setInsertionPoint(op);
      Value scaled = cast ? scaleCast(rewriter, cast, type)
                          : makeConstant(rewriter, weight.getLoc(),
                                         data->getType(), "scaled", *weights);
      rewriter.modifyOpInPlace(op, [&] { layer->weight->set(scaled); });
      remarkPassed(op, "nnq-fold-affine", "scale folded into the weights");
      count();
    }
    // Statistics were those of the result without the scale.
    rewriter.modifyOpInPlace(op, [&] {
      op->removeAttr(kStatsAttr);
      op->removeAttr(kQuantRangeAttr);
      op->removeAttr(kInputStatsAttr);
    });
    replaceChain(rewriter, op, chain, bias);
    return success();
  }

private:
  /// The integers of `cast` with other scales.
  static Value scaleCast(PatternRewriter &rewriter,
                         quant::DequantizeCastOp cast,
                         quant::QuantizedType type) {
    Location loc = cast.getLoc();
    auto tensor = ::cast<RankedTensorType>(cast.getType());
    auto scast = cast.getInput().getDefiningOp<quant::StorageCastOp>();
    Value stored = scast.getInput();
    Value scaled =
        quant::StorageCastOp::create(rewriter, loc, tensor.clone(type), stored);
    return quant::DequantizeCastOp::create(rewriter, loc, tensor, scaled);
  }

  /// The last op of the chain becomes the addition of the bias, the others go.
  static void replaceChain(PatternRewriter &rewriter, Operation *layer,
                           const AffineChain &chain, ArrayRef<float> bias) {
    linalg::GenericOp last = chain.ops.back();
    for (linalg::GenericOp op : ArrayRef(chain.ops).drop_back())
      rewriter.replaceOp(op, chain.getInput(op));
    Value sum = chain.getInput(last);
    if (llvm::all_of(chain.offset, isZero)) {
      rewriter.replaceOp(last, sum);
      return;
    }
    rewriter.setInsertionPoint(last);
    SmallVector<int64_t> shape;
    AffineMap map = chain.getBiasMap(shape);
    auto type = RankedTensorType::get(shape, rewriter.getF32Type());
    ArrayRef<char> bytes(reinterpret_cast<const char *>(bias.data()),
                         bias.size() * sizeof(float));
    Value constant = makeConstant(rewriter, last.getLoc(), type, "bias", bytes);
    linalg::GenericOp add = createBiasAdd(rewriter, layer, sum, constant, map);
    copyLayerAttributes(last, add);
    rewriter.replaceOp(last, add.getResult(0));
  }

  llvm::function_ref<void()> count;
};

struct FoldAffine : public nnq::impl::FoldAffineBase<FoldAffine> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    auto count = [&] { ++numFolded; };
    populateFoldAffinePatterns(patterns, count);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void nnq::populateFoldAffinePatterns(RewritePatternSet &patterns,
                                     llvm::function_ref<void()> count) {
  patterns.add<FoldIntoLayer>(patterns.getContext(), count);
}
