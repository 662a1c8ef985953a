//===- SparseLayer.cpp - Weights of a layer that compete ------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "SparseLayer.h"

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/ConstantData.h"

#include <cmath>
#include <numeric>

using namespace mlir;
using namespace nnq;

/// For each column of `view` whether its index changes with taps of a window
/// alone: 0 for the first tap, and so on. Loops that index the activation
/// together with loops over positions are such.
static SmallVector<int64_t> getTaps(linalg::LinalgOp op,
                                    const WeightedOp &operands) {
  AffineMap activation = op.getMatchingIndexingMap(operands.activation);
  AffineMap weight = op.getMatchingIndexingMap(operands.weight);
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  SmallVector<int64_t> taps{0};
  for (auto [loop, size] :
       llvm::zip_equal(weight.getResults(), op.getShape(operands.weight))) {
    unsigned dim = cast<AffineDimExpr>(loop).getPosition();
    if (!linalg::isReductionIterator(iterators[dim]))
      continue;
    bool isTap = llvm::any_of(activation.getResults(), [&](AffineExpr expr) {
      bool hasPosition = false;
      expr.walk([&](AffineExpr part) {
        hasPosition |=
            isa<AffineDimExpr>(part) && !weight.getResultPosition(part);
      });
      return hasPosition && expr.isFunctionOfDim(dim);
    });
    SmallVector<int64_t> next;
    for (int64_t tap : taps)
      for (int64_t i = 0; i < size; ++i)
        next.push_back(isTap ? tap * size + i : tap);
    taps = std::move(next);
  }
  return taps;
}

FailureOr<SparseLayer> SparseLayer::get(const WeightReaders &readers,
                                        const SparsityPattern &pattern,
                                        WeightCriterion criterion,
                                        std::string &reason) {
  auto fail = [&](const Twine &text) {
    reason = text.str();
    return failure();
  };
  SparseLayer layer;
  layer.readers = readers;
  layer.pattern = pattern;
  linalg::LinalgOp op = layer.getOp();
  WeightedOp operands = *matchWeightedOp(op);
  Value constant = operands.weight->get();
  if (!readAlike(readers))
    return fail("its weights are read in another way, too");
  FailureOr<ConstantData> data = ConstantData::get(constant);
  if (failed(data) || !data->getType().getElementType().isF32())
    return fail("its weights are no f32 constant");
  FailureOr<LayerView> view = LayerView::get(op, operands, reason);
  if (failed(view))
    return failure();
  layer.view = std::move(*view);
  llvm::append_range(layer.weights, data->getAs<float>());
  if (layer.weights.empty())
    return fail("it has no weights");

  SmallVector<int64_t> taps = getTaps(op, operands);
  layer.columns = llvm::to_vector(llvm::seq<int64_t>(0, taps.size()));
  llvm::sort(layer.columns, [&](int64_t a, int64_t b) {
    return std::pair(taps[a], a) < std::pair(taps[b], b);
  });
  int64_t inputs = llvm::count(taps, taps.front());
  if (inputs % pattern.getWidth() != 0)
    return fail(Twine("its ") + Twine(inputs) +
                " input channels are no multiple of " +
                Twine(pattern.getWidth()));
  int64_t rows = layer.getNumRows(), height = pattern.blockRows;
  bool fits = rows % height == 0;
  for (int64_t row = 0; fits && row < rows; ++row)
    fits = layer.view.groups[row] == layer.view.groups[row / height * height];
  if (!fits)
    return fail(Twine("its ") + Twine(rows) +
                (layer.view.numGroups > 1 ? " output channels of " : "") +
                (layer.view.numGroups > 1
                     ? Twine(layer.view.numGroups) + " groups"
                     : Twine(" output channels")) +
                " are not made of " + Twine(height) + " each");
  if (criterion == WeightCriterion::Magnitude)
    return layer;

  FailureOr<ReaderMoments> moments = ReaderMoments::get(
      readers, layer.view, criterion == WeightCriterion::Obs, reason);
  if (failed(moments))
    return failure();
  layer.moments = std::move(*moments);
  return layer;
}

bool SparseLayer::isFinite() const {
  return llvm::all_of(weights, [](float w) { return std::isfinite(w); });
}

SmallVector<int64_t> SparseLayer::getRows(int64_t group) const {
  SmallVector<int64_t> rows;
  for (auto [row, its] : llvm::enumerate(view.groups))
    if (its == group)
      rows.push_back(row);
  return rows;
}

Matrix SparseLayer::getCorrelation(int64_t group) const {
  int64_t triangle = getDepth() * (getDepth() + 1) / 2;
  return unpackTriangle(
      ArrayRef(moments.correlation).slice(group * triangle, triangle),
      getDepth());
}

std::optional<Matrix> SparseLayer::getInverse(int64_t group,
                                              double damping) const {
  fixProductBlocks();
  Matrix h = getCorrelation(group);
  // What is always zero is multiplied by nothing: any weights will do.
  if (h.diagonal().maxCoeff() <= 0)
    return Matrix::Identity(getDepth(), getDepth());
  std::optional<Matrix> inverse = factorizeInverse(h, columns, damping);
  if (inverse)
    inverse->reverseInPlace();
  return inverse;
}

/// The squared weight, times the factor of what it multiplies.
double SparseLayer::getSquare(int64_t row, int64_t column,
                              ArrayRef<double> factors) const {
  double w = weights[getWeight(row, column)];
  return w * w *
         (factors.empty()
              ? 1.0
              : factors[view.groups[row] * getDepth() + columns[column]]);
}

FailureOr<std::vector<double>> SparseLayer::getScores(WeightCriterion criterion,
                                                      double damping) const {
  std::vector<double> inverse;
  ArrayRef<double> factors;
  if (criterion == WeightCriterion::Wanda)
    factors = moments.second;
  if (criterion == WeightCriterion::Obs) {
    inverse.resize(view.numGroups * getDepth());
    for (int64_t group = 0; group < view.numGroups; ++group) {
      std::optional<Matrix> upper = getInverse(group, damping);
      if (!upper)
        return failure();
      for (int64_t i = 0; i < getDepth(); ++i)
        inverse[group * getDepth() + columns[i]] =
            1 / upper->col(i).squaredNorm();
    }
    factors = inverse;
  }
  return sumSquares(factors);
}

std::vector<double> SparseLayer::getScores(WeightCriterion criterion,
                                           ArrayRef<double> seconds) const {
  assert(criterion != WeightCriterion::Obs && "asks for more than moments");
  return sumSquares(criterion == WeightCriterion::Wanda ? seconds
                                                        : ArrayRef<double>());
}

std::vector<double> SparseLayer::sumSquares(ArrayRef<double> factors) const {
  std::vector<double> scores(getNumUnits(), 0.0);
  int64_t across = getDepth() / pattern.blockColumns;
  for (int64_t row = 0; row < getNumRows(); ++row)
    for (int64_t i = 0; i < getDepth(); ++i)
      scores[row / pattern.blockRows * across + i / pattern.blockColumns] +=
          getSquare(row, i, factors);
  return scores;
}

double SparseLayer::getPower(WeightCriterion criterion) const {
  double power = 0;
  if (criterion == WeightCriterion::Obs) {
    for (int64_t group = 0; group < view.numGroups; ++group) {
      SmallVector<int64_t> rows = getRows(group);
      Matrix w(rows.size(), getDepth());
      for (auto [r, row] : llvm::enumerate(rows))
        for (int64_t k = 0; k < getDepth(); ++k)
          w(r, k) = weights[view.getWeight(row, k)];
      power += (w * getCorrelation(group)).cwiseProduct(w).sum();
    }
    return power;
  }
  ArrayRef<double> factors;
  if (criterion == WeightCriterion::Wanda)
    factors = moments.second;
  for (int64_t row = 0; row < getNumRows(); ++row)
    for (int64_t i = 0; i < getDepth(); ++i)
      power += getSquare(row, i, factors);
  return power;
}

llvm::BitVector SparseLayer::choose(ArrayRef<double> scores,
                                    int64_t zeros) const {
  const int64_t depth = getDepth();
  const int64_t high = pattern.blockRows, wide = pattern.blockColumns;
  const int64_t across = depth / wide;
  llvm::BitVector chosen(getNumWeights());
  auto firstOf = [&](int64_t unit) {
    return getWeight(unit / across * high, unit % across * wide);
  };
  auto isLess = [&](int64_t a, int64_t b) {
    return std::pair(scores[a], firstOf(a)) < std::pair(scores[b], firstOf(b));
  };
  if (pattern.isNOfM()) {
    SmallVector<int64_t> units(pattern.period);
    for (int64_t at = 0; at < getNumUnits(); at += pattern.period) {
      std::iota(units.begin(), units.end(), at);
      llvm::sort(units, isLess);
      for (int64_t unit : ArrayRef(units).drop_back(pattern.kept))
        chosen.set(firstOf(unit));
    }
    return chosen;
  }
  std::vector<int64_t> units(getNumUnits());
  std::iota(units.begin(), units.end(), 0);
  std::nth_element(units.begin(), units.begin() + zeros, units.end(), isLess);
  for (int64_t unit : ArrayRef(units).take_front(zeros))
    for (int64_t row = 0; row < high; ++row)
      for (int64_t i = 0; i < wide; ++i)
        chosen.set(
            getWeight(unit / across * high + row, unit % across * wide + i));
  return chosen;
}

void SparseLayer::write() const {
  OpBuilder builder(getOp());
  Value before = matchWeightedOp(getOp())->weight->get();
  builder.setInsertionPointAfterValue(before);
  Value after =
      makeConstant(builder, before.getLoc(), cast<ShapedType>(before.getType()),
                   "pruned", asBytes<float>(weights));
  for (linalg::LinalgOp reader : readers)
    matchWeightedOp(reader)->weight->set(after);
  if (before.use_empty())
    before.getDefiningOp()->erase();
}
