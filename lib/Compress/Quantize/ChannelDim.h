//===- ChannelDim.h - Where the channels of a tensor are --------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_QUANTIZE_CHANNELDIM_H
#define NNQ_LIB_COMPRESS_QUANTIZE_CHANNELDIM_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

namespace nnq {

/// The channels of a tensor lie along a dimension, maybe with others that a
/// reshape has put into it: index i is of channel i / inner % count.
struct ChannelDim {
  int64_t dim;
  int64_t count;
  int64_t inner = 1;

  int64_t getChannel(int64_t index) const { return index / inner % count; }
};

/// Where the channels of the source are in the result of a reshape
/// (`tensor.expand_shape`, `tensor.collapse_shape`), or of the result in the
/// source; nothing if they are split up, or the op is none.
std::optional<ChannelDim> mapToResult(mlir::Operation *reshape,
                                      ChannelDim channels);
std::optional<ChannelDim> mapToSource(mlir::Operation *reshape,
                                      ChannelDim channels);

/// The channels of an operand with `map` of an op whose loop `loop` has
/// `channels`; nothing if the operand has one number for several channels.
std::optional<ChannelDim> mapToOperand(mlir::AffineMap map, unsigned loop,
                                       mlir::Value operand,
                                       ChannelDim channels);

/// The channel of each element of a tensor.
llvm::SmallVector<int64_t> getElementChannels(mlir::ShapedType type,
                                              ChannelDim channels);

/// `constant`, of f32, with each number times the factor of its channel. Fails
/// if its bytes are not at hand or a product is not finite.
mlir::FailureOr<mlir::Value> scaleConstant(mlir::OpBuilder &builder,
                                           mlir::Value constant,
                                           ChannelDim channels,
                                           mlir::ArrayRef<double> factors);

/// The same where `channels` tells the channel of each element.
mlir::FailureOr<mlir::Value> scaleElements(mlir::OpBuilder &builder,
                                           mlir::Value constant,
                                           mlir::ArrayRef<int64_t> channels,
                                           mlir::ArrayRef<double> factors);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_QUANTIZE_CHANNELDIM_H
