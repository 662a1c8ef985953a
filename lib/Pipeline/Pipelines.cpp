//===- Pipelines.cpp - Where passes are ordered ---------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Pipeline/Pipelines.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "nnq/Compress/Calibrate/Passes.h"
#include "nnq/Compress/Factorize/Passes.h"
#include "nnq/Compress/Prune/Passes.h"
#include "nnq/Compress/Quantize/Passes.h"
#include "nnq/Compress/Share/Passes.h"
#include "nnq/Import/Passes.h"
#include "nnq/Lower/Passes.h"
#include "nnq/Pipeline/Recipe.h"
#include "nnq/Target/Passes.h"
#include "nnq/Vectorize/Passes.h"

using namespace mlir;
using namespace nnq;

/// Only entry points own an arena, and layers meet only in one function.
static void addInliner(OpPassManager &pm) {
  // By itself the inliner canonicalizes, which folds quantize-dequantize pairs
  // away. An option, unlike an empty pipeline, is in a printed pipeline too.
  std::unique_ptr<Pass> inliner = createInlinerPass();
  [[maybe_unused]] LogicalResult set = inliner->initializeOptions(
      "default-pipeline=", [](const Twine &) { return failure(); });
  assert(succeeded(set) && "the inliner has this option");
  pm.addPass(std::move(inliner));
  pm.addPass(createSymbolDCEPass());
}

/// What the other passes do not know: functions and other dialects.
static void addFrontEnd(OpPassManager &pm) {
  addInliner(pm);
  pm.addPass(createRaiseTosaQuantization());
  pm.addPass(createLowerTosa());
}

static void addFoldAffine(OpPassManager &pm) {
  // Asking a tensor for its batch is no use of it that layers would count.
  pm.addPass(createResolveBatch());
  pm.addPass(createFoldAffine());
}

void nnq::buildImportPipeline(OpPassManager &pm) {
  addFrontEnd(pm);
  // Its checks and reshapes are ones that no other pass knows.
  pm.addPass(createResolveBatch());
  // Weights that are integers would fold to f32.
  pm.addPass(createRaiseQuantization());
  // The reshapes that it leaves are folded with other constants.
  pm.addPass(createMergeGroups());
  // Before a constant is repeated.
  pm.addPass(createUnbatchWeights());
  pm.addPass(createFoldConstants());
  // Scales and weights may be constants only now.
  pm.addPass(createRaiseQuantization());
  // Transposed weights of a quantized network are constants, too.
  pm.addPass(createPropagateQuantization());
  pm.addPass(createFoldConstantLayout());
  // Checks of constants are known only now.
  pm.addPass(createDropChecks());
  pm.addPass(createRaiseGather());
  pm.addPass(createTabulateIndices());
  pm.addPass(createDropDeadResults());
  pm.addPass(createDropUnitDims());
  pm.addPass(createRaiseElementwise());
  pm.addPass(createRaisePooling());
  // The kinds of layers are told from raised bodies, and the addition that
  // comes out of splitting is named after its layer.
  pm.addPass(createNameLayers());
  pm.addPass(createSplitBias());
  // A bias in front of the scale is scaled with it.
  addFoldAffine(pm);
  pm.addPass(createResolveBatch());
  // Biases and scales are those of the whole.
  pm.addPass(createSplitTransposedConv());
  pm.addPass(createPropagateQuantization());
  // Ranges are those of the factors that are multiplied.
  pm.addNestedPass<func::FuncOp>(createDeferScaling());
  // Not the canonicalizer: it would fold quantize-dequantize pairs away.
  pm.addPass(createCSEPass());
  // Weights are in their final form.
  pm.addPass(createRaiseCodebooks());
  pm.addPass(createVerifyImport());
}

static bool hasStatistics(const CalibrationOptions &options) {
  return !options.data.empty() || !options.statistics.empty();
}

/// What all passes that run a network on data ask for.
template <typename To>
static void takeData(const DataOptions &from, To &to) {
  to.data = from.data;
  to.key = from.key;
  to.samples = from.samples;
}

/// Statistics of data or, from an earlier calibration, of a file, if there is
/// one of them.
static void addCalibration(OpPassManager &pm, const CalibrationOptions &options,
                           CalibrateOptions calibrate) {
  // Options of the data without data are an error, which the pass gives.
  if (!hasStatistics(options) && options.key == "x" && options.samples == 0)
    return;
  takeData(options, calibrate);
  calibrate.statistics = options.statistics;
  pm.addPass(createCalibrate(calibrate, buildCalibrationPipeline));
}

/// What weights multiply, where it is known, for the errors of other weights.
static void addWeighing(OpPassManager &pm, const CalibrationOptions &options) {
  CalibrateOptions calibrate;
  calibrate.inputStatistics = true;
  calibrate.correlations = ".*";
  // Deeper layers are weighed by the diagonal.
  calibrate.maxCorrelated = 2048;
  addCalibration(pm, options, calibrate);
}

/// Layers on which `change` loses too much accuracy are left out of it: those
/// that have the attribute `request` lose it, or, without one, stay in f32.
template <typename Options>
static void addLimitDrop(OpPassManager &pm, const Options &options,
                         StringRef request, PipelineBuilder change,
                         WeightRange range = WeightRange::Full) {
  if (!(options.accuracyDrop >= 0))
    return;
  LimitDropOptions limit;
  takeData(options, limit);
  limit.labels = options.labels;
  limit.drop = options.accuracyDrop;
  limit.request = request.str();
  limit.range = range;
  pm.addPass(
      createLimitDrop(limit, std::move(change), buildCalibrationPipeline));
}

void nnq::buildCalibratePipeline(OpPassManager &pm,
                                 const CalibratePipelineOptions &options) {
  buildImportPipeline(pm);
  if (options.equalize)
    pm.addPass(createEqualizeLayers());
  CalibrateOptions calibrate;
  takeData(options, calibrate);
  calibrate.save = options.save;
  calibrate.inputStatistics = options.inputStatistics;
  calibrate.correlations = options.correlations;
  pm.addPass(createCalibrate(calibrate, buildCalibrationPipeline));
}

void nnq::buildPruneChannelsPipeline(OpPassManager &pm,
                                     const PruneChannelsOptions &options) {
  buildImportPipeline(pm);
  CalibrateOptions calibrate;
  calibrate.inputStatistics = true;
  calibrate.correlations = ".*";
  addCalibration(pm, options, calibrate);
  SelectChannelsOptions select;
  select.ratio = options.ratio;
  select.macs = options.macs;
  select.latency = options.latency;
  select.precision = options.precision;
  select.criterion = options.criterion;
  select.ranking = options.ranking;
  select.roundTo = options.roundTo;
  select.exclude = options.exclude;
  select.scales = options.scales;
  select.gradients = options.gradients;
  select.seed = options.seed;
  pm.addPass(createSelectChannels(select));
  bool reconstructs = hasStatistics(options) && options.reconstruct;
  if (reconstructs)
    pm.addPass(createReconstructWeights());
  RemoveChannelsOptions remove;
  remove.mask = options.mask;
  pm.addPass(createRemoveChannels(remove));
  // Biases that came in are one with those that were there.
  if (reconstructs)
    addFoldAffine(pm);
  // Each layer had constants of its own.
  pm.addPass(createCSEPass());
  pm.addPass(createVerifyImport());
}

void nnq::buildBlockRemovalPipeline(OpPassManager &pm,
                                    const ReconstructBlocksOptions &options) {
  // Without data there is nothing to fit to.
  if (!options.data.empty())
    pm.addPass(createReconstructBlocks(options, buildCalibrationPipeline));
  pm.addPass(createRemoveBlocks());
  // Projections without anything nonlinear behind them are one with layers.
  addFoldAffine(pm);
}

void nnq::buildPruneLayersPipeline(OpPassManager &pm,
                                   const PruneLayersOptions &options) {
  buildImportPipeline(pm);
  ReconstructBlocksOptions reconstruct;
  takeData(options, reconstruct);
  reconstruct.fit = options.fit;
  SelectBlocksOptions select;
  takeData(options, select);
  select.labels = options.labels;
  select.count = options.count;
  select.ratio = options.ratio;
  select.drop = options.accuracyDrop;
  select.criterion = options.criterion;
  select.bridge = options.bridge;
  select.exclude = options.exclude;
  pm.addPass(createSelectBlocks(
      select,
      [reconstruct](OpPassManager &to) {
        buildBlockRemovalPipeline(to, reconstruct);
      },
      buildCalibrationPipeline));
  buildBlockRemovalPipeline(pm, reconstruct);
  pm.addPass(createCSEPass());
  pm.addPass(createVerifyImport());
}

void nnq::buildPruneWeightsPipeline(
    OpPassManager &pm, const PruneWeightsPipelineOptions &options) {
  buildImportPipeline(pm);
  CalibrateOptions calibrate;
  calibrate.inputStatistics = options.criterion != WeightCriterion::Magnitude;
  if (options.criterion == WeightCriterion::Obs)
    calibrate.correlations = ".*";
  addCalibration(pm, options, calibrate);
  SelectSparsityOptions select;
  select.ratio = options.ratio;
  select.pattern = options.pattern;
  select.scope = options.scope;
  select.criterion = options.criterion;
  select.damping = options.damping;
  select.exclude = options.exclude;
  pm.addPass(createSelectSparsity(select));
  if (options.steps != 0) {
    PruneGraduallyOptions prune;
    takeData(options, prune);
    prune.steps = options.steps;
    prune.criterion = options.criterion;
    pm.addPass(createPruneGradually(prune, buildCalibrationPipeline));
    // Biases that came in are one with those that were there.
    addFoldAffine(pm);
    pm.addPass(createVerifyImport());
    return;
  }
  PruneWeightsOptions prune;
  prune.criterion = options.criterion;
  prune.damping = options.damping;
  pm.addPass(createPruneWeights(prune));
  pm.addPass(createVerifyImport());
}

void nnq::buildFactorizePipeline(OpPassManager &pm,
                                 const FactorizePipelineOptions &options) {
  buildImportPipeline(pm);
  addWeighing(pm, options);
  SelectRanksOptions select;
  select.method = options.method;
  select.rank = options.rank;
  select.ratio = options.ratio;
  select.energy = options.energy;
  select.vbmf = options.vbmf;
  select.latency = options.latency;
  select.objective = options.objective;
  select.roundTo = options.roundTo;
  select.exclude = options.exclude;
  select.layers = options.layers;
  select.seed = options.seed;
  pm.addPass(createSelectRanks(select));
  if (options.objective == FactorObjective::Latency &&
      options.gate != FactorGate::Estimate) {
    MeasureFactorsOptions measure;
    measure.gate = options.gate;
    measure.precision = options.gatePrecision;
    measure.cache = options.gateCache;
    pm.addPass(createMeasureFactors(measure, buildTrialQuantizationPipeline,
                                    buildCalibrationPipeline));
  }
  FactorizeLayersOptions factorize;
  factorize.seed = options.seed;
  addLimitDrop(pm, options, kFactorizeAttr, [factorize](OpPassManager &to) {
    to.addPass(createFactorizeLayers(factorize));
  });
  pm.addPass(createFactorizeLayers(factorize));
  // Layers of one weight have equal factors.
  pm.addPass(createCSEPass());
  pm.addPass(createVerifyImport());
}

void nnq::buildShareWeightsPipeline(
    OpPassManager &pm, const ShareWeightsPipelineOptions &options) {
  buildImportPipeline(pm);
  addWeighing(pm, options);
  SelectCodebooksOptions select;
  select.bits = options.bits;
  select.channels = options.channels;
  select.zeros = options.zeros;
  select.vector = options.vector;
  select.exclude = options.exclude;
  pm.addPass(createSelectCodebooks(select));
  ShareWeightsOptions share;
  share.damping = options.damping;
  pm.addPass(createShareWeights(share));
  // Layers of equal weights have equal codes.
  pm.addPass(createCSEPass());
  pm.addPass(createVerifyImport());
}

void nnq::buildShareKernelsPipeline(
    OpPassManager &pm, const ShareKernelsPipelineOptions &options) {
  buildImportPipeline(pm);
  CalibrateOptions calibrate;
  calibrate.inputStatistics = true;
  addCalibration(pm, options, calibrate);
  SelectKernelGroupsOptions select;
  select.groups = options.groups;
  select.ratio = options.ratio;
  select.objective = options.objective;
  select.roundTo = options.roundTo;
  select.exclude = options.exclude;
  pm.addPass(createSelectKernelGroups(select));
  pm.addPass(createShareKernels());
  // Layers of one weight have equal kernels.
  pm.addPass(createCSEPass());
  pm.addPass(createVerifyImport());
}

/// Does quantization round weights by what their layers multiply, unasked? The
/// statistics of a file may lack that.
static bool roundsByDefault(const QuantizeInt8Options &options) {
  return options.weightRounding == WeightRounding::Auto &&
         !options.data.empty();
}

static bool correctsBias(const QuantizeInt8Options &options) {
  return options.correctBias.hasValue() ? options.correctBias.getValue()
                                        : roundsByDefault(options);
}

/// The range of weights that gptq rounds, or of the others.
static WeightRange getWeightRange(const QuantizeInt8Options &options,
                                  bool isRounded, int64_t bits) {
  if (options.weightRange == WeightRangeChoice::Auto)
    return isRounded && options.weights == QuantScheme::Symmetric && bits == 8
               ? WeightRange::Reduced
               : WeightRange::Full;
  return options.weightRange == WeightRangeChoice::Reduced
             ? WeightRange::Reduced
             : WeightRange::Full;
}

static QuantizeOptions getQuantizeOptions(const QuantizeInt8Options &options) {
  QuantizeOptions quantize;
  quantize.weights = options.weights;
  quantize.activations = options.activations;
  quantize.activationGranularity = options.activationGranularity;
  quantize.weightGranularity = options.weightGranularity;
  quantize.weightRange =
      getWeightRange(options, /*isRounded=*/false, options.weightBits);
  quantize.weightCalibration = options.weightCalibration;
  quantize.weightBits = options.weightBits;
  quantize.groupSize = options.groupSize;
  quantize.compute = options.compute;
  quantize.attention = options.attention;
  return quantize;
}

static RoundWeightsOptions
getRoundWeightsOptions(const QuantizeInt8Options &options) {
  RoundWeightsOptions round;
  round.weights = options.weights;
  round.weightGranularity = options.weightGranularity;
  round.weightRange =
      getWeightRange(options, /*isRounded=*/true, options.weightBits);
  round.weightCalibration = options.weightCalibration;
  round.weightBits = options.weightBits;
  round.groupSize = options.groupSize;
  round.damping = options.damping;
  round.optional = roundsByDefault(options);
  return round;
}

void nnq::buildQuantizationPipeline(OpPassManager &pm,
                                    const QuantizeOptions &options,
                                    const CorrectBiasOptions *correctBias,
                                    NormPrecision norms) {
  pm.addPass(createQuantize(options));
  if (norms == NormPrecision::Integer)
    pm.addPass(createQuantizeNorms());
  // Whatever has rounded the weights.
  if (correctBias) {
    pm.addPass(createCorrectBias(*correctBias));
    // One bias is rounded once.
    addFoldAffine(pm);
  }
  pm.addPass(createPropagateQuantization());
  // Branches that read one tensor quantize it once.
  pm.addPass(createCSEPass());
  pm.addPass(createQuantizeSoftmax());
  pm.addPass(createVerifyQuantized());
}

void nnq::buildTrialQuantizationPipeline(OpPassManager &pm) {
  QuantizeOptions options;
  options.weightRange = WeightRange::Reduced;
  buildQuantizationPipeline(pm, options);
}

void nnq::buildQuantizeInt8Pipeline(OpPassManager &pm,
                                    const QuantizeInt8Options &options) {
  buildImportPipeline(pm);
  bool rounds = roundsByDefault(options) ||
                options.weightRounding == WeightRounding::Gptq;
  SelectPrecisionOptions select;
  select.layers = options.layers;
  // Written on the layers, where it can be changed for single ones.
  if (options.accuracyDrop >= 0 && options.weightBits < 8)
    select.layers = ".*=int4," + select.layers;
  select.activations = options.activations;
  select.activationGranularity = options.activationGranularity;
  select.weights = options.weights;
  select.weightGranularity = options.weightGranularity;
  select.weightRange = getWeightRange(options, rounds, options.weightBits);
  select.weightBits = options.weightBits;
  select.groupSize = options.groupSize;
  select.foreign = options.foreign;
  pm.addPass(createSelectPrecision(select));
  // Ranges are those of scaled channels.
  if (options.equalize)
    pm.addPass(createEqualizeLayers());
  CalibrateOptions calibrate;
  calibrate.inputStatistics = options.smooth >= 0 || correctsBias(options);
  if (rounds)
    calibrate.correlations = ".*";
  // Deeper layers take longer than most users would wait unasked.
  if (roundsByDefault(options))
    calibrate.maxCorrelated = 2048;
  addCalibration(pm, options, calibrate);
  if (options.smooth >= 0) {
    SmoothActivationsOptions smooth;
    smooth.alpha = options.smooth;
    pm.addPass(createSmoothActivations(smooth));
  }
  ChooseRangesOptions ranges;
  ranges.calibration = options.calibration;
  ranges.percentile = options.percentile;
  ranges.activations = options.activations;
  pm.addPass(createChooseRanges(ranges));
  auto quantize = [settings = getQuantizeOptions(options),
                   round = getRoundWeightsOptions(options), rounds,
                   corrects = correctsBias(options),
                   norms = options.layerNorm.getValue()](OpPassManager &to) {
    if (rounds)
      to.addPass(createRoundWeights(round));
    CorrectBiasOptions correct;
    correct.optional = round.optional;
    buildQuantizationPipeline(to, settings, corrects ? &correct : nullptr,
                              norms);
  };
  addLimitDrop(pm, options, /*request=*/"", quantize,
               getWeightRange(options, rounds, /*bits=*/8));
  if (options.measureNoise) {
    MeasureNoiseOptions measure;
    measure.data = options.data;
    measure.key = options.key;
    measure.floor = options.sqnrFloor;
    pm.addPass(createMeasureNoise(measure, quantize, buildCalibrationPipeline));
  }
  if (!options.bisect.empty()) {
    BisectNoiseOptions bisect;
    bisect.data = options.data;
    bisect.key = options.key;
    bisect.floor = options.sqnrFloor;
    bisect.output = options.bisect;
    pm.addPass(createBisectNoise(bisect, quantize, buildCalibrationPipeline));
  }
  quantize(pm);
}

void nnq::buildLowerPipeline(OpPassManager &pm, Requantization requant) {
  OpPassManager &func = pm.nest<func::FuncOp>();
  // Before anything that canonicalizes: quantize-dequantize pairs fold away.
  LowerQuantizationOptions quantization;
  quantization.requant = requant;
  func.addPass(createLowerQuantization(quantization));
  func.addPass(createGeneralize());
  // Reshapes that are left are not about units.
  func.addPass(createDropUnitLoops());
  // The flattening goes before the layout is chosen, so that the weights behind
  // it follow the layout of the activations.
  func.addPass(createFoldReshapes());
  pm.addPass(createFoldConstantLayout());
  OpPassManager &layout = pm.nest<func::FuncOp>();
  layout.addPass(createPropagateLayout());
  layout.addPass(createFuseElementwise());
  // Epilogues are whole only after fusion.
  layout.addPass(createHoistMaxPool());
  layout.addPass(createApproximateGelu());
  layout.addPass(createApproximateExp());
  // What it leaves is not seen to be monotone.
  layout.addPass(createSimplifyRequantization());
  layout.addPass(createInferNoNaN());
  layout.addPass(createCSEPass());
  layout.addPass(createVerifyLowered());
}

void nnq::buildVectorizePipeline(OpPassManager &pm, CodeObjective objective) {
  OpPassManager &decide = pm.nest<func::FuncOp>();
  SelectStrategyOptions select;
  select.objective = objective;
  decide.addPass(createSelectStrategy(select));
  decide.addPass(createPackContractions());
  decide.addPass(createDecomposeConcats());
  decide.addPass(createDecomposePads());
  decide.addPass(createCSEPass());
  decide.addPass(createSeparateInits());
  // Producers then write into padded buffers instead of being copied there.
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  buildBufferizePipeline(pm);
  OpPassManager &apply = pm.nest<func::FuncOp>();
  // Before kernels take in the ops that write into padded buffers.
  apply.addPass(createFillBorders());
  apply.addPass(createEmitKernels());
  apply.addPass(createVectorizeElementwise());
  apply.addPass(createFuseLoops());
  apply.addPass(createShrinkBuffers());
  // As soon as there are loops: what follows sees equal ones once.
  pm.addPass(createOutlineKernels());
  OpPassManager &lower = pm.nest<func::FuncOp>();
  // Half of what kernels are made of is there twice.
  lower.addPass(createCSEPass());
  lower.addPass(createCanonicalizerPass());
  lower.addPass(createCSEPass());
  lower.addPass(createFoldShifts());
  lower.addPass(createLowerContractToDot());
  lower.addPass(createLowerLookup());
  lower.addPass(createLowerRoundToInt());
  // Rounded numbers are known to be so.
  lower.addPass(createLowerSaturation());
  lower.addPass(createApproximateMath());
  lower.addPass(createCanonicalizerPass());
  // The work of a loop is known now that it consists of instructions.
  lower.addPass(createParallelize());
  lower.addPass(createVerifyVectorized());
}

void nnq::buildBufferizePipeline(OpPassManager &pm) {
  pm.addPass(createVerifyBufferizable());
  pm.addPass(createProtectInputs());
  bufferization::OneShotBufferizePassOptions bufferize;
  bufferize.bufferizeFunctionBoundaries = true;
  bufferize.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  pm.addPass(bufferization::createOneShotBufferizePass(bufferize));
  // The caller owns the results; their marks tell them from the inputs.
  bufferization::BufferResultsToOutParamsPassOptions results;
  results.addResultAttribute = true;
  results.hoistStaticAllocs = true;
  results.modifyPublicFunctions = true;
  pm.addPass(bufferization::createBufferResultsToOutParamsPass(results));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // Loops have no attributes of the ops that they come from.
  pm.addPass(createLocateLayers());
}

void nnq::buildReferencePipeline(OpPassManager &pm) {
  addFrontEnd(pm);
  // Before anything that canonicalizes, as above.
  pm.addPass(createExpandQuantReference());
  pm.addPass(createDecomposeAggregate());
  pm.addNestedPass<func::FuncOp>(createConvertElementwiseToLinalgPass());
  buildBufferizePipeline(pm);
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
}

/// From here on all shapes are static. `tile` is the largest part of a batch
/// that one call computes, 0 for the default.
static void addTileBatch(OpPassManager &pm, int64_t tile) {
  addFrontEnd(pm);
  pm.addPass(createResolveBatch());
  TileBatchOptions options;
  if (tile)
    options.tile = tile;
  pm.addPass(createTileBatch(options));
}

void nnq::buildTargetPipeline(OpPassManager &pm, unsigned threads, bool profile,
                              CodeObjective objective) {
  // Entry points state the bytes of all that are left.
  pm.addPass(createMergeConstants());
  // Needs buffers, which are planned next.
  if (objective == CodeObjective::Size)
    pm.addPass(createEncodeConstants());
  pm.addPass(createPlanMemory());
  if (profile)
    pm.addPass(createProfileLayers());
  pm.addPass(createExportEntry());
  pm.addPass(createLowerObserve());

  // Structured to unstructured control flow. Passes that need only one
  // function run on several at once.
  OpPassManager &loops = pm.nest<func::FuncOp>();
  loops.addPass(createExpandStridedCopy());
  loops.addPass(createConvertVectorToSCFPass(
      VectorTransferToSCFOptions().enableFullUnroll()));
  // While indices still tell their constant part.
  loops.addPass(createLowerAccesses());
  loops.addPass(createLowerAffinePass());
  if (threads > 1) {
    LowerParallelOptions team;
    team.threads = threads;
    pm.addPass(createLowerParallel(team));
  }
  // When it is known which thread runs what.
  pm.addPass(createLowerMatrices());

  // Ops on values. What math has no intrinsic for is a call of libm.
  OpPassManager &values = pm.nest<func::FuncOp>();
  values.addPass(createSCFToControlFlowPass());
  values.addPass(createConvertVectorToLLVMPass());
  values.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertMathToLibmPass());

  // Addresses. Views become arithmetic, which affine.apply writes first.
  OpPassManager &addresses = pm.nest<func::FuncOp>();
  addresses.addPass(memref::createExpandStridedMetadataPass());
  addresses.addPass(createLowerAffinePass());
  addresses.addPass(createArithToLLVMConversionPass());
  addresses.addPass(createConvertIndexToLLVMPass());
  addresses.addPass(createUBToLLVMConversionPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());

  // Plain pointers at the C interface.
  ConvertFuncToLLVMPassOptions func;
  func.useBarePtrCallConv = true;
  pm.addPass(createConvertFuncToLLVMPass(func));
  pm.addPass(createConvertControlFlowToLLVMPass());
  if (threads > 1)
    pm.addPass(createConvertOpenMPToLLVMPass());
  OpPassManager &clean = pm.nest<LLVM::LLVMFuncOp>();
  clean.addPass(createReconcileUnrealizedCastsPass());
  clean.addPass(createCanonicalizerPass());
  clean.addPass(createCSEPass());

  pm.addPass(createLoopOverBatch());
  pm.addPass(createFinalizeLLVM());
  pm.addPass(createVerifyLLVM());
}

void nnq::buildLowerToLLVMPipeline(OpPassManager &pm,
                                   const LowerToLLVMOptions &options) {
  SetTargetOptions target;
  target.target = options.target;
  target.triple = options.triple;
  target.cpu = options.cpu;
  target.features = options.features;
  // The judge does not count threads.
  unsigned threads = options.reference ? 1 : options.threads.getValue();
  target.threads = threads;
  pm.addPass(createSetTarget(target));
  // Import drops the unit dimensions that come out.
  // Time is that of samples one by one.
  addTileBatch(pm, options.reference || options.profile ? 1 : 0);
  buildImportPipeline(pm);
  if (options.profile)
    pm.addPass(createDescribeLayers());
  if (options.reference) {
    buildReferencePipeline(pm);
  } else {
    buildLowerPipeline(pm, options.requant);
    if (options.requireInteger)
      pm.addNestedPass<func::FuncOp>(createRequireInteger());
    // Products are of their final types, and not packed yet.
    if (options.profile)
      pm.addPass(createDescribeLayers());
    buildVectorizePipeline(pm, options.objective);
  }
  buildTargetPipeline(pm, threads, options.profile,
                      options.reference ? CodeObjective::Latency
                                        : options.objective.getValue());
}

void nnq::buildCalibrationPipeline(OpPassManager &pm, bool reference) {
  SetTargetOptions target;
  target.target = "native";
  pm.addPass(createSetTarget(target));
  // Samples are observed one at a time.
  addTileBatch(pm, 1);
  if (reference) {
    pm.addPass(createInterchangeLoops());
    buildReferencePipeline(pm);
  } else {
    buildLowerPipeline(pm);
    buildVectorizePipeline(pm);
  }
  buildTargetPipeline(pm);
}

/// Unlike MLIR's own registration this one never ends the process.
template <typename Options>
static LogicalResult
parseOptions(OpPassManager &pm, StringRef name, StringRef text,
             Options &options,
             function_ref<LogicalResult(const Twine &)> errorHandler) {
  if (std::optional<StringRef> anchor = pm.getOpName();
      anchor && *anchor != ModuleOp::getOperationName())
    return errorHandler("'" + name + "' runs on modules, not on '" + *anchor +
                        "'");
  std::string errors;
  llvm::raw_string_ostream os(errors);
  if (failed(options.parseFromString(text, os)))
    return errorHandler("'" + name + "' cannot read its options" +
                        (errors.empty() ? "" : ": ") +
                        StringRef(errors).rtrim());
  return success();
}

template <typename Options, typename Build>
static Pipeline describe(StringRef name, StringRef description, Build build) {
  auto add = [name,
              build](OpPassManager &pm, StringRef text,
                     function_ref<LogicalResult(const Twine &)> errorHandler) {
    Options options;
    if (failed(parseOptions(pm, name, text, options, errorHandler)))
      return failure();
    build(pm, options);
    return success();
  };
  return {name, description, add, [](auto visit) { visit(Options()); }};
}

/// One that a recipe may have.
template <typename Options, typename Build>
static Pipeline describeStep(StringRef name, StringRef description,
                             Build build) {
  Pipeline pipeline = describe<Options>(name, description, build);
  pipeline.isStep = true;
  return pipeline;
}

/// Its passes depend on a file, which may be wrong.
static Pipeline describeRecipe() {
  auto add = [](OpPassManager &pm, StringRef text,
                function_ref<LogicalResult(const Twine &)> errorHandler) {
    RecipeOptions options;
    // The file alone is what nearly all say.
    std::string given = text.empty() || text.contains('=')
                            ? text.str()
                            : ("file=" + text).str();
    if (failed(parseOptions(pm, "recipe", given, options, errorHandler)))
      return failure();
    return buildRecipePipeline(pm, options, errorHandler);
  };
  return {"recipe", "Compress in the steps that a file lists", add,
          [](auto visit) { visit(RecipeOptions()); }};
}

std::vector<Pipeline> nnq::getPipelines() {
  return {
      describe<EmptyPipelineOptions>(
          "import", "Bring a network to canonical form",
          [](OpPassManager &pm, const EmptyPipelineOptions &) {
            buildImportPipeline(pm);
          }),
      describe<CalibratePipelineOptions>(
          "calibrate", "Run a network on data and gather statistics",
          buildCalibratePipeline),
      describeStep<PruneChannelsOptions>("prune-channels",
                                         "Remove the least important channels",
                                         buildPruneChannelsPipeline),
      describeStep<PruneLayersOptions>("prune-layers",
                                       "Remove the least important blocks",
                                       buildPruneLayersPipeline),
      describeStep<PruneWeightsPipelineOptions>(
          "prune-weights", "Make the least important weights zero",
          buildPruneWeightsPipeline),
      describeStep<FactorizePipelineOptions>(
          "factorize", "Replace layers by products of smaller ones",
          buildFactorizePipeline),
      describeStep<ShareWeightsPipelineOptions>("share-weights",
                                                "Take weights from codebooks",
                                                buildShareWeightsPipeline),
      describeStep<ShareKernelsPipelineOptions>(
          "share-kernels", "Make kernels multiples of fewer ones",
          buildShareKernelsPipeline),
      describeStep<QuantizeInt8Options>(
          "quantize-int8", "Quantize weights and activations to int8",
          buildQuantizeInt8Pipeline),
      describeRecipe(),
      describe<LowerToLLVMOptions>("lower-to-llvm",
                                   "Lower a network to the LLVM dialect",
                                   buildLowerToLLVMPipeline),
  };
}

void nnq::registerPipelines() {
  for (const Pipeline &pipeline : getPipelines())
    registerPassPipeline(pipeline.name, pipeline.description, pipeline.build,
                         pipeline.visitOptions);
}
