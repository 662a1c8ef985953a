//===- WeightScales.cpp - Scales that suit weights ------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "WeightScales.h"

#include <algorithm>

// The choice between two scales must not depend on the machine.
#pragma STDC FP_CONTRACT OFF

using namespace nnq;

/// The sum of squared errors of quantization.
static double getSquaredError(llvm::ArrayRef<float> weights, QuantParams params,
                              StorageRange range) {
  // Adding 1.5 * 2^23 rounds half to even, and unlike std::nearbyint has a
  // vector form on all machines.
  constexpr float shift = 12582912.0f;
  constexpr size_t lanes = 8, block = 1024;
  const float inverse = 1 / params.scale;
  const float low = range.min - params.zeroPoint;
  const float high = range.max - params.zeroPoint;
  auto getError = [&](float weight) {
    float scaled = weight * inverse;
    float level = (scaled + shift) - shift;
    float error = scaled - std::min(std::max(level, low), high);
    return error * error;
  };
  double total = 0;
  for (; !weights.empty();
       weights = weights.drop_front(std::min(block, weights.size()))) {
    llvm::ArrayRef<float> part = weights.take_front(block);
    size_t whole = part.size() - part.size() % lanes;
    float sums[lanes] = {};
    for (size_t i = 0; i < whole; i += lanes)
      for (size_t lane = 0; lane < lanes; ++lane)
        sums[lane] += getError(part[i + lane]);
    for (size_t i = whole; i < part.size(); ++i)
      sums[i - whole] += getError(part[i]);
    for (float sum : sums)
      total += sum;
  }
  return total * params.scale * params.scale;
}

QuantParams nnq::chooseWeightParams(llvm::ArrayRef<float> weights,
                                    QuantScheme scheme, StorageRange range,
                                    WeightCalibration calibration) {
  double min = 0, max = 0;
  for (float weight : weights) {
    min = std::min<double>(min, weight);
    max = std::max<double>(max, weight);
  }
  const bool isSymmetric = scheme == QuantScheme::Symmetric;
  QuantParams best = chooseParams(min, max, isSymmetric, range);
  if (calibration == WeightCalibration::MinMax || min == max)
    return best;
  double least = getSquaredError(weights, best, range);
  auto compete = [&](double widening) {
    QuantParams params =
        chooseParams(min * widening, max * widening, isSymmetric, range);
    double error = getSquaredError(weights, params, range);
    if (error < least) {
      least = error;
      best = params;
    }
  };
  const int levels = isSymmetric ? range.max : range.max - range.min;
  for (int used = levels - 1; used > levels / 2 && least > 0; --used)
    compete(static_cast<double>(levels) / used);
  // With few levels it pays to clip the largest weights.
  constexpr int kFewLevels = 15, kSteps = 48;
  if (range.max - range.min <= kFewLevels)
    for (int step = kSteps - 1; step > kSteps / 2 && least > 0; --step)
      compete(static_cast<double>(step) / kSteps);
  return best;
}
