//===- PruneOptions.h - Choices of the Prune stage --------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_COMPRESS_PRUNE_PRUNEOPTIONS_H
#define NNQ_COMPRESS_PRUNE_PRUNEOPTIONS_H

#include "nnq/Compress/CompiledPrecision.h"
#include "nnq/Support/EnumOption.h"

namespace nnq {

/// How the importance of a channel is measured.
enum class ChannelCriterion {
  L1,
  L2,
  Activation,
  Obs,
  BatchNormScale,
  Taylor,
  Random
};

/// What channels compete with.
enum class PruneRanking { Uniform, Global };

/// How the importance of a weight is measured.
enum class WeightCriterion { Magnitude, Wanda, Obs };

/// What weights compete with.
enum class PruneScope { Local, Global };

/// How the importance of a block is measured.
enum class BlockCriterion { Similarity, Loss };

/// What is fitted to stand in for a block.
enum class BlockFit { None, Affine, Projection };

/// Values of an option of type ChannelCriterion.
inline llvm::cl::ValuesClass channelCriterionValues() {
  return llvm::cl::values(
      clEnumValN(ChannelCriterion::L1, "l1",
                 "Sum of the magnitudes of its weights"),
      clEnumValN(ChannelCriterion::L2, "l2", "Euclidean norm of its weights"),
      clEnumValN(ChannelCriterion::Activation, "activation",
                 "Second moment of what it is on the data"),
      clEnumValN(ChannelCriterion::Obs, "obs",
                 "Error of what reads it, on the data, after other weights "
                 "have made up for it"),
      clEnumValN(ChannelCriterion::BatchNormScale, "bn-scale",
                 "Magnitude of the scale of the batch normalization behind it, "
                 "from scales=FILE"),
      clEnumValN(ChannelCriterion::Taylor, "taylor",
                 "First-order change of the loss without it, from "
                 "gradients=FILE"),
      clEnumValN(ChannelCriterion::Random, "random",
                 "None, as a baseline and for tests"));
}

/// Values of an option of type PruneRanking.
inline llvm::cl::ValuesClass pruneRankingValues() {
  return llvm::cl::values(
      clEnumValN(PruneRanking::Uniform, "uniform",
                 "Each group loses the same share"),
      clEnumValN(PruneRanking::Global, "global",
                 "All groups compete by the importance of their channels"));
}

/// Values of an option of type WeightCriterion.
inline llvm::cl::ValuesClass weightCriterionValues() {
  return llvm::cl::values(
      clEnumValN(WeightCriterion::Magnitude, "magnitude",
                 "Magnitude of the weight, Euclidean norm of a block"),
      clEnumValN(WeightCriterion::Wanda, "wanda",
                 "The same, times the root of the second moment of what it "
                 "multiplies"),
      clEnumValN(WeightCriterion::Obs, "obs",
                 "Error of the results, on the data, after other weights have "
                 "made up for it"));
}

/// Values of an option of type PruneScope.
inline llvm::cl::ValuesClass pruneScopeValues() {
  return llvm::cl::values(clEnumValN(PruneScope::Local, "local",
                                     "Each layer gets the same share of zeros"),
                          clEnumValN(PruneScope::Global, "global",
                                     "The weights of all layers compete"));
}

/// Values of an option of type BlockCriterion.
inline llvm::cl::ValuesClass blockCriterionValues() {
  return llvm::cl::values(
      clEnumValN(BlockCriterion::Similarity, "similarity",
                 "1 - cos of what it reads and gives, mean over the samples"),
      clEnumValN(BlockCriterion::Loss, "loss",
                 "Cross-entropy of the network without it, by labels"));
}

/// Values of an option of type BlockFit.
inline llvm::cl::ValuesClass blockFitValues() {
  return llvm::cl::values(
      clEnumValN(BlockFit::None, "none", "What the block reads, as it is"),
      clEnumValN(BlockFit::Affine, "affine",
                 "A factor and a bias for each channel of that"),
      clEnumValN(BlockFit::Projection, "projection",
                 "A matrix over the channels, 1x1, and a bias"));
}

} // namespace nnq

NNQ_ENUM_OPTION(::nnq::ChannelCriterion)
NNQ_ENUM_OPTION(::nnq::PruneRanking)
NNQ_ENUM_OPTION(::nnq::WeightCriterion)
NNQ_ENUM_OPTION(::nnq::PruneScope)
NNQ_ENUM_OPTION(::nnq::BlockCriterion)
NNQ_ENUM_OPTION(::nnq::BlockFit)

#endif // NNQ_COMPRESS_PRUNE_PRUNEOPTIONS_H
