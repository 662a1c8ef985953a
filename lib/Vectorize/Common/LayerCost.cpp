//===- LayerCost.cpp - Estimated time of a layer --------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Vectorize/LayerCost.h"

#include "WinogradCost.h"
#include "nnq/Support/TargetInfo.h"
#include "nnq/Vectorize/KernelCost.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nnq;

namespace {
/// Loops by what they are of a product of matrices.
struct LayerSizes {
  int64_t channels = 1, positions = 1, sums = 1, rows = 1, inputs = 1;
  /// Neighbours that are summed up, and how often.
  int64_t run = 1, outerSums = 1;
  bool isDepthwise = false;
};
} // namespace

/// The loops over positions and taps, if `expr` is a sum of one of each: steps
/// of 1 along both.
static std::optional<std::pair<unsigned, unsigned>>
matchWindow(AffineExpr expr, const llvm::BitVector &sums) {
  auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!sum || sum.getKind() != AffineExprKind::Add)
    return std::nullopt;
  auto a = dyn_cast<AffineDimExpr>(sum.getLHS()),
       b = dyn_cast<AffineDimExpr>(sum.getRHS());
  if (!a || !b || sums.test(a.getPosition()) == sums.test(b.getPosition()))
    return std::nullopt;
  if (sums.test(a.getPosition()))
    std::swap(a, b);
  return std::pair(a.getPosition(), b.getPosition());
}

static LayerSizes getSizes(const LayerLoops &layer,
                           function_ref<int64_t(unsigned)> getSize) {
  LayerSizes sizes;
  for (unsigned loop = 0; loop < layer.sizes.size(); ++loop) {
    int64_t size = getSize(loop);
    bool inWeight = layer.weightMap.isFunctionOfDim(loop);
    bool inActivation = layer.activationMap.isFunctionOfDim(loop);
    if (inActivation)
      sizes.inputs *= size;
    if (layer.sums.test(loop)) {
      sizes.sums *= size;
    } else if (inWeight) {
      sizes.channels *= size;
      sizes.isDepthwise |= inActivation;
    } else {
      sizes.positions *= size;
      if (size > 1)
        sizes.rows = size;
    }
  }
  // Channels and taps along a row are neighbours, rows are not.
  for (AffineExpr expr : layer.activationMap.getResults()) {
    if (isa<AffineDimExpr>(expr))
      continue;
    for (unsigned loop = 0; loop < layer.sizes.size(); ++loop)
      if (layer.sums.test(loop) && expr.isFunctionOfDim(loop))
        sizes.outerSums = getSize(loop);
    break;
  }
  sizes.run = sizes.sums / sizes.outerSums;
  return sizes;
}

/// F(m x m, 3 x 3), as far as shapes tell: its exactness is that of weights and
/// activations as they mostly are.
static double estimateWinograd(TargetAttr target, const LayerLoops &layer,
                               const LayerSizes &sizes,
                               function_ref<int64_t(unsigned)> getSize,
                               double cycles) {
  WinogradProblem problem;
  SmallVector<int64_t> windows;
  for (AffineExpr expr : layer.activationMap.getResults())
    if (auto window = matchWindow(expr, layer.sums);
        window && getSize(window->second) == 3)
      windows.push_back(getSize(window->first));
  if (windows.size() != 2 || sizes.sums % 9 != 0 || sizes.isDepthwise ||
      target.getTriple().getValue().starts_with("aarch64"))
    return cycles;
  problem.rows = windows[0];
  problem.columns = windows[1];
  problem.images = sizes.positions / (windows[0] * windows[1]);
  problem.channels = sizes.channels;
  problem.inputs = sizes.sums / 9;
  if (problem.inputs % 8 != 0)
    return cycles;
  constexpr int64_t kMeanWeight = 32;
  problem.low = 0;
  problem.high = 255;
  problem.sumBits =
      llvm::Log2_64(sizes.sums * problem.high * kMeanWeight / 2) + 2;
  chooseWinograd(target, problem, /*threads=*/1, cycles);
  return cycles;
}

double nnq::estimateLayerCycles(TargetAttr target, const LayerLoops &layer,
                                bool isInt8) {
  auto getSize = [&](unsigned loop) {
    return ShapedType::isDynamic(layer.sizes[loop]) ? 1 : layer.sizes[loop];
  };
  const LayerSizes sizes = getSizes(layer, getSize);
  const int64_t elementBytes = isInt8 ? 1 : 4;
  int64_t results = sizes.channels * sizes.positions;
  // Numbers of the result are written and read again.
  double cycles = 2.0 * results * elementBytes / 32;
  // On a Zen 3 (AVX2) a layer more in a row of them takes 34 cycles for 8x8 and
  // 71 for 16x16 at batch 1, of which 4 and 16 multiply, and 1x1 convolutions
  // of 8 channels 27 cycles more than products and loads.
  constexpr double kKernelCycles = 30;
  cycles += kKernelCycles;
  if (sizes.isDepthwise) {
    // The same measurement: 3x1 and 1x3 of 8 to 32 channels take 0.7 to 1.4
    // cycles for each vector of products, two thirds of them for the result.
    double lanes = target.getVectorBits() / 32.0;
    return cycles +
           results * sizes.sums / std::min<double>(lanes, sizes.channels) * 0.5;
  }
  KernelProblem problem;
  problem.dot = !isInt8                                ? DotKind::FMA
                : target.getDot() == DotKind::VPMADDWD ? DotKind::VPMADDUBSW
                                                       : target.getDot();
  // Any two parts fit in 16 bits, but for a few.
  problem.group = problem.dot == DotKind::SMULL ? 4 : getPartSize(problem.dot);
  problem.rows = sizes.rows;
  problem.window = 1;
  problem.channels = sizes.channels;
  problem.outer = sizes.positions / sizes.rows;
  problem.weightBytes = sizes.channels * sizes.sums * elementBytes;
  problem.channelBytes = sizes.sums * elementBytes;
  problem.activationBytes = sizes.inputs * elementBytes;
  KernelAttr kernel = chooseKernel(target, problem);
  double steps = sizes.outerSums * llvm::divideCeil(sizes.run, problem.group);
  double compute = problem.outer * steps *
                   estimateCycles(target, problem, kernel.getLanes(),
                                  kernel.getTileRows(), kernel.getTileBlocks());
  if (isInt8) {
    compute = estimateWinograd(target, layer, sizes, getSize, compute);
    if (multipliesMatrices(target)) {
      KernelEstimate matrices =
          chooseMatrices(target, problem, sizes.run, sizes.outerSums);
      compute = std::min(compute, matrices.cycles);
    }
    // By measurement on a Zen 4, registers of results are quantized in this,
    // whether they are full or not.
    constexpr double kQuantizeCycles = 1.5;
    cycles += kQuantizeCycles * sizes.positions *
              llvm::divideCeil(sizes.channels, target.getVectorBits() / 32);
  }
  // Beyond the second-level cache: 512x512 at batch 1 takes 64,000 cycles.
  constexpr int64_t kCacheBytes = 256 << 10;
  constexpr double kBytesPerCycle = 16;
  double stream = problem.weightBytes > kCacheBytes
                      ? problem.weightBytes / kBytesPerCycle
                      : 0;
  return cycles + std::max(compute, stream);
}
