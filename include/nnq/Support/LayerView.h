//===- LayerView.h - Layers as products of matrices -------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_LAYERVIEW_H
#define NNQ_SUPPORT_LAYERVIEW_H

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/Structured.h"

namespace nnq {

/// A convolution or contraction with constant weights, seen as products of rows
/// of weights, one for each output channel, and patches of the input. The rows
/// of a group multiply the same patch.
struct LayerView {
  /// Fails, and says why, if the activation is indexed in ways that no sum of
  /// offsets describes.
  static mlir::FailureOr<LayerView> get(mlir::linalg::LinalgOp op,
                                        const WeightedOp &operands,
                                        std::string &reason);

  int64_t getNumChannels() const { return channelOffsets.size(); }
  /// Length of a row and of a patch.
  int64_t getDepth() const { return depthOffsets.size(); }
  /// Position of a weight.
  int64_t getWeight(int64_t channel, int64_t k) const {
    return channelOffsets[channel] + depthOffsets[k];
  }

  /// Parts of positions in the constant.
  llvm::SmallVector<int64_t> channelOffsets, depthOffsets;
  /// The group of each output channel.
  llvm::SmallVector<int64_t> groups;
  int64_t numGroups = 1;
  /// Sizes of the loops over output channels, and where the result has them.
  llvm::SmallVector<int64_t> channelSizes;
  mlir::AffineMap channelMap;

  /// Parts of positions in the activation.
  struct Patches {
    llvm::SmallVector<int64_t> groupOffsets, depthOffsets, positionOffsets;
  };
  /// Where patches are in an activation of `count` elements, which tells the
  /// size of a dynamic dimension.
  mlir::FailureOr<Patches> getPatches(int64_t count) const;

  /// True if `stats` have the shape of what the layer multiplies.
  bool fits(InputStatsAttr stats) const;

  /// True if a layer seen as `other` that reads the same activation multiplies
  /// the same patches.
  bool readsAs(const LayerView &other) const;

private:
  struct Loop {
    unsigned dim;
    int64_t size;
    /// Neighbouring indices that belong to one group.
    int64_t perGroup = 1;
  };
  llvm::SmallVector<Loop> groupLoops, depthLoops;
  llvm::SmallVector<unsigned> positionLoops;
  llvm::SmallVector<int64_t> activationShape, outputShape;
  mlir::AffineMap activationMap, outputMap;
};

/// A layer, and what was seen of the numbers that it multiplies.
struct ObservedLayer {
  /// Fails, and says why, where one of them is not at hand, or where matrices
  /// are missing that are asked for.
  static mlir::FailureOr<ObservedLayer> get(mlir::linalg::LinalgOp op,
                                            const WeightedOp &operands,
                                            bool isCorrelated,
                                            std::string &reason);

  LayerView view;
  InputStatsAttr stats;
};

/// For each element of `weight`, an operand of `op`, the value that `expr` has
/// there; fails if it is no sum of terms of single loops that the weight has.
mlir::FailureOr<std::vector<int64_t>>
evaluateAtWeights(mlir::linalg::LinalgOp op, mlir::OpOperand *weight,
                  mlir::AffineExpr expr);

} // namespace nnq

#endif // NNQ_SUPPORT_LAYERVIEW_H
