//===- ChannelScores.h - How much channels matter ---------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_PRUNE_CHANNELSCORES_H
#define NNQ_LIB_COMPRESS_PRUNE_CHANNELSCORES_H

#include "ChannelGroups.h"
#include "nnq/Compress/Prune/PruneOptions.h"
#include "nnq/Runtime/NumpyFile.h"

namespace nnq {

/// How importance is measured.
struct ChannelScoring {
  ChannelCriterion criterion;
  uint64_t seed = 0;
  /// Scales or gradients, of criteria that ask for them.
  std::optional<NumpyFile> file;
};

/// The importance of each unit of `group`, in their order. Where several
/// tensors of weights have a part in a unit, it is their mean, each relative to
/// the mean of its units, which makes groups comparable. Fails, with an error,
/// for weights that are not finite.
mlir::FailureOr<std::vector<double>> scoreChannels(const ChannelGraph &graph,
                                                   const ChannelGroup &group,
                                                   ChannelScoring &scoring);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_PRUNE_CHANNELSCORES_H
