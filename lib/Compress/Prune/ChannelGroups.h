//===- ChannelGroups.h - Channels that may be removed -----------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_PRUNE_CHANNELGROUPS_H
#define NNQ_LIB_COMPRESS_PRUNE_CHANNELGROUPS_H

#include "ChannelGraph.h"
#include "nnq/Vectorize/LayerCost.h"

#include <map>

namespace nnq {

/// An op that makes channels, and the dimension of its result along which.
struct ChannelProducer {
  mlir::linalg::LinalgOp op;
  unsigned dim = 0;
};

/// A constant that an op multiplies with, and a dimension of it that shrinks.
struct WeightDim {
  mlir::linalg::LinalgOp op;
  mlir::OpOperand *weight = nullptr;
  unsigned dim = 0;
};

/// Units along the same dimensions: what a layer and all that read it have in
/// common.
struct ChannelGroup {
  llvm::SmallVector<ChannelGraph::Position> units;
  /// Numbers of the dimensions, in the graph, and the positions that each unit
  /// has along them.
  llvm::SmallVector<unsigned> dims;
  llvm::SmallVector<int64_t> times;
  llvm::SmallVector<ChannelProducer> producers;
  llvm::SmallVector<WeightDim> weights;
};

/// Units that have to stay, for one reason.
struct FixedDim {
  mlir::linalg::LinalgOp op;
  llvm::StringRef reason;
  mlir::Operation *cause;
};

class ChannelGroups {
public:
  explicit ChannelGroups(mlir::func::FuncOp function);

  const ChannelGraph &getGraph() const { return graph; }
  /// Groups that a layer produces, in the order of the network.
  llvm::ArrayRef<ChannelGroup> getGroups() const { return groups; }
  /// Layers none of whose channels can go, and why.
  llvm::ArrayRef<FixedDim> getFixed() const { return fixed; }

  /// Positions along each dimension of the graph.
  llvm::SmallVector<int64_t> countPositions() const;
  /// Multiply-adds of convolutions and contractions of static shape where
  /// `kept` positions stay along each dimension.
  int64_t countMultiplyAdds(llvm::ArrayRef<int64_t> kept) const;
  /// Their estimated cycles on the target, as f32 or quantized to int8.
  double estimateCycles(TargetAttr target, bool isInt8,
                        llvm::ArrayRef<int64_t> kept) const;

private:
  struct Layer {
    /// For each loop a dimension that it runs along, or its size.
    llvm::SmallVector<std::optional<unsigned>> dims;
    LayerLoops loops;
    /// Estimates for sizes of the loops.
    mutable std::map<std::vector<int64_t>, double> cycles;

    std::vector<int64_t> getSizes(llvm::ArrayRef<int64_t> kept) const;
  };

  void addLayer(mlir::linalg::LinalgOp op);
  void collectGroups();

  ChannelGraph graph;
  std::vector<ChannelGroup> groups;
  llvm::SmallVector<FixedDim> fixed;
  std::vector<Layer> layers;
  llvm::SmallVector<ChannelProducer> producers;
};

/// True if `op` sums over a dimension of an operand that it reads by loops.
bool isSummedOver(mlir::linalg::LinalgOp op, mlir::OpOperand *operand,
                  unsigned dim);

/// The constant that `operand` is, through dequantization.
mlir::Value findWeight(mlir::OpOperand &operand);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_PRUNE_CHANNELGROUPS_H
