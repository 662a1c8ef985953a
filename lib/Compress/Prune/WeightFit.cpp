//===- WeightFit.cpp - Weights that make up for those that went -----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "WeightFit.h"

#include "nnq/Support/Correlation.h"

using namespace nnq;

WeightFit::WeightFit(FloatMatrix givenPatches, FloatMatrix givenTargets,
                     double damping)
    : patches(std::move(givenPatches)), targets(std::move(givenTargets)) {
  fixProductBlocks();
  meanPatch = patches.colwise().mean();
  meanTarget = targets.colwise().mean();
  patches.rowwise() -= meanPatch;
  targets.rowwise() -= meanTarget;
  variances = patches.colwise().squaredNorm().transpose() /
              static_cast<float>(patches.rows());
  penalty = static_cast<float>(damping * variances.mean() * patches.rows());
  if (patches.cols() <= patches.rows())
    products.noalias() = patches.transpose() * patches;
}

FloatMatrix WeightFit::multiply(const FloatMatrix &rows) const {
  if (products.size() != 0)
    return rows * products;
  FloatMatrix results = rows * patches.transpose();
  return results * patches;
}

/// Conjugate gradients for all rows at once, each over the weights that it has:
/// their matrices differ, but their products with them are one.
void WeightFit::fit(FloatMatrix &weights) const {
  // What is left after this many is noise of the data.
  constexpr int kMostSteps = 50;
  constexpr float kTolerance = 1e-4f, kLeast = 1e-30f;
  const FloatMatrix mask = (weights.array() != 0).cast<float>();
  const Eigen::RowVectorXf scale =
      (variances.array() * static_cast<float>(patches.rows()) + penalty)
          .max(kLeast)
          .inverse()
          .transpose();
  auto dots = [](const FloatMatrix &a, const FloatMatrix &b) {
    return Eigen::VectorXf(a.cwiseProduct(b).rowwise().sum());
  };
  FloatMatrix errors = targets - patches * weights.transpose();
  FloatMatrix rest = (errors.transpose() * patches).cwiseProduct(mask);
  FloatMatrix scaled = rest * scale.asDiagonal();
  FloatMatrix direction = scaled;
  Eigen::VectorXf now = dots(rest, scaled);
  const Eigen::VectorXf limit = now * kTolerance;
  for (int step = 0; step < kMostSteps; ++step) {
    if ((now.array() <= limit.array()).all())
      return;
    FloatMatrix image =
        (multiply(direction) + penalty * direction).cwiseProduct(mask);
    Eigen::VectorXf length =
        now.array() / dots(direction, image).array().max(kLeast);
    weights += length.asDiagonal() * direction;
    rest -= length.asDiagonal() * image;
    scaled = rest * scale.asDiagonal();
    Eigen::VectorXf next = dots(rest, scaled);
    Eigen::VectorXf factor = next.array() / now.array().max(kLeast);
    direction = scaled + factor.asDiagonal() * direction;
    now = next;
  }
}

Eigen::VectorXf WeightFit::getBiases(const FloatMatrix &weights) const {
  return (meanTarget - meanPatch * weights.transpose()).transpose();
}

double WeightFit::getExplained(const FloatMatrix &weights) const {
  double all = targets.squaredNorm();
  double error = (targets - patches * weights.transpose()).squaredNorm();
  return all > 0 ? 1 - error / all : 1;
}
