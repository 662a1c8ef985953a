//===- WinogradCost.cpp - When fewer products pay -------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "WinogradCost.h"

#include "WinogradShape.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Winograd.h"
#include "nnq/Vectorize/KernelCost.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nnq;

SmallVector<std::pair<int64_t, int64_t>>
nnq::getSumRanges(ArrayRef<int8_t> weights, int64_t channels, int64_t low,
                  int64_t high, function_ref<int64_t(int64_t)> channelOf) {
  SmallVector<std::pair<int64_t, int64_t>> ranges(channels);
  for (auto [i, weight] : llvm::enumerate(weights)) {
    auto &[least, most] = ranges[channelOf(i)];
    least += weight * (weight > 0 ? low : high);
    most += weight * (weight > 0 ? high : low);
  }
  return ranges;
}

/// The least number of bits of a signed integer that any sum of products over
/// the inputs of one channel needs, from the weights themselves.
static FailureOr<int64_t> countSumBits(const Contraction &contraction,
                                       int64_t low, int64_t high) {
  FailureOr<ConstantData> data = ConstantData::get(contraction.weight->get());
  if (failed(data) || !data->getType().getElementType().isInteger(8))
    return failure();
  ArrayRef<int8_t> weights = data->getAs<int8_t>();
  ArrayRef<int64_t> shape = data->getShape();
  int64_t channels = shape[contraction.weightChannelDim], inner = 1;
  for (int64_t size : shape.drop_front(contraction.weightChannelDim + 1))
    inner *= size;
  int64_t bits = 1;
  for (auto [least, most] :
       getSumRanges(weights, channels, low, high,
                    [&](int64_t i) { return i / inner % channels; }))
    bits = std::max<int64_t>(
        bits, llvm::Log2_64(std::max({most, -least, int64_t(1)})) + 2);
  return bits;
}

/// True if result dimension `dim` of `map` is the sum of one loop of the result
/// and one of three taps.
static bool isWindowOfThree(AffineExpr expr, linalg::LinalgOp op) {
  auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!sum || sum.getKind() != AffineExprKind::Add)
    return false;
  auto a = dyn_cast<AffineDimExpr>(sum.getLHS()),
       b = dyn_cast<AffineDimExpr>(sum.getRHS());
  if (!a || !b)
    return false;
  unsigned taps = std::max(a.getPosition(), b.getPosition());
  return op.getStaticLoopRanges()[taps] == 3 &&
         op.getIteratorTypesArray()[taps] == utils::IteratorType::reduction;
}

FailureOr<WinogradProblem> WinogradProblem::get(const ContractionLayout &layout,
                                                std::string &reason) {
  auto fail = [&](StringRef why) {
    reason = why.str();
    return failure();
  };
  linalg::LinalgOp op = layout.contraction.op;
  AffineMap map = op.getMatchingIndexingMap(layout.contraction.activation);
  auto type = cast<ShapedType>(layout.contraction.activation->get().getType());
  ArrayRef<int64_t> result =
      cast<ShapedType>(op->getResult(0).getType()).getShape();
  int64_t rank = result.size();
  if (rank < 3 || map.getNumResults() != rank || layout.run.size() != 2 ||
      layout.outerReductions.size() != 1 ||
      !isWindowOfThree(map.getResult(rank - 3), op) ||
      !isWindowOfThree(map.getResult(rank - 2), op))
    return fail("not a convolution of 3x3 taps with a stride of 1");
  auto range = op->getAttrOfType<DenseI64ArrayAttr>(kRangeAttr);
  if (!range || range.size() != 2 || range[0] > range[1])
    return fail("the range of the activation is not known");
  WinogradProblem problem;
  problem.rows = result[rank - 3];
  problem.columns = result[rank - 2];
  problem.channels = result[rank - 1];
  problem.inputs = type.getShape().back();
  problem.images = ShapedType::getNumElements(result.drop_back(3));
  problem.low = range[0];
  problem.high = range[1];
  if (problem.inputs % 8 != 0)
    return fail("input channels do not fill half of a register");
  FailureOr<int64_t> bits =
      countSumBits(layout.contraction, problem.low, problem.high);
  if (failed(bits))
    return fail("weights are not a constant of 8 bits");
  problem.sumBits = *bits;
  return problem;
}

/// True if transformed factors fit in 16 bits and sums can be recovered.
static bool isExact(const WinogradAlgorithm &f,
                    const WinogradProblem &problem) {
  constexpr int64_t kLow = -32768, kHigh = 32767;
  auto [lowX, highX] =
      getTransformedRange({f.input, f.input}, problem.low, problem.high);
  auto [lowW, highW] = getTransformedRange(f.weight, -128, 127);
  return std::min(lowX, lowW) >= kLow && std::max(highX, highW) <= kHigh &&
         problem.sumBits <= 32 - f.shift;
}

/// Cycles of a tile's transforms: of the activation for a register of
/// channels, of the weights for a register of them, into a buffer or beside
/// products that keep two of four ports busy, with half of it or without, and
/// of the result for a register of channels, measured on x86 with 256-bit
/// registers and on one that takes those of 512 bits in two halves.
struct TransformCycles {
  double activation, weights, fusedWeights, secondHalf, result;
};
static TransformCycles getTransformCycles(int64_t outputs, int64_t lanes) {
  double wide = lanes > 8 ? 1.4 : 1.0;
  TransformCycles cycles = outputs == 4 ? TransformCycles{110, 60, 14, 4, 110}
                                        : TransformCycles{25, 20, 6, 2, 25};
  return {wide * cycles.activation, wide * cycles.weights,
          wide * cycles.fusedWeights, wide * cycles.secondHalf,
          wide * cycles.result};
}

/// Tiles whose sums over the points of two rows and columns of the weights'
/// transform, which share what they read, have registers beside all taps.
static int64_t countFusedTiles(TargetAttr target, const WinogradAlgorithm &f) {
  constexpr int64_t kPoints = 4;
  int64_t tiles = 0, registers = target.getVectorRegisters();
  while (countFusedRegisters(kPoints, f.taps * f.taps, tiles + 1) <= registers)
    ++tiles;
  return tiles;
}

KernelAttr nnq::chooseWinograd(TargetAttr target,
                               const WinogradProblem &problem, int64_t threads,
                               double &cycles) {
  // Most of a second-level cache: weights and a strip are read over and over.
  constexpr int64_t kCacheBytes = 384 << 10;
  // From one core to another, measured.
  constexpr double kRemoteBytesPerCycle = 2;
  KernelAttr best;
  for (int64_t outputs : {2, 4}) {
    const WinogradAlgorithm &f = *getWinograd(outputs);
    if (std::min(problem.rows, problem.columns) < outputs ||
        !isExact(f, problem))
      continue;
    int64_t points = f.points * f.points;
    int64_t tileRows = llvm::divideCeil(problem.rows, outputs),
            tileColumns = llvm::divideCeil(problem.columns, outputs);
    for (int64_t strip = 1; strip <= tileRows; ++strip) {
      int64_t strips = llvm::divideCeil(tileRows, strip),
              even = llvm::divideCeil(tileRows, strips);
      // Strips of equal size, so that none overlaps another by more than it
      // must.
      if (even != strip)
        continue;
      int64_t tiles = strip * tileColumns, passes = strips * problem.images;
      KernelProblem products{DotKind::VPMADDWD, /*group=*/2, tiles,
                             /*window=*/1, problem.channels};
      products.fusesSum = target.getDot() == DotKind::VPDPBUSD;
      KernelAttr kernel = chooseKernel(target, products);
      int64_t lanes = kernel.getLanes(),
              blocks = llvm::divideCeil(problem.channels, lanes);
      int64_t xBytes = points * tiles * problem.inputs * 2,
              mBytes = points * tiles * kernel.getTileBlocks() * lanes * 4,
              wBytes = points * blocks * lanes * problem.inputs * 2;
      TransformCycles transform = getTransformCycles(outputs, lanes);
      double pairs = problem.inputs / 2.0;
      // Each pass reads all transformed weights from the second-level cache.
      double total =
          passes * std::max(points * pairs *
                                estimateCycles(target, products, lanes,
                                               kernel.getTileRows(),
                                               kernel.getTileBlocks()),
                            wBytes / kSecondLevelBytesPerCycle);
      total += transform.weights * blocks * pairs;
      // One thread transforms them, others wait and get them from its cache.
      if (threads > 1)
        total += (threads - 1) * transform.weights * blocks * pairs +
                 threads * wBytes / kRemoteBytesPerCycle;
      // Or they are transformed in registers again and again.
      int64_t fusedTiles = std::min(tiles, countFusedTiles(target, f));
      bool fused = false;
      if (fusedTiles > 0 && products.fusesSum) {
        KernelProblem one = products;
        one.channels = lanes;
        double byRegisters =
            passes * blocks * pairs *
            (points * estimateCycles(target, one, lanes, fusedTiles, 1) +
             transform.fusedWeights +
             (llvm::divideCeil(tiles, fusedTiles) - 1) * transform.secondHalf);
        fused = byRegisters < total;
        total = std::min(total, byRegisters);
      }
      if (fused) {
        kernel = KernelAttr::get(target.getContext(), kernel.getDot(), lanes,
                                 kernel.getGroup(), fusedTiles, 1);
        mBytes = points * tiles * lanes * 4;
        wBytes = 0;
      }
      double activation = passes * tiles * transform.activation *
                          problem.inputs / (2.0 * lanes);
      total += activation + passes * tiles * transform.result * blocks;
      // What does not stay in the second-level cache comes from the third, at
      // half the speed of a register a cycle.
      constexpr double kBytesPerCycle = 16;
      int64_t steps = llvm::divideCeil(blocks, kernel.getTileBlocks());
      if (passes > 1)
        xBytes += wBytes;
      if (xBytes + mBytes > kCacheBytes)
        total += passes * (xBytes + mBytes * steps) / kBytesPerCycle;
      // Threads share strips, or else channels.
      int64_t shares = passes < threads ? steps : passes;
      if (shares < threads)
        continue;
      if (threads > passes)
        total += (threads - 1) * activation +
                 threads * xBytes / kRemoteBytesPerCycle;
      total *=
          double(llvm::divideCeil(shares, threads) * threads) / double(shares);
      if (total < cycles) {
        cycles = total;
        best = KernelAttr::get(
            target.getContext(), kernel.getDot(), lanes,
            /*group=*/2, kernel.getTileRows(), kernel.getTileBlocks(),
            /*channels_outer=*/false, outputs, strip, fused, /*bits=*/0,
            /*panel=*/false, SparseKind::None, /*codebook=*/false);
      }
    }
  }
  return best;
}
