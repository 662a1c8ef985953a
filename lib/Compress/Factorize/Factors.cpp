//===- Factors.cpp - Weights of the layers that replace a layer -----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Factors.h"
#include "Cp.h"
#include "FactorPlan.h"
#include "SingularValues.h"
#include "Tucker2.h"

#include <Eigen/Cholesky>

#include <cmath>

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace nnq;

static DenseTensor toTensor(const Matrix &matrix) {
  DenseTensor tensor({matrix.rows(), matrix.cols()});
  llvm::copy(ArrayRef(matrix.data(), matrix.size()), tensor.values.begin());
  return tensor;
}

static LeftSvd computeSvd(const Matrix &rows, const InputMoments *moments) {
  if (!moments)
    return computeLeftSvd(rows);
  if (moments->correlation.size() > 0)
    return computeWeightedLeftSvd(rows, moments->correlation);
  return computeLeftSvd(rows * moments->diagonal.cwiseSqrt().asDiagonal());
}

/// The number of taps of the first window that is wider than one.
static int64_t getHeight(const FactorLayer &layer) {
  return layer.getSize(getWideWindows(layer).front());
}

/// Rows are output channels and the taps of all windows but the first one,
/// columns are inputs and the taps of that.
static Matrix unfoldSpatially(const FactorLayer &layer) {
  const int64_t height = getHeight(layer);
  return toTensor(layer.getRows())
      .reshape({layer.countChannels(), layer.countInputs(), height,
                layer.countTaps() / height})
      .permute({0, 3, 1, 2})
      .reshape({layer.countChannels() * (layer.countTaps() / height),
                layer.countInputs() * height})
      .unfold(0);
}

/// Columns of `left` and rows of `right` of equal norms: what lies between them
/// is quantized as well as weights are.
static void balance(Matrix &left, Matrix &right) {
  for (int64_t r = 0; r < left.cols(); ++r) {
    double a = left.col(r).norm(), b = right.row(r).norm();
    if (!(a > 0) || !(b > 0))
      continue;
    left.col(r) *= std::sqrt(b / a);
    right.row(r) *= std::sqrt(a / b);
  }
}

static std::pair<Matrix, Matrix> truncate(const Matrix &matrix,
                                          const LeftSvd &svd, int64_t rank) {
  Matrix left = svd.vectors.leftCols(rank);
  Matrix right = left.transpose() * matrix;
  balance(left, right);
  return {left, right};
}

/// The rows of weights that make of `features` * x, with the least squared
/// error, what `rows` make of x.
static Matrix fitRows(const Matrix &rows, const Matrix &features,
                      const InputMoments &moments) {
  constexpr double kDamping = 1e-8;
  Matrix moved = moments.multiply(features);
  Matrix gram = moved * features.transpose();
  gram.diagonal().array() +=
      kDamping * std::max(gram.diagonal().mean(), 1e-300);
  Eigen::LDLT<Matrix> solver(gram);
  return solver.solve(moved * rows.transpose()).transpose();
}

static Factors factorizeBySvd(const FactorLayer &layer, int64_t rank,
                              const InputMoments *moments) {
  Matrix rows = layer.getRows();
  auto [left, right] = truncate(rows, computeSvd(rows, moments), rank);
  Factors factors;
  factors.weights = {toTensor(right), toTensor(left)};
  factors.product = left * right;
  return factors;
}

static Factors factorizeSpatially(const FactorLayer &layer, int64_t rank,
                                  const InputMoments *moments) {
  const int64_t channels = layer.countChannels(), inputs = layer.countInputs(),
                height = getHeight(layer), width = layer.countTaps() / height;
  Matrix matrix = unfoldSpatially(layer);
  auto [left, right] = truncate(matrix, computeLeftSvd(matrix), rank);
  // channels x rank x width.
  DenseTensor last =
      toTensor(left).reshape({channels, width, rank}).permute({0, 2, 1});
  Matrix features = Matrix::Zero(rank * width, layer.getDepth());
  for (int64_t r = 0; r < rank; ++r)
    for (int64_t k = 0; k < inputs * height; ++k)
      for (int64_t w = 0; w < width; ++w)
        features(r * width + w, k * width + w) = right(r, k);
  Matrix fitted = last.unfold(0);
  if (moments) {
    fitted = fitRows(layer.getRows(), features, *moments);
    last = toTensor(fitted).reshape(last.shape);
  }
  Factors factors;
  factors.weights = {toTensor(right), last};
  factors.product = fitted * features;
  return factors;
}

static Factors factorizeByTucker(const FactorLayer &layer,
                                 ArrayRef<int64_t> ranks,
                                 const InputMoments *moments) {
  const int64_t channels = layer.countChannels(), inputs = layer.countInputs();
  DenseTensor weights =
      layer.weights.reshape({channels, inputs, layer.countTaps()});
  Tucker2 tucker = computeTucker2(weights, ranks[1], ranks[0]);
  bool mixesInputs = ranks[0] < inputs, mixesChannels = ranks[1] < channels;
  DenseTensor core = tucker.core;
  if (!mixesInputs)
    core = core.multiply(tucker.second, 1);
  if (!mixesChannels)
    core = core.multiply(tucker.first, 0);
  Matrix features =
      (mixesInputs ? core.multiply(tucker.second, 1) : core).unfold(0);
  Factors factors;
  if (mixesChannels) {
    Matrix last = tucker.first;
    if (moments)
      last = fitRows(layer.getRows(), features, *moments);
    factors.product = last * features;
    Matrix middle = core.unfold(0);
    balance(last, middle);
    factors.weights = {DenseTensor::fold(middle, 0, core.shape),
                       toTensor(last)};
  } else {
    factors.product = features;
    if (moments) {
      // The core is the last one: it reads reduced inputs at each tap.
      Matrix first = tucker.second.transpose();
      const int64_t taps = layer.countTaps(), rank = ranks[0];
      Matrix reduced = Matrix::Zero(rank * taps, layer.getDepth());
      for (int64_t r = 0; r < rank; ++r)
        for (int64_t i = 0; i < inputs; ++i)
          for (int64_t tap = 0; tap < taps; ++tap)
            reduced(r * taps + tap, i * taps + tap) = first(r, i);
      Matrix fitted = fitRows(layer.getRows(), reduced, *moments);
      factors.product = fitted * reduced;
      core = DenseTensor::fold(fitted, 0, core.shape);
    }
    factors.weights = {core};
  }
  if (mixesInputs)
    factors.weights.insert(factors.weights.begin(),
                           toTensor(tucker.second.transpose()));
  return factors;
}

static FailureOr<Factors> factorizeByCp(const FactorLayer &layer, int64_t rank,
                                        const InputMoments *moments,
                                        int64_t seed, std::string &reason) {
  SmallVector<int64_t> modes{layer.countChannels(), layer.countInputs()};
  for (unsigned loop : getWideWindows(layer))
    modes.push_back(layer.getSize(loop));
  Cp cp = computeCp(layer.weights.reshape(modes), rank, seed);
  if (cp.isDegenerate()) {
    reason = llvm::formatv("its CP decomposition of rank {0} is degenerate: "
                           "terms {1:f0} times as large as their sum cancel",
                           rank, cp.termNorm);
    return failure();
  }
  Cp leading = cp;
  leading.factors[0] = Matrix::Identity(rank, rank);
  Matrix features = leading.expand().unfold(0);
  Matrix last = cp.factors[0];
  if (moments)
    last = fitRows(layer.getRows(), features, *moments);
  Factors factors;
  factors.product = last * features;
  factors.weights.push_back(toTensor(cp.factors[1].transpose()));
  for (const Matrix &window : ArrayRef(cp.factors).drop_front(2))
    factors.weights.push_back(toTensor(window.transpose()));
  factors.weights.push_back(toTensor(last));
  return factors;
}

FailureOr<Factors> nnq::computeFactors(const FactorLayer &layer,
                                       FactorMethod method,
                                       ArrayRef<int64_t> ranks,
                                       const InputMoments *moments,
                                       int64_t seed, std::string &reason) {
  fixProductBlocks();
  FailureOr<Factors> factors = failure();
  switch (method) {
  case FactorMethod::Auto:
    llvm_unreachable("auto is no method of its own");
  case FactorMethod::Svd:
  case FactorMethod::ChannelSvd:
    factors = factorizeBySvd(layer, ranks[0], moments);
    break;
  case FactorMethod::SpatialSvd:
    factors = factorizeSpatially(layer, ranks[0], moments);
    break;
  case FactorMethod::Tucker:
    factors = factorizeByTucker(layer, ranks, moments);
    break;
  case FactorMethod::Cp:
    factors = factorizeByCp(layer, ranks[0], moments, seed, reason);
    break;
  }
  if (failed(factors))
    return failure();
  for (const DenseTensor &weights : factors->weights)
    if (!llvm::all_of(weights.values,
                      [](double w) { return std::isfinite(w); })) {
      reason = "its factors are not finite";
      return failure();
    }
  return factors;
}

double nnq::getFactorError(const FactorLayer &layer, const Factors &factors,
                           const InputMoments *moments) {
  Matrix rows = layer.getRows();
  Matrix difference = rows - factors.product;
  double error =
      moments ? moments->getPower(difference) : difference.squaredNorm();
  double power = moments ? moments->getPower(rows) : rows.squaredNorm();
  return power > 0 ? std::sqrt(std::max(error, 0.0) / power) : 0;
}

SmallVector<RankSpectrum> nnq::getSpectra(const FactorLayer &layer,
                                          FactorMethod method,
                                          const InputMoments *moments) {
  fixProductBlocks();
  SmallVector<RankSpectrum> spectra;
  auto add = [&](const Matrix &matrix, const InputMoments *its) {
    spectra.push_back(
        {computeSvd(matrix, its).values, matrix.rows(), matrix.cols()});
  };
  switch (method) {
  case FactorMethod::Auto:
  case FactorMethod::Cp:
    break;
  case FactorMethod::Svd:
  case FactorMethod::ChannelSvd:
    add(layer.getRows(), moments);
    break;
  case FactorMethod::SpatialSvd:
    add(unfoldSpatially(layer), nullptr);
    break;
  case FactorMethod::Tucker:
    add(layer.weights.unfold(1), nullptr);
    add(layer.getRows(), moments);
    break;
  }
  return spectra;
}
