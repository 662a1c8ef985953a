//===- ChannelRequests.h - Channels that layers name ------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_PRUNE_CHANNELREQUESTS_H
#define NNQ_LIB_COMPRESS_PRUNE_CHANNELREQUESTS_H

#include "ChannelGroups.h"
#include "llvm/ADT/BitVector.h"

namespace nnq {

/// True if a layer names channels to remove.
bool hasChannelRequests(mlir::func::FuncOp function);

/// The units that `nnq.remove_channels` of layers name. An error for what is no
/// channel, and for what has to stay.
mlir::FailureOr<llvm::BitVector>
readChannelRequests(mlir::func::FuncOp function, const ChannelGraph &graph);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_PRUNE_CHANNELREQUESTS_H
