//===- Blocks.h - Parts of a network that it works without ------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_PRUNE_BLOCKS_H
#define NNQ_LIB_COMPRESS_PRUNE_BLOCKS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// Ops that one value can stand in for.
struct PrunableBlock {
  /// The last op, whose result `input` can replace.
  mlir::Operation *getExit() const { return output.getDefiningOp(); }
  /// Names of the first and the last layer that has weights.
  std::string getName() const;
  bool overlaps(const PrunableBlock &other) const;

  mlir::Value input, output;
  /// All that nothing else reads, in order; the exit is the last.
  llvm::SmallVector<mlir::Operation *> ops;
  /// Convolutions and contractions with constant weights among them.
  llvm::SmallVector<mlir::linalg::LinalgOp> layers;
  /// Along which channels of the output lie, where that is known.
  std::optional<unsigned> channelDim;
  /// Of one sample if the batch is dynamic.
  int64_t multiplyAdds = 0;
  int64_t numWeights = 0;
  /// The shortcut that changes the shape in place of the block.
  std::string bridge;
};

/// What looks like a block and is none, and why.
struct RefusedBlock {
  mlir::Operation *op;
  std::string reason;
};

struct Blocks {
  /// In the order of the network:
  ///
  /// - residual blocks: all that lies between a tensor and its addition to what
  ///   was made of it alone. With `bridges` also what lies beside the cheaper
  ///   of two branches of one tensor that are added: a shortcut that changes
  ///   the shape.
  /// - outside of them, convolutions and contractions, with the elementwise ops
  ///   behind them, whose result has the type of what they read.
  static Blocks find(mlir::func::FuncOp function, bool bridges);

  std::vector<PrunableBlock> blocks;
  std::vector<RefusedBlock> refused;
};

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_PRUNE_BLOCKS_H
