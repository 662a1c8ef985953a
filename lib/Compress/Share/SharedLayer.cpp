//===- SharedLayer.cpp - Weights of a layer that share numbers ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "SharedLayer.h"

#include "Codebook.h"
#include "VectorCodebook.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/DequantizedWeights.h"
#include "nnq/Support/SharedWeights.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <numeric>

using namespace mlir;
using namespace nnq;

/// The numbers of a constant, in f32 or in quantize/dequantize form.
static FailureOr<std::vector<double>> readWeights(Value constant) {
  std::vector<double> weights;
  if (quant::QuantizedType type = getQuantizedType(constant)) {
    FailureOr<std::vector<int32_t>> integers = getIntegers(constant);
    FailureOr<WeightGrid> grid =
        WeightGrid::get(type, cast<ShapedType>(constant.getType()).getShape());
    if (failed(integers) || failed(grid))
      return failure();
    for (auto [i, q] : llvm::enumerate(*integers))
      weights.push_back(grid->dequantize(i, q));
    return weights;
  }
  FailureOr<ConstantData> data = ConstantData::get(constant);
  if (failed(data) || !data->getType().getElementType().isF32())
    return failure();
  llvm::append_range(weights, data->getAs<float>());
  return weights;
}

FailureOr<SharedLayer> SharedLayer::get(const WeightReaders &readers,
                                        std::string &reason) {
  auto fail = [&](const Twine &text) {
    reason = text.str();
    return failure();
  };
  SharedLayer layer;
  layer.readers = readers;
  linalg::LinalgOp op = layer.getOp();
  WeightedOp operands = *matchWeightedOp(op);
  if (!readAlike(readers))
    return fail("its weights are read in another way, too");
  FailureOr<std::vector<double>> weights = readWeights(operands.weight->get());
  if (failed(weights))
    return fail("its weights are no constant of f32 or of quantized numbers");
  layer.weights = std::move(*weights);
  if (layer.weights.empty())
    return fail("it has no weights");
  FailureOr<LayerView> view = LayerView::get(op, operands, reason);
  if (failed(view))
    return failure();
  layer.view = std::move(*view);
  ArrayRef<int64_t> shape = op.getShape(operands.weight);
  if (!operands.channelAxis ||
      shape[*operands.channelAxis] != layer.getNumRows())
    return fail("no dimension of its weights has all output channels");
  layer.channelAxis = *operands.channelAxis;
  layer.inputs = InputChannels::get(op, operands);
  // Correlations are known of layers that are not too deep.
  std::string unused;
  for (bool isCorrelated : {true, false}) {
    FailureOr<ReaderMoments> moments =
        ReaderMoments::get(readers, layer.view, isCorrelated, unused);
    if (failed(moments))
      continue;
    layer.moments = std::move(*moments);
    break;
  }
  return layer;
}

bool SharedLayer::isFinite() const {
  return llvm::all_of(weights, [](double w) { return std::isfinite(w); });
}

/// What is always zero may have any weight; a little keeps it near its own.
double SharedLayer::getImportance(int64_t row, int64_t k) const {
  if (moments.second.empty())
    return 1;
  ArrayRef<double> its =
      ArrayRef(moments.second).slice(view.groups[row] * getDepth(), getDepth());
  constexpr double kLeastShare = 1e-3;
  double mean = std::accumulate(its.begin(), its.end(), 0.0) / getDepth();
  return mean > 0 ? its[k] + kLeastShare * mean : 1;
}

SmallVector<int64_t> SharedLayer::getOrder() const {
  auto input = [&](int64_t k) {
    return view.depthOffsets[k] / inputs.stride % inputs.count;
  };
  auto rest = [&](int64_t k) {
    return view.depthOffsets[k] - input(k) * inputs.stride;
  };
  SmallVector<int64_t> order =
      llvm::to_vector(llvm::seq<int64_t>(0, getDepth()));
  llvm::sort(order, [&](int64_t a, int64_t b) {
    return std::pair(rest(a), input(a)) < std::pair(rest(b), input(b));
  });
  return order;
}

std::string SharedLayer::findVectorObstacle(int64_t vector,
                                            bool keepsZeros) const {
  if (inputs.count % vector != 0)
    return llvm::formatv("its {0} input channels are no vectors of {1}",
                         inputs.count, vector);
  if (!keepsZeros || vector == 1)
    return "";
  SmallVector<int64_t> order = getOrder();
  for (int64_t row = 0; row < getNumRows(); ++row)
    for (int64_t k = 0; k < getDepth(); k += vector) {
      int64_t zeros =
          llvm::count_if(ArrayRef(order).slice(k, vector), [&](int64_t at) {
            return weights[view.getWeight(row, at)] == 0;
          });
      if (zeros > 0 && zeros < vector)
        return "some weights of a vector are zero and others are not; pass "
               "zeros=false, or prune blocks";
    }
  return "";
}

LogicalResult SharedLayer::share(CodebookAttr codebook, double damping) {
  const int64_t numRows = getNumRows(), depth = getDepth();
  int64_t together = codebook.getChannels() ? codebook.getChannels() : numRows;
  codes.resize(weights.size());
  // Vectors lie one behind the other.
  SmallVector<int64_t> order = getOrder();
  const int64_t vector = codebook.getVector();
  SmallVector<SmallVector<int32_t>> codebooks;
  SmallVector<int64_t> indexOfRow;
  for (int64_t first = 0; first < numRows; first += together) {
    int64_t count = std::min(together, numRows - first);
    std::vector<double> numbers, importance;
    for (int64_t row = first; row < first + count; ++row)
      for (int64_t k : order) {
        numbers.push_back(weights[view.getWeight(row, k)]);
        importance.push_back(getImportance(row, k));
      }
    SharedRows shared =
        vector > 1 ? shareVectors(numbers, importance, count,
                                  codebook.getBits(), vector,
                                  codebook.getZeros(), codebooks.emplace_back())
                   : shareRows(numbers, importance, count, codebook.getBits(),
                               codebook.getZeros(), codebooks.emplace_back());
    llvm::append_range(scales, shared.scales);
    indexOfRow.append(count, codebooks.size() - 1);
    for (int64_t i = 0; i < count * depth; ++i)
      codes[view.getWeight(first + i / depth, order[i % depth])] =
          shared.codes[i];
  }
  if (moments.correlation.empty())
    return success();
  SmallVector<ArrayRef<int32_t>> codebookOfRow;
  for (int64_t index : indexOfRow)
    codebookOfRow.push_back(codebooks[index]);
  fixProductBlocks();
  for (int64_t group = 0; group < view.numGroups; ++group)
    if (failed(compensate(group, codebookOfRow, order, vector,
                          codebook.getZeros(), damping)))
      return failure();
  return success();
}

LogicalResult SharedLayer::compensate(int64_t group,
                                      ArrayRef<ArrayRef<int32_t>> codebookOfRow,
                                      ArrayRef<int64_t> order, int64_t vector,
                                      bool keepsZeros, double damping) {
  const int64_t depth = getDepth(), triangle = depth * (depth + 1) / 2;
  Matrix h = unpackTriangle(
      ArrayRef(moments.correlation).slice(group * triangle, triangle), depth);
  // What is always zero is multiplied by nothing: any codes will do.
  if (h.diagonal().maxCoeff() <= 0)
    return success();
  std::optional<Matrix> upper = factorizeInverse(h, order, damping);
  if (!upper)
    return failure();
  upper->reverseInPlace();
  // All that follows is in that order.
  h = Matrix(h(order, order));
  Eigen::RowVectorXd rest(depth), error(depth), before(depth);
  std::vector<double> numbers(vector), importance(vector);
  for (auto [row, its] : llvm::enumerate(view.groups)) {
    if (its != group)
      continue;
    SmallVector<int32_t> chosen;
    for (int64_t k = 0; k < depth; ++k) {
      int64_t at = view.getWeight(row, order[k]);
      rest[k] = weights[at];
      before[k] = weights[at] - codes[at] * scales[row];
    }
    // One number, or those of a vector, from what errors so far make of it.
    ArrayRef<int32_t> codebook = codebookOfRow[row];
    double scale = scales[row];
    auto choose = [&](int64_t k) {
      if (vector == 1)
        return chosen.push_back(findNearest(codebook, rest[k] / scale));
      for (int64_t i = 0; i < vector; ++i) {
        numbers[i] = rest[k + i] / scale;
        importance[i] = 1 / ((*upper)(k + i, k + i) * (*upper)(k + i, k + i));
      }
      llvm::append_range(chosen,
                         findNearestVector(codebook, numbers, importance));
    };
    for (int64_t k = 0; k < depth; ++k) {
      double weight = weights[view.getWeight(row, order[k])];
      if (static_cast<int64_t>(chosen.size()) == k) {
        // The others of its vector are zero, too.
        if (keepsZeros && weight == 0)
          chosen.append(vector, 0);
        else
          choose(k);
      }
      int32_t code = chosen[k];
      error[k] = weight - code * scales[row];
      double step = (rest[k] - code * scales[row]) / (*upper)(k, k);
      int64_t left = depth - k - 1;
      rest.tail(left) -= step * upper->row(k).tail(left);
    }
    if (error.dot(error * h) >= before.dot(before * h))
      continue;
    for (int64_t k = 0; k < depth; ++k)
      codes[view.getWeight(row, order[k])] = chosen[k];
  }
  return success();
}

double SharedLayer::getSqnr() const {
  double signal = 0, noise = 0;
  for (int64_t row = 0; row < getNumRows(); ++row)
    for (int64_t k = 0; k < getDepth(); ++k) {
      int64_t at = view.getWeight(row, k);
      double error = weights[at] - codes[at] * scales[row];
      signal += weights[at] * weights[at];
      noise += error * error;
    }
  return 10 * std::log10(signal / noise);
}

void SharedLayer::write(CodebookAttr codebook) const {
  OpBuilder builder(getOp());
  Value before = matchWeightedOp(getOp())->weight->get();
  builder.setInsertionPointAfterValue(before);
  auto type = cast<RankedTensorType>(before.getType());
  int64_t bits = codebook.getBits();
  bool isVector = codebook.getVector() > 1;
  int32_t largest = isVector ? kNarrowInt8.max : getLargestCode(bits);
  quant::QuantizedType quantized =
      getInt8Type(builder.getContext(), /*isSigned=*/true, {-largest, largest},
                  scales, SmallVector<int64_t>(scales.size(), 0), channelAxis);
  std::vector<char> bytes(codes.begin(), codes.end());
  Location loc = before.getLoc();
  Value stored = makeConstant(builder, loc, type.clone(builder.getI8Type()),
                              "shared", bytes);
  Value cast =
      quant::StorageCastOp::create(builder, loc, type.clone(quantized), stored);
  Value after = quant::DequantizeCastOp::create(builder, loc, type, cast);
  for (linalg::LinalgOp reader : readers) {
    matchWeightedOp(reader)->weight->set(after);
    if (isVector)
      WeightVectors{bits, codebook.getVector(), inputs.apart}.write(reader);
    else
      reader->setAttr(kWeightBitsAttr, builder.getI64IntegerAttr(bits));
    // A layer of zeros, or one without noise, has no ratio.
    if (double sqnr = getSqnr(); std::isfinite(sqnr))
      reader->setAttr(kWeightSqnrAttr, builder.getF32FloatAttr(sqnr));
  }
  // A constant, or what makes one of integers.
  SmallVector<Operation *> unused{before.getDefiningOp()};
  while (!unused.empty()) {
    Operation *op = unused.pop_back_val();
    if (!op->use_empty())
      break;
    for (Value operand : op->getOperands())
      unused.push_back(operand.getDefiningOp());
    op->erase();
  }
}
