//===- ChannelRequests.cpp - Channels that layers name --------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "ChannelRequests.h"

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/Contraction.h"
#include "nnq/Support/Layers.h"

using namespace mlir;
using namespace nnq;

bool nnq::hasChannelRequests(func::FuncOp function) {
  return function
      .walk([](Operation *op) {
        return op->hasAttr(kRemoveChannelsAttr) ? WalkResult::interrupt()
                                                : WalkResult::advance();
      })
      .wasInterrupted();
}

static LogicalResult mark(const ChannelGraph &graph, linalg::LinalgOp op,
                          unsigned dim, ArrayRef<int64_t> positions,
                          llvm::BitVector &removed) {
  unsigned number = *graph.findDim(op->getResult(0), dim);
  for (int64_t position : positions) {
    if (position < 0 || position >= graph.getSize(number))
      return emitLayerError(op)
             << kRemoveChannelsAttr << " names channel " << position
             << "; there are " << graph.getSize(number);
    ChannelGraph::Position unit =
        graph.getUnit(graph.getFirst(number) + position);
    if (StringRef reason = graph.getReason(unit); !reason.empty()) {
      InFlightDiagnostic error = emitLayerError(op)
                                 << "channel " << position
                                 << " cannot be removed: " << reason;
      if (Operation *cause = graph.getCause(unit))
        error.attachNote(cause->getLoc()) << "here";
      return error;
    }
    removed.set(unit);
  }
  return success();
}

FailureOr<llvm::BitVector> nnq::readChannelRequests(func::FuncOp function,
                                                    const ChannelGraph &graph) {
  llvm::BitVector removed(graph.getNumPositions());
  WalkResult result = function.walk([&](Operation *op) {
    Attribute attr = op->getAttr(kRemoveChannelsAttr);
    if (!attr)
      return WalkResult::advance();
    auto positions = dyn_cast<DenseI64ArrayAttr>(attr);
    FailureOr<Contraction> layer = Contraction::match(op);
    if (!positions || failed(layer)) {
      emitLayerError(op) << kRemoveChannelsAttr
                         << (positions ? " is for layers that make channels of "
                                         "weights"
                                       : " has to be an array<i64>");
      return WalkResult::interrupt();
    }
    return WalkResult(mark(graph, layer->op, layer->channelDim,
                           positions.asArrayRef(), removed));
  });
  if (result.wasInterrupted())
    return failure();
  return removed;
}
