//===- LayerCost.cpp - Estimated time of a layer --------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Vectorize/LayerCost.h"

#include "nnq/Vectorize/KernelCost.h"

using namespace mlir;
using namespace nnq;

static constexpr int64_t kFloatBytes = 4;

double nnq::estimateLayerCycles(TargetAttr target, const LayerLoops &layer) {
  int64_t channels = 1, positions = 1, sums = 1, rows = 1, inputs = 1;
  bool isDepthwise = false;
  auto getSize = [&](unsigned loop) {
    return ShapedType::isDynamic(layer.sizes[loop]) ? 1 : layer.sizes[loop];
  };
  for (unsigned loop = 0; loop < layer.sizes.size(); ++loop) {
    int64_t size = getSize(loop);
    bool inWeight = layer.weightMap.isFunctionOfDim(loop);
    bool inActivation = layer.activationMap.isFunctionOfDim(loop);
    if (inActivation)
      inputs *= size;
    if (layer.sums.test(loop)) {
      sums *= size;
    } else if (inWeight) {
      channels *= size;
      isDepthwise |= inActivation;
    } else {
      positions *= size;
      if (size > 1)
        rows = size;
    }
  }
  int64_t results = channels * positions;
  // Numbers of the result are written and read again.
  double cycles = 2.0 * results * kFloatBytes / 32;
  // On a Zen 3 (AVX2) a layer more in a row of them takes 34 cycles for 8x8 and
  // 71 for 16x16 at batch 1, of which 4 and 16 multiply, and 1x1 convolutions
  // of 8 channels 27 cycles more than products and loads.
  constexpr double kKernelCycles = 30;
  cycles += kKernelCycles;
  if (isDepthwise) {
    // The same measurement: 3x1 and 1x3 of 8 to 32 channels take 0.7 to 1.4
    // cycles for each vector of products, two thirds of them for the result.
    double lanes = target.getVectorBits() / 32.0;
    return cycles + results * sums / std::min<double>(lanes, channels) * 0.5;
  }
  KernelProblem problem;
  problem.dot = DotKind::FMA;
  problem.group = 1;
  problem.rows = rows;
  problem.window = 1;
  problem.channels = channels;
  problem.outer = positions / rows;
  problem.weightBytes = channels * sums * kFloatBytes;
  problem.channelBytes = sums * kFloatBytes;
  problem.activationBytes = inputs * kFloatBytes;
  KernelAttr kernel = chooseKernel(target, problem);
  double compute = problem.outer * sums *
                   estimateCycles(target, problem, kernel.getLanes(),
                                  kernel.getTileRows(), kernel.getTileBlocks());
  // Beyond the second-level cache: 512x512 at batch 1 takes 64,000 cycles.
  constexpr int64_t kCacheBytes = 256 << 10;
  constexpr double kBytesPerCycle = 16;
  double stream = problem.weightBytes > kCacheBytes
                      ? problem.weightBytes / kBytesPerCycle
                      : 0;
  return cycles + std::max(compute, stream);
}
