//===- ChannelReaders.h - What reads the channels of a layer ----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_QUANTIZE_CHANNELREADERS_H
#define NNQ_LIB_COMPRESS_QUANTIZE_CHANNELREADERS_H

#include "ChannelDim.h"
#include "nnq/Support/Structured.h"

#include "llvm/ADT/SetVector.h"

namespace nnq {

/// All that has to be scaled so that a positive factor for each channel of a
/// value changes nothing but what lies between.
struct ChannelReaders {
  /// A layer whose weights are divided by the factor.
  struct Layer {
    mlir::linalg::LinalgOp op;
    mlir::OpOperand *weight;
    /// Of each weight.
    std::vector<int64_t> channels;
  };
  /// A constant that is multiplied by it, as a bias is.
  struct Constant {
    mlir::OpOperand *operand;
    ChannelDim channels;
  };

  llvm::SmallVector<Layer> layers;
  llvm::SmallVector<Constant> constants;
  /// Ops whose results are scaled.
  llvm::SetVector<mlir::Operation *> between;

  /// Follows `value` through all that commutes with positive factors to layers
  /// with constant weights; on failure `reason` says what does not.
  static mlir::FailureOr<ChannelReaders>
  find(mlir::Value value, ChannelDim channels, std::string &reason);

private:
  mlir::LogicalResult follow(mlir::Value value, ChannelDim channels,
                             std::string &reason);
  mlir::LogicalResult follow(mlir::OpOperand &use, ChannelDim channels,
                             std::string &reason);
};

/// The constant operands of an elementwise op that have to be scaled together
/// with `scaled`, all operands of it that are, so that its result is, too.
/// Fails if nothing does that, and says why.
mlir::FailureOr<llvm::SmallVector<mlir::OpOperand *>>
findScaledConstants(mlir::linalg::LinalgOp op, mlir::Value scaled,
                    std::string &reason);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_QUANTIZE_CHANNELREADERS_H
