//===- AffineChain.h - Scales and offsets behind a layer --------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_IMPORT_AFFINECHAIN_H
#define NNQ_LIB_IMPORT_AFFINECHAIN_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// Elementwise ops behind a layer, each the only reader of the one before and
/// affine in it: together `scale * result + offset`, a pair for each output
/// channel of the layer. Reshapes may stand in between.
class AffineChain {
public:
  /// Follows the chain behind `layer` as far as it goes.
  mlir::LogicalResult match(mlir::linalg::LinalgOp layer,
                            mlir::OpOperand *weight, std::string &reason);

  /// The operand of an op of the chain that comes from the layer.
  mlir::Value getInput(mlir::linalg::GenericOp op) const {
    return op->getOperand(inputs.lookup(op));
  }

  /// What an index of each dimension of the weight adds to the channel.
  llvm::SmallVector<int64_t>
  getChannelStrides(llvm::ArrayRef<int64_t> weightShape) const;

  /// How the result of the last op reads a bias of `shape`, one number a
  /// channel.
  mlir::AffineMap getBiasMap(llvm::SmallVectorImpl<int64_t> &shape) const;

  llvm::SmallVector<mlir::linalg::GenericOp> ops;
  /// One number a channel: the row-major index over `channels`.
  llvm::SmallVector<double> scale, offset;

private:
  /// A loop of the layer that its result and its weight share.
  struct Channel {
    unsigned weightDim;
    int64_t size;
  };
  /// The channels that each dimension of the current tensor runs over, or
  /// nothing if it runs over anything else.
  using Dims = llvm::SmallVector<std::optional<llvm::SmallVector<unsigned>>>;

  bool append(mlir::linalg::GenericOp op, mlir::Value input);
  bool reshape(mlir::Operation *op);
  mlir::FailureOr<llvm::SmallVector<double>>
  readConstant(mlir::OpOperand *operand, mlir::AffineMap map);
  int64_t getNumChannels() const;

  llvm::SmallVector<Channel> channels;
  Dims dims, lastDims;
  llvm::DenseMap<mlir::Operation *, unsigned> inputs;
  mlir::MLIRContext *context = nullptr;
};

} // namespace nnq

#endif // NNQ_LIB_IMPORT_AFFINECHAIN_H
