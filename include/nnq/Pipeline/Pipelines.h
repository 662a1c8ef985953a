//===- Pipelines.h - Where passes are ordered -----------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_PIPELINE_PIPELINES_H
#define NNQ_PIPELINE_PIPELINES_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "nnq/Compress/Calibrate/CalibrationMethod.h"
#include "nnq/Compress/Factorize/FactorizeOptions.h"
#include "nnq/Compress/Prune/Passes.h"
#include "nnq/Compress/Quantize/Passes.h"
#include "nnq/Lower/Passes.h"
#include "nnq/Vectorize/Passes.h"
#include "llvm/Support/JSON.h"

namespace nnq {

/// Options of pipelines that run a network on data.
struct DataOptions : public virtual mlir::detail::PassOptions {
  explicit DataOptions(llvm::StringRef dataHelp)
      : data(*this, "data", llvm::cl::desc(dataHelp), llvm::cl::init("")) {}

  Option<std::string> data;
  Option<std::string> key{
      *this, "key",
      llvm::cl::desc(
          "Name of the input array in the .npz (default: that of the "
          "network, else `x`)"),
      llvm::cl::init("x")};
  Option<int64_t> samples{
      *this, "samples",
      llvm::cl::desc("Use at most this many samples; 0 means all"),
      llvm::cl::init(0)};
};

/// Options of pipelines that take statistics in place of data, too.
struct CalibrationOptions : public DataOptions {
  CalibrationOptions(llvm::StringRef dataHelp, llvm::StringRef statisticsHelp)
      : DataOptions(dataHelp),
        statistics(*this, "statistics", llvm::cl::desc(statisticsHelp),
                   llvm::cl::init("")) {}

  Option<std::string> statistics;
};

/// Options of `--calibrate`.
struct CalibratePipelineOptions
    : public mlir::PassPipelineOptions<CalibratePipelineOptions>,
      public DataOptions {
  CalibratePipelineOptions() : DataOptions("Data to run on, .npy or .npz") {}

  Option<std::string> save{
      *this, "save",
      llvm::cl::desc("File to write the statistics to, for quantize-int8"),
      llvm::cl::init("")};
  Option<bool> equalize{
      *this, "equalize",
      llvm::cl::desc(
          "Equalize layers first, as quantize-int8 with that option"),
      llvm::cl::init(false)};
  Option<bool> inputStatistics{
      *this, "input-statistics",
      llvm::cl::desc(
          "Gather what smooth and correct-bias of quantize-int8 ask"),
      llvm::cl::init(false)};
  Option<std::string> correlations{
      *this, "correlations",
      llvm::cl::desc("Gather what weight-rounding=gptq asks of the layers that "
                     "this regular expression names; .* for all"),
      llvm::cl::init("")};
};

/// Options of `--quantize-int8`.
struct QuantizeInt8Options
    : public mlir::PassPipelineOptions<QuantizeInt8Options>,
      public CalibrationOptions {
  QuantizeInt8Options()
      : CalibrationOptions(
            "Calibration data, .npy or .npz; without it activations "
            "are quantized dynamically",
            "Statistics that an earlier calibration saved, in place of "
            "data") {}

  Option<bool> measureNoise{
      *this, "measure-noise",
      llvm::cl::desc("Compare the results of each layer with those of the "
                     "network in f32, on some of the data"),
      llvm::cl::init(false)};
  Option<double> sqnrFloor{
      *this, "sqnr-floor",
      llvm::cl::desc("Signal to noise in dB that is enough for measure-noise "
                     "and bisect"),
      llvm::cl::init(15)};
  Option<std::string> bisect{
      *this, "bisect",
      llvm::cl::desc("Write the first layer that quantized alone is below "
                     "sqnr-floor to this .mlir, and its input to an .npz"),
      llvm::cl::init("")};
  Option<double> accuracyDrop{
      *this, "accuracy-drop",
      llvm::cl::desc(
          "Points of accuracy on the data that may be lost; the most "
          "sensitive layers get weights of 8 bits in place of 4 or, if that "
          "is not enough, stay in f32 (below 0: any number)"),
      llvm::cl::init(-1)};
  Option<std::string> labels{
      *this, "labels",
      llvm::cl::desc("Name of the array of labels in the .npz, for "
                     "accuracy-drop; by default the network in f32 is right"),
      llvm::cl::init("")};
  Option<std::string> layers{
      *this, "layers",
      llvm::cl::desc(
          "Single layers, WHICH=HOW by commas: WHICH is a name (regular "
          "expression) or kind:conv, kind:depthwise, kind:linear, kind:matmul; "
          "HOW is f32 or some of int8, int4, group0, group32, group64, "
          "group128, symmetric, asymmetric, per-axis, per-tensor, full and "
          "reduced, joined by +"),
      llvm::cl::init("")};
  Option<CalibrationMethod> calibration{
      *this, "calibration",
      llvm::cl::desc("How ranges of activations are chosen"),
      llvm::cl::init(CalibrationMethod::MinMax), calibrationMethodValues()};
  Option<double> percentile{
      *this, "percentile",
      llvm::cl::desc("Share of the elements that calibration=percentile keeps, "
                     "in percent"),
      llvm::cl::init(99.99)};
  Option<QuantScheme> activations{
      *this, "activations", llvm::cl::desc("Scheme of activations"),
      llvm::cl::init(QuantScheme::Asymmetric), quantSchemeValues()};
  Option<ActivationGranularity> activationGranularity{
      *this, "activation-granularity",
      llvm::cl::desc("How many elements of an activation share a scale"),
      llvm::cl::init(ActivationGranularity::PerTensor),
      activationGranularityValues()};
  Option<QuantScheme> weights{
      *this, "weights", llvm::cl::desc("Scheme of weights"),
      llvm::cl::init(QuantScheme::Symmetric), quantSchemeValues()};
  Option<WeightGranularity> weightGranularity{
      *this, "weight-granularity",
      llvm::cl::desc("How many weights share a scale"),
      llvm::cl::init(WeightGranularity::PerAxis), weightGranularityValues()};
  Option<WeightRangeChoice> weightRange{
      *this, "weight-range",
      llvm::cl::desc("Integers that symmetric weights may take"),
      llvm::cl::init(WeightRangeChoice::Auto), weightRangeChoiceValues()};
  Option<WeightCalibration> weightCalibration{
      *this, "weight-calibration",
      llvm::cl::desc("How scales of weights are chosen"),
      llvm::cl::init(WeightCalibration::Mse), weightCalibrationValues()};
  Option<bool> equalize{
      *this, "equalize",
      llvm::cl::desc("Scale channels between layers so that their weights "
                     "have equal ranges"),
      llvm::cl::init(false)};
  Option<double> smooth{
      *this, "smooth",
      llvm::cl::desc("Move this share (0 to 1) of the range of channels of "
                     "normalized activations into weights (below 0: none)"),
      llvm::cl::init(-1)};
  Option<WeightRounding> weightRounding{
      *this, "weight-rounding", llvm::cl::desc("How weights are rounded"),
      llvm::cl::init(WeightRounding::Auto), weightRoundingValues()};
  Option<double> damping{
      *this, "damping",
      llvm::cl::desc(
          "Share of the mean of the diagonal that gptq adds to it, at least"),
      llvm::cl::init(0.01)};
  Option<bool> correctBias{
      *this, "correct-bias",
      llvm::cl::desc("Make up in biases for the mean error of weights; unless "
                     "it is given, where weight-rounding=auto is gptq"),
      llvm::cl::init(false)};
  Option<int64_t> weightBits{*this, "weight-bits",
                             llvm::cl::desc("Bits of weights, 8 or 4"),
                             llvm::cl::init(8)};
  Option<int64_t> groupSize{
      *this, "group-size",
      llvm::cl::desc("Inputs of an output channel that share a scale: 32, 64, "
                     "128, or 0 for all"),
      llvm::cl::init(0)};
  Option<ComputePrecision> compute{
      *this, "compute",
      llvm::cl::desc(
          "Precision in which layers with quantized weights compute"),
      llvm::cl::init(ComputePrecision::Int8), computePrecisionValues()};
  Option<ForeignQuantization> foreign{
      *this, "foreign",
      llvm::cl::desc("What becomes of f32 layers of a network that came in "
                     "quantized in part"),
      llvm::cl::init(ForeignQuantization::Complete),
      foreignQuantizationValues()};
  Option<ProductPrecision> attention{
      *this, "attention",
      llvm::cl::desc(
          "Precision of products of two activations, as in attention"),
      llvm::cl::init(ProductPrecision::Int8), productPrecisionValues()};
  Option<NormPrecision> layerNorm{
      *this, "layer-norm", llvm::cl::desc("How layer norms are computed"),
      llvm::cl::init(NormPrecision::F32), normPrecisionValues()};
};

/// Options of `--prune-channels`.
struct PruneChannelsOptions
    : public mlir::PassPipelineOptions<PruneChannelsOptions>,
      public CalibrationOptions {
  PruneChannelsOptions()
      : CalibrationOptions(
            "Calibration data, .npy or .npz, for criterion=activation "
            "or obs and for reconstruct",
            "Statistics that an earlier calibration with "
            "correlations=.* saved, in place of data") {}

  Option<double> ratio{
      *this, "ratio",
      llvm::cl::desc("Share of the channels to remove, between 0 and 1"),
      llvm::cl::init(0)};
  Option<double> macs{
      *this, "macs",
      llvm::cl::desc("Share of the multiply-adds that may stay, between 0 and "
                     "1, in place of a ratio"),
      llvm::cl::init(0)};
  Option<double> latency{
      *this, "latency",
      llvm::cl::desc("Share of the estimated time that may stay, between 0 and "
                     "1, in place of a ratio"),
      llvm::cl::init(0)};
  Option<CompiledPrecision> precision{
      *this, "precision", llvm::cl::desc("What latency is of (a recipe knows)"),
      llvm::cl::init(CompiledPrecision::F32), compiledPrecisionValues()};
  Option<ChannelCriterion> criterion{
      *this, "criterion",
      llvm::cl::desc("How the importance of channels is measured"),
      llvm::cl::init(ChannelCriterion::L2), channelCriterionValues()};
  Option<PruneRanking> ranking{
      *this, "ranking", llvm::cl::desc("What channels compete with"),
      llvm::cl::init(PruneRanking::Uniform), pruneRankingValues()};
  Option<int64_t> roundTo{
      *this, "round-to",
      llvm::cl::desc("Keep multiples of this number of channels (0: as the "
                     "target computes them)"),
      llvm::cl::init(0)};
  Option<std::string> exclude{
      *this, "exclude",
      llvm::cl::desc(
          "Layers that keep all channels: regular expressions by commas"),
      llvm::cl::init("")};
  Option<std::string> scales{
      *this, "scales",
      llvm::cl::desc(".npz of scales of batch normalization by layer, of "
                     "criterion=bn-scale"),
      llvm::cl::init("")};
  Option<std::string> gradients{
      *this, "gradients",
      llvm::cl::desc(
          ".npz of gradients of weights by layer, of criterion=taylor"),
      llvm::cl::init("")};
  Option<int64_t> seed{*this, "seed", llvm::cl::desc("Of criterion=random"),
                       llvm::cl::init(0)};
  Option<bool> reconstruct{
      *this, "reconstruct",
      llvm::cl::desc("Where there are data, fit the weights that read the "
                     "channels that are left"),
      llvm::cl::init(true)};
  Option<bool> mask{
      *this, "mask",
      llvm::cl::desc("Make weights zero in place of removing them"),
      llvm::cl::init(false)};
};

/// Options of `--prune-layers`.
struct PruneLayersOptions
    : public mlir::PassPipelineOptions<PruneLayersOptions>,
      public DataOptions {
  PruneLayersOptions()
      : DataOptions("Data to measure importance on, .npy or .npz") {}

  Option<int64_t> count{*this, "count",
                        llvm::cl::desc("Number of blocks that go"),
                        llvm::cl::init(0)};
  Option<double> ratio{
      *this, "ratio",
      llvm::cl::desc("Share of the blocks that go, between 0 and 1"),
      llvm::cl::init(0)};
  Option<double> accuracyDrop{
      *this, "accuracy-drop",
      llvm::cl::desc("Points of accuracy on the data that may be lost; as many "
                     "blocks go as that takes (below 0: not asked)"),
      llvm::cl::init(-1)};
  Option<std::string> labels{
      *this, "labels",
      llvm::cl::desc("Name of the array of labels in the .npz, for "
                     "criterion=loss and accuracy-drop"),
      llvm::cl::init("")};
  Option<BlockCriterion> criterion{
      *this, "criterion",
      llvm::cl::desc("How the importance of blocks is measured"),
      llvm::cl::init(BlockCriterion::Similarity), blockCriterionValues()};
  Option<BlockFit> fit{*this, "fit",
                       llvm::cl::desc("What stands in for a block"),
                       llvm::cl::init(BlockFit::Projection), blockFitValues()};
  Option<bool> bridge{
      *this, "bridge",
      llvm::cl::desc("Blocks that change the shape go, too, where a shortcut "
                     "does it, which stays"),
      llvm::cl::init(false)};
  Option<std::string> exclude{
      *this, "exclude",
      llvm::cl::desc("Layers whose blocks stay: regular expressions by commas"),
      llvm::cl::init("")};
};

/// Options of `--prune-weights`.
struct PruneWeightsPipelineOptions
    : public mlir::PassPipelineOptions<PruneWeightsPipelineOptions>,
      public CalibrationOptions {
  PruneWeightsPipelineOptions()
      : CalibrationOptions(
            "Calibration data, .npy or .npz, for criterion=wanda or "
            "obs, and for steps",
            "Statistics that an earlier calibration saved, with "
            "input-statistics for wanda, correlations=.* for obs") {}

  Option<double> ratio{
      *this, "ratio",
      llvm::cl::desc("Share of the weights that become zero, between 0 and 1"),
      llvm::cl::init(0)};
  Option<std::string> pattern{
      *this, "pattern",
      llvm::cl::desc("Where zeros may be: unstructured, N:M (N of M input "
                     "channels stay) or RxC (blocks of R output channels and C "
                     "input channels)"),
      llvm::cl::init("unstructured")};
  Option<PruneScope> scope{
      *this, "scope", llvm::cl::desc("What weights compete with"),
      llvm::cl::init(PruneScope::Local), pruneScopeValues()};
  Option<WeightCriterion> criterion{
      *this, "criterion",
      llvm::cl::desc("How the importance of weights is measured"),
      llvm::cl::init(WeightCriterion::Magnitude), weightCriterionValues()};
  Option<double> damping{
      *this, "damping",
      llvm::cl::desc("Share of the mean of the diagonal that obs adds to it"),
      llvm::cl::init(0.01)};
  Option<int64_t> steps{
      *this, "steps",
      llvm::cl::desc("Steps in which weights go; after each of them those that "
                     "are left are fitted to the data (0: in one, unfitted)"),
      llvm::cl::init(0)};
  Option<std::string> exclude{
      *this, "exclude",
      llvm::cl::desc(
          "Layers that keep all weights: regular expressions by commas"),
      llvm::cl::init("")};
};

/// Options of `--factorize`.
struct FactorizePipelineOptions
    : public mlir::PassPipelineOptions<FactorizePipelineOptions>,
      public CalibrationOptions {
  FactorizePipelineOptions()
      : CalibrationOptions(
            "Calibration data, .npy or .npz, to weigh by what layers multiply",
            "Statistics that an earlier calibration saved, with "
            "input-statistics or correlations=.*, in place of data") {}

  Option<FactorMethod> method{
      *this, "method", llvm::cl::desc("How layers are taken apart"),
      llvm::cl::init(FactorMethod::Auto), factorMethodValues()};
  Option<int64_t> rank{*this, "rank", llvm::cl::desc("Rank of all layers"),
                       llvm::cl::init(-1)};
  Option<double> ratio{
      *this, "ratio",
      llvm::cl::desc(
          "Share of the multiply-adds of each layer that go, between "
          "0 and 1"),
      llvm::cl::init(0)};
  Option<double> energy{
      *this, "energy",
      llvm::cl::desc("Share of the squared singular values that stays, between "
                     "0 and 1"),
      llvm::cl::init(0)};
  Option<bool> vbmf{*this, "vbmf",
                    llvm::cl::desc("Ranks of what noise does not explain"),
                    llvm::cl::init(false)};
  Option<double> latency{
      *this, "latency",
      llvm::cl::desc(
          "Share of the estimated time that may stay, between 0 and 1"),
      llvm::cl::init(0)};
  Option<double> accuracyDrop{
      *this, "accuracy-drop",
      llvm::cl::desc(
          "Points of accuracy on the data that may be lost; the most "
          "sensitive layers stay whole (below 0: any number)"),
      llvm::cl::init(-1)};
  Option<std::string> labels{
      *this, "labels",
      llvm::cl::desc("Name of the array of labels in the .npz, for "
                     "accuracy-drop; by default the whole network is right"),
      llvm::cl::init("")};
  Option<FactorObjective> objective{
      *this, "objective", llvm::cl::desc("What a factorization is kept for"),
      llvm::cl::init(FactorObjective::Latency), factorObjectiveValues()};
  Option<int64_t> roundTo{
      *this, "round-to",
      llvm::cl::desc("Ranks are multiples of this number (0: as the target "
                     "computes them)"),
      llvm::cl::init(0)};
  Option<std::string> exclude{
      *this, "exclude",
      llvm::cl::desc("Layers that stay: regular expressions by commas"),
      llvm::cl::init("")};
  Option<std::string> layers{
      *this, "layers",
      llvm::cl::desc(
          "Single layers, WHICH=HOW by commas: WHICH is a name (regular "
          "expression), HOW is keep or a method with ranks or without, such "
          "as svd:16 or tucker:8:16"),
      llvm::cl::init("")};
  Option<int64_t> seed{*this, "seed", llvm::cl::desc("Of the starts of cp"),
                       llvm::cl::init(0)};
  Option<FactorGate> gate{
      *this, "gate",
      llvm::cl::desc("What tells, with objective=latency, whether the factors "
                     "of a layer take less time than the layer"),
      llvm::cl::init(FactorGate::Auto), factorGateValues()};
  Option<CompiledPrecision> gatePrecision{
      *this, "gate-precision",
      llvm::cl::desc("What layers are measured in: int8 if they will be "
                     "quantized"),
      llvm::cl::init(CompiledPrecision::F32), compiledPrecisionValues()};
  Option<std::string> gateCache{
      *this, "gate-cache",
      llvm::cl::desc("File that keeps times that were measured, by default in "
                     "the user's folder of caches, or none"),
      llvm::cl::init("")};
};

/// Options of `--share-weights`.
struct ShareWeightsPipelineOptions
    : public mlir::PassPipelineOptions<ShareWeightsPipelineOptions>,
      public CalibrationOptions {
  ShareWeightsPipelineOptions()
      : CalibrationOptions(
            "Calibration data, .npy or .npz, to weigh by what layers multiply",
            "Statistics that an earlier calibration saved, with "
            "input-statistics or correlations=.*, in place of data") {}

  Option<int64_t> bits{*this, "bits",
                       llvm::cl::desc("Bits of a weight, 1 to 8"),
                       llvm::cl::init(4)};
  Option<int64_t> channels{
      *this, "channels",
      llvm::cl::desc("Output channels that share a codebook; 0 for all"),
      llvm::cl::init(0)};
  Option<bool> zeros{*this, "zeros",
                     llvm::cl::desc("Weights that are zero stay zero"),
                     llvm::cl::init(true)};
  Option<int64_t> vector{
      *this, "vector",
      llvm::cl::desc("Weights of neighbouring input channels that an entry of "
                     "a codebook is for: 1, 2 or 4"),
      llvm::cl::init(1)};
  Option<double> damping{
      *this, "damping",
      llvm::cl::desc("Share of the mean of the diagonal of a correlation that "
                     "is added to it"),
      llvm::cl::init(0.01)};
  Option<std::string> exclude{
      *this, "exclude",
      llvm::cl::desc(
          "Layers that keep their weights: regular expressions by commas"),
      llvm::cl::init("")};
};

/// Options of `--share-kernels`.
struct ShareKernelsPipelineOptions
    : public mlir::PassPipelineOptions<ShareKernelsPipelineOptions>,
      public CalibrationOptions {
  ShareKernelsPipelineOptions()
      : CalibrationOptions(
            "Calibration data, .npy or .npz, to weigh by what layers multiply",
            "Statistics that an earlier calibration saved, with "
            "input-statistics, in place of data") {}

  Option<int64_t> groups{*this, "groups",
                         llvm::cl::desc("Kernels of each convolution that all "
                                        "others are multiples of"),
                         llvm::cl::init(-1)};
  Option<double> ratio{
      *this, "ratio",
      llvm::cl::desc("Share of the kernels that go, between 0 and 1"),
      llvm::cl::init(0)};
  Option<FactorObjective> objective{
      *this, "objective", llvm::cl::desc("What kernels are shared for"),
      llvm::cl::init(FactorObjective::Latency), factorObjectiveValues()};
  Option<int64_t> roundTo{
      *this, "round-to",
      llvm::cl::desc("With ratio, kernels are multiples of this number (0: as "
                     "the target computes them)"),
      llvm::cl::init(0)};
  Option<std::string> exclude{
      *this, "exclude",
      llvm::cl::desc(
          "Layers that keep their kernels: regular expressions by commas"),
      llvm::cl::init("")};
};

/// Options of `--lower-to-llvm`.
struct LowerToLLVMOptions
    : public mlir::PassPipelineOptions<LowerToLLVMOptions> {
  Option<bool> reference{
      *this, "reference",
      llvm::cl::desc("Lower by upstream passes alone: slow, the judge of the "
                     "fast path"),
      llvm::cl::init(false)};
  Option<std::string> target{
      *this, "target",
      llvm::cl::desc("Short name such as x86-64-v3, znver4 or aarch64+dotprod; "
                     "triple, cpu and features override its parts"),
      llvm::cl::init("")};
  Option<std::string> triple{*this, "triple",
                             llvm::cl::desc("LLVM target triple"),
                             llvm::cl::init("")};
  Option<std::string> cpu{*this, "cpu", llvm::cl::desc("LLVM cpu name"),
                          llvm::cl::init("")};
  Option<std::string> features{
      *this, "features",
      llvm::cl::desc("LLVM feature string, for example +avx2,+fma"),
      llvm::cl::init("")};
  Option<unsigned> threads{
      *this, "threads",
      llvm::cl::desc("Threads that share a large loop, by OpenMP; with 1 there "
                     "is no OpenMP. The reference takes one"),
      llvm::cl::init(1)};
  Option<Requantization> requant{
      *this, "requant",
      llvm::cl::desc("How accumulators are rescaled to integers"),
      llvm::cl::init(Requantization::Float), requantizationValues()};
  Option<bool> requireInteger{
      *this, "require-integer",
      llvm::cl::desc("Fail, and name the layers, if tensors of f32 lie between "
                     "integer layers"),
      llvm::cl::init(false)};
  Option<CodeObjective> objective{
      *this, "objective", llvm::cl::desc("What kernels and constants are for"),
      llvm::cl::init(CodeObjective::Latency), codeObjectiveValues()};
  Option<bool> profile{
      *this, "profile",
      llvm::cl::desc("Count the time of each layer, for nnq-run --profile"),
      llvm::cl::init(false)};
};

/// Stage 1: one canonical form, see the passes of nnq/Import.
void buildImportPipeline(mlir::OpPassManager &pm);

/// Stage 1 and the statistics of stage 2.
void buildCalibratePipeline(mlir::OpPassManager &pm,
                            const CalibratePipelineOptions &options);

/// Stage 1, and channels that go.
void buildPruneChannelsPipeline(mlir::OpPassManager &pm,
                                const PruneChannelsOptions &options);
void buildPruneLayersPipeline(mlir::OpPassManager &pm,
                              const PruneLayersOptions &options);
void buildPruneWeightsPipeline(mlir::OpPassManager &pm,
                               const PruneWeightsPipelineOptions &options);

/// Fits what stands in for the blocks that a module names, and removes them.
void buildBlockRemovalPipeline(mlir::OpPassManager &pm,
                               const ReconstructBlocksOptions &options);

/// Stage 1, and layers that become products of smaller ones.
void buildFactorizePipeline(mlir::OpPassManager &pm,
                            const FactorizePipelineOptions &options);

/// Stage 1, and weights that are taken from codebooks.
void buildShareWeightsPipeline(mlir::OpPassManager &pm,
                               const ShareWeightsPipelineOptions &options);

/// Stage 1, and kernels that are multiples of fewer ones.
void buildShareKernelsPipeline(mlir::OpPassManager &pm,
                               const ShareKernelsPipelineOptions &options);

/// Stages 1 and 2 for int8.
void buildQuantizeInt8Pipeline(mlir::OpPassManager &pm,
                               const QuantizeInt8Options &options);

/// The end of stage 2, for networks that have statistics; those of the inputs
/// of layers too if their biases are to be corrected.
void buildQuantizationPipeline(mlir::OpPassManager &pm,
                               const QuantizeOptions &options = {},
                               const CorrectBiasOptions *correctBias = nullptr,
                               NormPrecision norms = NormPrecision::F32);

/// How layers are quantized to be timed: with 7 bits of weights, as data make
/// it the default.
void buildTrialQuantizationPipeline(mlir::OpPassManager &pm);

/// Stage 3: quant types to integer linalg, layout, packed constants.
void buildLowerPipeline(mlir::OpPassManager &pm,
                        Requantization requant = Requantization::Float);

/// Stage 4: bufferized kernels in the vector dialect.
void buildVectorizePipeline(mlir::OpPassManager &pm,
                            CodeObjective objective = CodeObjective::Latency);

/// Tensors to memrefs with identity layout; results become out parameters that
/// carry `bufferize.result`, which the target stage reads.
void buildBufferizePipeline(mlir::OpPassManager &pm);

/// In place of stages 3 and 4: scalar loops by upstream passes.
void buildReferencePipeline(mlir::OpPassManager &pm);

/// Stage 5: vector and memref to the LLVM dialect, and to OpenMP if there are
/// several threads. With `profile`, layers are timed.
void buildTargetPipeline(mlir::OpPassManager &pm, unsigned threads = 1,
                         bool profile = false,
                         CodeObjective objective = CodeObjective::Latency);

/// Stages 1 and 3 to 5.
void buildLowerToLLVMPipeline(mlir::OpPassManager &pm,
                              const LowerToLLVMOptions &options);

/// How calibration lowers its copy of the network, to this machine whatever the
/// target is; by the reference it takes longer.
void buildCalibrationPipeline(mlir::OpPassManager &pm, bool reference);

/// A pipeline under the name that users type.
struct Pipeline {
  llvm::StringRef name;
  llvm::StringRef description;
  /// Adds the passes for the options in a text.
  mlir::PassRegistryFunction build;
  /// Shows the options with their defaults.
  std::function<void(
      llvm::function_ref<void(const mlir::detail::PassOptions &)>)>
      visitOptions;
  /// Compresses: a recipe may have it.
  bool isStep = false;
};

/// All of them, in the order of the data path.
std::vector<Pipeline> getPipelines();

/// All of them with their options, as `nnqListPipelines` tells them.
llvm::json::Array describePipelines();

/// Registers the pipelines under the names that users type.
void registerPipelines();

} // namespace nnq

#endif // NNQ_PIPELINE_PIPELINES_H
