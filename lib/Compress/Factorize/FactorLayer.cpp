//===- FactorLayer.cpp - Layers whose weights can be factorized -----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "FactorLayer.h"

#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Statistics.h"

#include <cmath>

using namespace mlir;
using namespace nnq;

/// True if `loop` indexes the activation together with another one.
static bool isWindow(AffineMap activation, unsigned loop) {
  return llvm::any_of(activation.getResults(), [&](AffineExpr expr) {
    return expr.isFunctionOfDim(loop) && !isa<AffineDimExpr>(expr);
  });
}

static int64_t multiplySizes(ArrayRef<unsigned> loops,
                             ArrayRef<int64_t> sizes) {
  int64_t product = 1;
  for (unsigned loop : loops)
    product *= sizes[loop];
  return product;
}

FailureOr<FactorLayer> FactorLayer::get(linalg::LinalgOp op,
                                        std::string &reason) {
  auto fail = [&](StringRef text) {
    reason = text.str();
    return failure();
  };
  FailureOr<WeightedOp> operands = matchWeightedOp(op);
  if (failed(operands))
    return fail("it has no weights that are constant");
  FailureOr<LayerView> view = LayerView::get(op, *operands, reason);
  if (failed(view))
    return failure();
  if (view->numGroups != 1)
    return fail("its groups have weights of their own");
  FailureOr<ConstantData> data = ConstantData::get(operands->weight->get());
  if (failed(data) || !data->getType().getElementType().isF32())
    return fail("its weights are no f32 constant");
  if (op->getNumResults() != 1 ||
      !isa<RankedTensorType>(op->getResultTypes()[0]))
    return fail("it has no tensor as its result");

  FactorLayer layer;
  layer.op = op;
  layer.activation = operands->activation;
  layer.weight = operands->weight;
  layer.view = std::move(*view);
  layer.sizes = op.getStaticLoopRanges();
  AffineMap activation = op.getMatchingIndexingMap(layer.activation);
  AffineMap weight = op.getMatchingIndexingMap(layer.weight);
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  SmallVector<int64_t> channelDims, inputDims, windowDims;
  for (auto [dim, expr] : llvm::enumerate(weight.getResults())) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    if (!linalg::isReductionIterator(iterators[loop])) {
      layer.channels.push_back(loop);
      channelDims.push_back(dim);
    } else if (isWindow(activation, loop)) {
      layer.windows.push_back(loop);
      windowDims.push_back(dim);
    } else {
      layer.inputs.push_back(loop);
      inputDims.push_back(dim);
    }
  }
  if (layer.channels.empty() || layer.inputs.empty())
    return fail("it has no channels to mix");

  SmallVector<int64_t> modes{multiplySizes(layer.channels, layer.sizes),
                             multiplySizes(layer.inputs, layer.sizes)};
  for (unsigned loop : layer.windows)
    modes.push_back(layer.sizes[loop]);
  SmallVector<int64_t> order = llvm::to_vector(
      llvm::concat<int64_t>(channelDims, inputDims, windowDims));
  DenseTensor constant(data->getShape());
  llvm::copy(data->getAs<float>(), constant.values.begin());
  layer.weights = constant.permute(order).reshape(modes);

  // Numbers of columns travel with them.
  llvm::DenseMap<int64_t, int64_t> columns;
  for (auto [k, offset] : llvm::enumerate(layer.view.depthOffsets))
    columns[offset] = k;
  for (auto [i, value] : llvm::enumerate(constant.values))
    value = static_cast<double>(i);
  DenseTensor positions = constant.permute(order);
  const int64_t depth = layer.getDepth();
  for (double position : ArrayRef(positions.values).take_front(depth))
    layer.depthOrder.push_back(columns.lookup(
        static_cast<int64_t>(position) - layer.view.channelOffsets.front()));
  return layer;
}

bool FactorLayer::isFinite() const {
  return llvm::all_of(weights.values,
                      [](double w) { return std::isfinite(w); });
}

FailureOr<InputMoments> InputMoments::get(const FactorLayer &layer,
                                          std::string &reason) {
  FailureOr<InputStatsAttr> stats =
      findInputStats(layer.op, /*isCorrelated=*/false, reason);
  if (failed(stats))
    return failure();
  auto fail = [&](StringRef text) {
    reason = text.str();
    return failure();
  };
  if (!layer.view.fits(*stats))
    return fail("the statistics of its input are of another shape");
  InputMoments moments;
  const int64_t depth = layer.getDepth();
  if (ElementsAttr triangle = stats->getCorrelation()) {
    FailureOr<ConstantData> data = ConstantData::get(triangle);
    if (failed(data))
      return fail("the bytes of its statistics are not at hand");
    Matrix all = unpackTriangle(data->getAs<float>(), depth);
    moments.correlation.resize(depth, depth);
    for (int64_t i = 0; i < depth; ++i)
      for (int64_t j = 0; j < depth; ++j)
        moments.correlation(i, j) =
            all(layer.depthOrder[i], layer.depthOrder[j]);
    moments.diagonal = moments.correlation.diagonal();
  } else {
    FailureOr<ConstantData> data = ConstantData::get(stats->getSecondMoment());
    if (failed(data))
      return fail("the bytes of its statistics are not at hand");
    moments.diagonal.resize(depth);
    for (int64_t i = 0; i < depth; ++i)
      moments.diagonal(i) = data->getAs<float>()[layer.depthOrder[i]];
  }
  if (!moments.diagonal.allFinite() || !moments.correlation.allFinite())
    return fail("the statistics of its input are not finite");
  if (!(moments.diagonal.maxCoeff() > 0))
    return fail("it multiplies nothing but zeros");
  return moments;
}

Matrix InputMoments::multiply(const Matrix &matrix) const {
  if (correlation.size() == 0)
    return matrix * diagonal.asDiagonal();
  return matrix * correlation;
}

double InputMoments::getPower(const Matrix &matrix) const {
  return multiply(matrix).cwiseProduct(matrix).sum();
}
