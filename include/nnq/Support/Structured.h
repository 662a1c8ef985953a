//===- Structured.h - Questions about linalg ops --------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_STRUCTURED_H
#define NNQ_SUPPORT_STRUCTURED_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// True if the body reads `arg`, an integer, as one without a sign.
bool isExtendedUnsigned(mlir::BlockArgument arg);

/// True if the region computes `out + ext(a) * ext(b)`; integers may be
/// multiplied as f32.
bool isMultiplyAddBody(mlir::linalg::LinalgOp op);

/// Sum of products over a sliding window; pooling is none.
bool isConvolution(mlir::linalg::LinalgOp op);

/// Output channels in each group of a convolution over groups, whose activation
/// depends on the loop over channels by `loop floordiv n` alone, or by its
/// multiple; nothing for other maps of the activation.
std::optional<int64_t> getGroupChannels(mlir::AffineMap activation,
                                        unsigned channelLoop);

/// Sum of products without a window: matmul and its batched, transposed and
/// vector forms.
bool isContraction(mlir::linalg::LinalgOp op);

/// The ops that quantization is about: convolutions and contractions.
bool isMultiplyAccumulate(mlir::linalg::LinalgOp op);

/// The maximum over the first input, as max pooling computes it.
bool isMaxReduction(mlir::linalg::LinalgOp op);

/// Reduction over a sliding window whose second operand only gives its shape.
bool isPooling(mlir::linalg::LinalgOp op);

/// Pooling by maximum; `input` of it commutes with any increasing function.
bool isMaxPooling(mlir::linalg::LinalgOp op);

/// Pooling by addition, from which the mean is made.
bool isSumPooling(mlir::linalg::LinalgOp op);

/// True for what gives elements of its first operand, all of them in another
/// shape or a part of them.
bool isView(mlir::Operation *op);

/// Elementwise op that is neither a fill nor data movement.
bool isElementwiseCompute(mlir::linalg::LinalgOp op);

/// True for copies, fills, broadcasts and transposes.
bool isDataMovement(mlir::linalg::LinalgOp op);

/// Dimension i of the result is dimension permutation[i] of the operand, if
/// `op` is a transpose.
std::optional<llvm::SmallVector<int64_t>> getPermutation(mlir::Operation *op);

/// The number that `linalg.fill` makes `value` of, or null.
mlir::Value getFillValue(mlir::Value value);

/// True if `value` is filled with zeros.
bool isZeroFill(mlir::Value value);

/// True if a maximum that starts from `value` is that of the elements alone:
/// the least integer, minus infinity, or the least finite number, which is as
/// good for numbers that a network computes.
bool isLowestValue(mlir::Value value, bool isUnsigned = false);

/// A tensor that repeats a smaller one.
struct Broadcast {
  mlir::Value source;
  /// Dimensions of the result that the source lacks.
  llvm::SmallVector<int64_t> added;
};

/// The broadcast that makes `value`, be it named or generic.
std::optional<Broadcast> matchBroadcast(mlir::Value value);

/// True for the result of `quant.dcast` or `nnq.dynamic_dcast`.
bool isDequantized(mlir::Value value);

/// Operands of a convolution or contraction one of which is a constant.
struct WeightedOp {
  mlir::OpOperand *activation;
  mlir::OpOperand *weight;
  /// Dimension of the weight that runs over output channels; none for a dot
  /// product. The longest one where there are several (groups, batches).
  std::optional<int64_t> channelAxis;
  /// Dimension of the weight that runs over input channels. The longest one
  /// where there are several.
  std::optional<int64_t> inputAxis;
};

/// The constant may already be in quantize/dequantize form. Fails if no operand
/// is a constant, or both are.
mlir::FailureOr<WeightedOp> matchWeightedOp(mlir::linalg::LinalgOp op);

/// From the dimensions of the result of a product of matrices to those of the
/// rows of `activation`, which are along its last dimension; none where `op`
/// sums up anything else.
std::optional<mlir::AffineMap> getRowMap(mlir::linalg::LinalgOp op,
                                         mlir::OpOperand &activation);

/// All convolutions and contractions of this kind in `root`.
llvm::SmallVector<mlir::linalg::LinalgOp>
findWeightedOps(mlir::Operation *root);

/// True for a contraction of two operands that are computed at run time.
bool isActivationProduct(mlir::linalg::LinalgOp op);

/// True for one of u8 by s8, in this order.
bool isProductOfBytes(mlir::linalg::LinalgOp op);

/// True for one of u8 by s8, or of 16-bit integers, as activations without
/// their zero points are.
bool isIntegerProduct(mlir::linalg::LinalgOp op);

/// Upstream's generalization of a named op, with the discardable attributes
/// that it drops.
mlir::FailureOr<mlir::linalg::GenericOp>
generalizeNamedOp(mlir::RewriterBase &rewriter, mlir::linalg::LinalgOp op);

} // namespace nnq

#endif // NNQ_SUPPORT_STRUCTURED_H
