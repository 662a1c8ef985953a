//===- ReplaceLayer.cpp - Smaller layers in place of a layer --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ReplaceLayer.h"
#include "nnq/Compress/Factorize/Passes.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Statistics.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace nnq;

/// The strides of (n, o, h, w) += (n, c, h * s, w * t) x (o, c), a convolution
/// of one tap.
static std::optional<SmallVector<int64_t>>
findPointwiseStrides(const FactorStep &step) {
  AffineMap x = step.activationMap, w = step.weightMap, y = step.outputMap;
  if (x.getNumResults() != 4 || w.getNumResults() != 2 ||
      y.getNumResults() != 4 || x.getResult(0) != y.getResult(0) ||
      w.getResult(0) != y.getResult(1) || w.getResult(1) != x.getResult(1))
    return std::nullopt;
  SmallVector<int64_t> strides;
  for (unsigned dim : {2, 3}) {
    AffineExpr place = x.getResult(dim), loop = y.getResult(dim);
    int64_t stride = place.getLargestKnownDivisor();
    if (!isa<AffineDimExpr>(loop) || place != loop * stride)
      return std::nullopt;
    strides.push_back(stride);
  }
  return strides;
}

static Value makeWeights(OpBuilder &builder, Location loc,
                         const FactorStep &step, const DenseTensor &factor) {
  // Modes of factors are loops that may be several.
  SmallVector<int64_t> sizes(step.loops.size());
  for (auto [at, size] : llvm::zip_equal(step.weightOrder, step.weightShape))
    sizes[at] = size;
  DenseTensor ordered = factor.reshape(sizes).permute(step.weightOrder);
  std::vector<float> weights(ordered.values.begin(), ordered.values.end());
  SmallVector<int64_t> shape(step.weightShape);
  if (findPointwiseStrides(step))
    shape.append(2, 1);
  auto type = RankedTensorType::get(shape, builder.getF32Type());
  return makeConstant(builder, loc, type, "factor", asBytes<float>(weights));
}

/// Zeros of the shape of what `step` makes of `input`.
static Value makeInit(OpBuilder &builder, Location loc, const FactorStep &step,
                      Value input, Value init) {
  const int64_t rank = cast<ShapedType>(input.getType()).getRank();
  SmallVector<OpFoldResult> sizes;
  for (auto [size, source] : llvm::zip_equal(step.shape, step.sizeSources)) {
    if (!ShapedType::isDynamic(size))
      sizes.push_back(builder.getIndexAttr(size));
    else if (source < rank)
      sizes.push_back(tensor::getMixedSize(builder, loc, input, source));
    else
      sizes.push_back(tensor::getMixedSize(builder, loc, init, source - rank));
  }
  Value empty =
      tensor::EmptyOp::create(builder, loc, sizes, builder.getF32Type());
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(0.0f));
  return linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
}

/// Layouts are chosen for images, and so for what is known as a convolution.
static linalg::LinalgOp makeStep(OpBuilder &builder, Location loc,
                                 const FactorStep &step, Value input,
                                 Value weights, Value init) {
  if (auto strides = findPointwiseStrides(step))
    return linalg::Conv2DNchwFchwOp::create(
        builder, loc, init.getType(), ValueRange{input, weights}, init,
        /*strides=*/builder.getI64VectorAttr(*strides),
        /*dilations=*/builder.getI64VectorAttr({1, 1}));
  SmallVector<utils::IteratorType> iterators(step.sizes.size(),
                                             utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), step.numParallel,
              utils::IteratorType::parallel);
  return linalg::GenericOp::create(
      builder, loc, init.getType(), ValueRange{input, weights}, init,
      ArrayRef<AffineMap>{step.activationMap, step.weightMap, step.outputMap},
      iterators, [](OpBuilder &b, Location loc, ValueRange args) {
        Value product = arith::MulFOp::create(b, loc, args[0], args[1]);
        Value sum = arith::AddFOp::create(b, loc, args[2], product);
        linalg::YieldOp::create(b, loc, sum);
      });
}

void nnq::replaceLayer(const FactorLayer &layer, const FactorPlan &plan,
                       const FactorPlan &before, ArrayRef<DenseTensor> factors,
                       StringRef technique) {
  linalg::LinalgOp op = layer.op;
  Location loc = op.getLoc();
  OpBuilder builder(op);
  std::string name = getLayerName(op).str();
  Value value = layer.activation->get();
  Value init = op.getDpsInitOperand(0)->get();
  Value constant = layer.weight->get();
  for (auto [i, step, weights] : llvm::enumerate(plan.steps, factors)) {
    bool isLast = i + 1 == plan.steps.size();
    Value factor = makeWeights(builder, loc, step, weights);
    Value sum = isLast ? init : makeInit(builder, loc, step, value, init);
    linalg::LinalgOp made = makeStep(builder, loc, step, value, factor, sum);
    made->setAttr(kLayerAttr,
                  builder.getStringAttr(llvm::formatv("{0}.{1}", name, i)));
    // Bits that are gone are those of the first one.
    made->setAttr(kProvenanceAttr,
                  ProvenanceAttr::get(builder.getContext(),
                                      builder.getStringAttr(name),
                                      builder.getStringAttr(technique),
                                      i == 0 ? 32 * before.countWeights() : 0,
                                      32 * step.countWeights()));
    if (Attribute kept = op->getAttr(kKeepF32Attr))
      made->setAttr(kKeepF32Attr, kept);
    value = made->getResult(0);
  }
  if (Attribute range = op->getAttr(kQuantRangeAttr))
    value.getDefiningOp()->setAttr(kQuantRangeAttr, range);
  op->getResult(0).replaceAllUsesWith(value);
  op->erase();
  if (constant.use_empty())
    constant.getDefiningOp()->erase();
}
