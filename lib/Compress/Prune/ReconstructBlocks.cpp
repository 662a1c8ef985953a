//===- ReconstructBlocks.cpp - Fit what stands in for blocks --------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Blocks.h"
#include "ChannelReader.h"
#include "nnq/Compress/Calibrate/SampleRunner.h"
#include "nnq/Compress/Prune/Passes.h"
#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Remarks.h"

namespace nnq {
#define GEN_PASS_DEF_RECONSTRUCTBLOCKS
#include "nnq/Compress/Prune/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static constexpr StringLiteral kPass = "nnq-reconstruct-blocks";

namespace {
/// Moments of the channels of two tensors, x and y.
class ChannelMoments {
public:
  ChannelMoments(RankedTensorType type, unsigned dim)
      : channels(type.getDimSize(dim)), inner(1),
        sumX(Eigen::VectorXd::Zero(channels)),
        sumY(Eigen::VectorXd::Zero(channels)),
        squareX(Matrix::Zero(channels, channels)),
        productYX(Matrix::Zero(channels, channels)) {
    for (int64_t size : type.getShape().drop_front(dim + 1))
      inner *= size;
  }

  void add(ArrayRef<float> x, ArrayRef<float> y);

  /// The matrix and the numbers with the least squared error of
  /// weights * x + bias; a diagonal matrix on request.
  void fit(bool isDiagonal, double damping);

  Matrix weights;
  Eigen::VectorXd bias;
  /// The share of the variance of y that the result has.
  double explained = 0;

private:
  int64_t channels, inner;
  double count = 0, squareY = 0;
  Eigen::VectorXd sumX, sumY;
  Matrix squareX, productYX;
};
} // namespace

void ChannelMoments::add(ArrayRef<float> x, ArrayRef<float> y) {
  using Floats =
      Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  fixProductBlocks();
  const int64_t size = channels * inner;
  for (size_t i = 0; i < x.size(); i += size) {
    Eigen::Map<const Floats> fromX(x.data() + i, channels, inner),
        fromY(y.data() + i, channels, inner);
    Matrix columnsX = fromX.cast<double>(), columnsY = fromY.cast<double>();
    sumX += columnsX.rowwise().sum();
    sumY += columnsY.rowwise().sum();
    squareX.noalias() += columnsX * columnsX.transpose();
    productYX.noalias() += columnsY * columnsX.transpose();
    squareY += columnsY.squaredNorm();
    count += inner;
  }
}

void ChannelMoments::fit(bool isDiagonal, double damping) {
  Eigen::VectorXd meanX = sumX / count, meanY = sumY / count;
  Matrix variance = squareX / count - meanX * meanX.transpose();
  Matrix covariance = productYX / count - meanY * meanX.transpose();
  if (isDiagonal) {
    Eigen::VectorXd diagonal = variance.diagonal();
    diagonal.array() += std::max(damping * diagonal.mean(), 1e-30);
    weights = Matrix::Zero(channels, channels);
    weights.diagonal() = covariance.diagonal().cwiseQuotient(diagonal);
  } else {
    weights = covariance * invertDamped(variance, damping);
  }
  bias = meanY - weights * meanX;
  double all = squareY / count - meanY.squaredNorm();
  double error = all - 2 * weights.cwiseProduct(covariance).sum() +
                 (weights * variance).cwiseProduct(weights).sum();
  explained = all > 0 ? 1 - error / all : 1;
}

namespace {
struct ReconstructBlocks
    : public nnq::impl::ReconstructBlocksBase<ReconstructBlocks> {
  ReconstructBlocks(const ReconstructBlocksOptions &options,
                    LoweringBuilder lowering)
      : ReconstructBlocksBase(options),
        builders{[](OpPassManager &pm) { pm.addPass(createRemoveBlocks()); },
                 std::move(lowering)} {}

  void getDependentDialects(DialectRegistry &registry) const override {
    builders.getDependentDialects(registry);
  }

  void runOnOperation() override {
    if (llvm::Error error = reconstruct()) {
      emitError(getOperation().getLoc())
          << kPass << ": " << llvm::toString(std::move(error));
      signalPassFailure();
    }
  }

private:
  llvm::Error reconstruct();
  llvm::Expected<CompiledModel> compile(ArrayRef<PrunableBlock> blocks,
                                        bool isPruned,
                                        SmallVectorImpl<size_t> &positions);
  void write(const PrunableBlock &block, const ChannelMoments &moments);

  TrialBuilders builders;
  func::FuncOp entry;
};
} // namespace

/// The network with what blocks give, or what stands in for them, as further
/// results.
llvm::Expected<CompiledModel>
ReconstructBlocks::compile(ArrayRef<PrunableBlock> blocks, bool isPruned,
                           SmallVectorImpl<size_t> &positions) {
  IRMapping mapping;
  OwningOpRef<ModuleOp> copy = cast<ModuleOp>(getOperation()->clone(mapping));
  auto function = copy->lookupSymbol<func::FuncOp>(entry.getName());
  for (const PrunableBlock &block : blocks)
    positions.push_back(addResult(function, mapping.lookup(block.output)));
  if (isPruned && failed(runOnCopy(*copy, builders.change)))
    return llvm::createStringError("the blocks cannot be removed");
  return builders.compile(*copy, entry.getName());
}

void ReconstructBlocks::write(const PrunableBlock &block,
                              const ChannelMoments &moments) {
  const int64_t channels = moments.bias.size();
  auto attr = [&](StringRef hint, ArrayRef<int64_t> shape,
                  const Matrix &values) {
    std::vector<float> floats;
    for (int64_t i = 0; i < values.rows(); ++i)
      for (int64_t j = 0; j < values.cols(); ++j)
        floats.push_back(static_cast<float>(values(i, j)));
    auto type = RankedTensorType::get(shape, Float32Type::get(&getContext()));
    return makeResource(type, hint, asBytes<float>(floats));
  };
  Operation *exit = block.getExit();
  NamedAttrList request =
      exit->getAttrOfType<DictionaryAttr>(kRemoveBlockAttr).getValue();
  bool isDiagonal = fit == BlockFit::Affine;
  request.set("weights",
              isDiagonal
                  ? attr("projection", {channels}, moments.weights.diagonal())
                  : attr("projection", {channels, channels}, moments.weights));
  request.set("bias", attr("projection_bias", {channels}, moments.bias));
  exit->setAttr(kRemoveBlockAttr, request.getDictionary(&getContext()));
}

llvm::Error ReconstructBlocks::reconstruct() {
  if (!(damping >= 0 && damping <= 1))
    return llvm::createStringError("damping is a share; pass 0 to 1");
  bool bridges = false, isAsked = false;
  getOperation()->walk([&](Operation *op) {
    if (auto request = op->getAttrOfType<DictionaryAttr>(kRemoveBlockAttr)) {
      isAsked = true;
      bridges |= request.contains("bridge");
    }
  });
  if (fit == BlockFit::None || !isAsked)
    return llvm::Error::success();
  llvm::Expected<func::FuncOp> function = findSampledEntry(getOperation());
  if (!function)
    return function.takeError();
  entry = *function;
  std::vector<PrunableBlock> blocks;
  for (PrunableBlock &block : Blocks::find(entry, bridges).blocks) {
    if (!block.getExit()->hasAttr(kRemoveBlockAttr))
      continue;
    auto type = cast<RankedTensorType>(block.output.getType());
    if (!block.channelDim || type.isDynamicDim(*block.channelDim) ||
        !type.getElementType().isF32() ||
        ShapedType::isDynamicShape(
            type.getShape().drop_front(*block.channelDim))) {
      ++numMissed;
      remarkMissed(block.getExit(), kPass,
                   "where the channels of its result are is not known");
      continue;
    }
    blocks.push_back(std::move(block));
  }
  if (blocks.empty())
    return llvm::Error::success();
  SmallVector<size_t> from;
  llvm::Expected<CompiledModel> whole = compile(blocks, false, from);
  if (!whole)
    return whole.takeError();
  // Each makes up for those in front of it, too.
  for (auto [i, block] : llvm::enumerate(blocks)) {
    // Without what is between them, two blocks would be one result.
    SmallVector<size_t> to;
    llvm::Expected<CompiledModel> pruned = compile(block, true, to);
    if (!pruned)
      return pruned.takeError();
    llvm::Expected<CalibrationData> inputs =
        CalibrationData::open(entry, data, key, samples);
    if (!inputs)
      return inputs.takeError();
    ChannelMoments moments(cast<RankedTensorType>(block.output.getType()),
                           *block.channelDim);
    Buffers results(pruned->signature().outputs);
    llvm::Error error = runSamples(
        getOperation(), *whole, *inputs, "fitting what stands in for blocks",
        [&, i = i](ArrayRef<const void *> arrays,
                   ArrayRef<std::vector<char>> expected, int64_t) {
          pruned->run(arrays, results.pointers);
          moments.add(asFloats(results.bytes[to.front()]),
                      asFloats(expected[from[i]]));
        });
    if (error)
      return error;
    moments.fit(fit == BlockFit::Affine, damping);
    if (!moments.weights.allFinite() || !moments.bias.allFinite())
      return llvm::createStringError(
          "block " + block.getName() +
          " gives what is not finite; the network does not work on the data");
    write(block, moments);
    ++numReconstructed;
    remarkPassed(block.getExit(), kPass,
                 llvm::formatv("what stands in for block {0} keeps {1:F1} % of "
                               "the variance of its result",
                               block.getName(), 100 * moments.explained)
                     .str());
  }
  return llvm::Error::success();
}

std::unique_ptr<Pass>
nnq::createReconstructBlocks(const ReconstructBlocksOptions &options,
                             LoweringBuilder lowering) {
  return std::make_unique<ReconstructBlocks>(options, std::move(lowering));
}
