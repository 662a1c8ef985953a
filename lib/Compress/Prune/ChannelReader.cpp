//===- ChannelReader.cpp - A layer as a reader of channels ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ChannelReader.h"

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/ConstantData.h"

#include "llvm/Support/MathExtras.h"

#include <Eigen/Cholesky>

using namespace mlir;
using namespace nnq;

SmallVector<ChannelGraph::Position>
nnq::getUnitsOfRows(const ChannelGraph &graph, linalg::LinalgOp op,
                    OpOperand *weight, const LayerView &view) {
  Value constant = weight->get();
  ArrayRef<int64_t> shape = cast<ShapedType>(constant.getType()).getShape();
  SmallVector<ChannelGraph::Position> units;
  // One dimension of the weights at most has positions that may go.
  for (int64_t offset : view.depthOffsets) {
    std::optional<ChannelGraph::Position> unit;
    int64_t rest = offset;
    for (int64_t dim = shape.size() - 1; dim >= 0; --dim) {
      int64_t index = rest % shape[dim];
      rest /= shape[dim];
      if (!isSummedOver(op, weight, dim))
        continue;
      unsigned number = *graph.findDim(constant, dim);
      ChannelGraph::Position here =
          graph.getUnit(graph.getFirst(number) + index);
      if (!unit || graph.getReason(here).empty())
        unit = here;
    }
    units.push_back(*unit);
  }
  return units;
}

FailureOr<ChannelReader> ChannelReader::get(const ChannelGraph &graph,
                                            linalg::LinalgOp op,
                                            bool isCorrelated,
                                            std::string &reason) {
  auto fail = [&](StringRef text) {
    reason = text.str();
    return failure();
  };
  FailureOr<WeightedOp> operands = matchWeightedOp(op);
  if (failed(operands))
    return fail("it has no weights that are constant");
  ChannelReader reader;
  reader.op = op;
  reader.weight = operands->weight;
  FailureOr<ObservedLayer> layer =
      ObservedLayer::get(op, *operands, isCorrelated, reason);
  if (failed(layer))
    return failure();
  reader.view = std::move(layer->view);
  InputStatsAttr stats = layer->stats;
  if (reader.view.numGroups != 1)
    return fail("its groups go as a whole");
  Value constant = reader.weight->get();
  FailureOr<ConstantData> weights = ConstantData::get(constant);
  FailureOr<ConstantData> mean = ConstantData::get(stats.getMean());
  FailureOr<ConstantData> second = ConstantData::get(stats.getSecondMoment());
  if (failed(weights) || failed(mean) || failed(second) ||
      !weights->getType().getElementType().isF32())
    return fail("its weights are no f32 constant");

  fixProductBlocks();
  const int64_t depth = reader.view.getDepth(),
                channels = reader.view.getNumChannels();
  reader.rows.resize(channels, depth);
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t k = 0; k < depth; ++k)
      reader.rows(c, k) = weights->getAs<float>()[reader.view.getWeight(c, k)];
  reader.mean.resize(depth);
  reader.variance.resize(depth);
  for (int64_t k = 0; k < depth; ++k) {
    double x = reader.mean(k) = mean->getAs<float>()[k];
    reader.variance(k) = std::max(second->getAs<float>()[k] - x * x, 0.0);
  }
  if (isCorrelated) {
    FailureOr<ConstantData> triangle =
        ConstantData::get(stats.getCorrelation());
    if (failed(triangle))
      return fail("the bytes of its statistics are not at hand");
    reader.covariance = unpackTriangle(triangle->getAs<float>(), depth);
    reader.covariance.noalias() -= reader.mean * reader.mean.transpose();
  }
  // What has no end would never become positive definite.
  if (!reader.variance.allFinite() || !reader.covariance.allFinite())
    return fail("the correlation of what it multiplies is not finite");
  reader.units = getUnitsOfRows(graph, op, reader.weight, reader.view);
  return reader;
}

Matrix nnq::invertDamped(const Matrix &matrix, double damping) {
  const double mean = std::max(matrix.diagonal().mean(), 1e-30);
  // What the data leave open is singular without damping.
  constexpr double least = 1e-6;
  for (;; damping = std::max(10 * damping, least)) {
    Matrix damped = matrix;
    damped.diagonal().array() += damping * mean;
    Eigen::LLT<Matrix> llt(damped);
    if (llt.info() != Eigen::Success)
      continue;
    Matrix inverse = llt.solve(Matrix::Identity(matrix.rows(), matrix.cols()));
    if (inverse.allFinite())
      return inverse;
  }
}

RemovalErrors::RemovalErrors(std::vector<ChannelReader> readers) {
  constexpr double kDamping = 1e-3;
  for (ChannelReader &reader : readers) {
    State state;
    if (reader.covariance.size() != 0) {
      state.inverse = invertDamped(reader.covariance, kDamping);
      state.variance =
          (reader.rows * reader.covariance).cwiseProduct(reader.rows).sum();
    } else {
      state.variance =
          (reader.rows.cwiseAbs2() * reader.variance.asDiagonal()).sum();
    }
    for (auto [k, unit] : llvm::enumerate(reader.units))
      state.places[unit].push_back(k);
    state.reader = std::move(reader);
    if (state.variance > 0)
      states.push_back(std::move(state));
  }
}

/// The inverse of the part of `state.inverse` that belongs to `places`.
static Matrix getBlock(const Matrix &inverse, ArrayRef<int64_t> places) {
  const int64_t size = places.size();
  Matrix block(size, size);
  for (int64_t i = 0; i < size; ++i)
    for (int64_t j = 0; j < size; ++j)
      block(i, j) = inverse(places[i], places[j]);
  return invertDamped(block, /*damping=*/0);
}

static Matrix takeColumns(const Matrix &matrix, ArrayRef<int64_t> places) {
  Matrix columns(matrix.rows(), places.size());
  for (auto [i, place] : llvm::enumerate(places))
    columns.col(i) = matrix.col(place);
  return columns;
}

double RemovalErrors::getError(const State &state,
                               ChannelGraph::Position unit) const {
  auto it = state.places.find(unit);
  if (it == state.places.end())
    return 0;
  if (state.inverse.size() == 0) {
    double sum = 0;
    for (int64_t place : it->second)
      sum += state.reader.rows.col(place).squaredNorm() *
             state.reader.variance(place);
    return sum / state.variance;
  }
  Matrix weights = takeColumns(state.reader.rows, it->second);
  Matrix block = getBlock(state.inverse, it->second);
  return (weights * block).cwiseProduct(weights).sum() / state.variance;
}

void RemovalErrors::remove(State &state,
                           ArrayRef<ChannelGraph::Position> units) {
  SmallVector<int64_t> places;
  for (ChannelGraph::Position unit : units)
    if (auto it = state.places.find(unit); it != state.places.end()) {
      llvm::append_range(places, it->second);
      state.places.erase(it);
    }
  if (places.empty() || state.inverse.size() == 0)
    return;
  Matrix columns = takeColumns(state.inverse, places);
  Matrix factor = getBlock(state.inverse, places) * columns.transpose();
  Matrix weights = takeColumns(state.reader.rows, places);
  state.reader.rows.noalias() -= weights * factor;
  state.inverse.noalias() -= columns * factor;
  for (int64_t place : places)
    state.reader.rows.col(place).setZero();
}

std::vector<double>
RemovalErrors::rank(ArrayRef<ChannelGraph::Position> units) {
  // Beyond this depth errors of single removals have to do.
  constexpr int64_t kMostDepth = 1536;
  bool updates = llvm::all_of(states, [](const State &state) {
    return state.inverse.rows() <= kMostDepth;
  });
  auto errorOf = [&](ChannelGraph::Position unit) {
    double sum = 0;
    for (const State &state : states)
      sum += getError(state, unit);
    return sum;
  };
  std::vector<double> errors(units.size(), 0.0);
  if (!updates) {
    for (auto [error, unit] : llvm::zip_equal(errors, units))
      error = errorOf(unit);
    return errors;
  }
  // Of many units several go at once: each update takes a whole matrix.
  constexpr size_t kMostSteps = 256;
  const size_t atOnce = llvm::divideCeil(units.size(), kMostSteps);
  SmallVector<unsigned> left =
      llvm::to_vector(llvm::seq<unsigned>(0, units.size()));
  double last = 0;
  while (!left.empty()) {
    for (unsigned i : left)
      errors[i] = errorOf(units[i]);
    llvm::sort(left, [&](unsigned a, unsigned b) {
      return std::tie(errors[a], a) < std::tie(errors[b], b);
    });
    ArrayRef<unsigned> next = ArrayRef(left).take_front(atOnce);
    SmallVector<ChannelGraph::Position> gone;
    for (unsigned i : next) {
      last = errors[i] = std::max(errors[i], last * (1 + 1e-9));
      gone.push_back(units[i]);
    }
    for (State &state : states)
      remove(state, gone);
    left.erase(left.begin(), left.begin() + next.size());
  }
  return errors;
}
