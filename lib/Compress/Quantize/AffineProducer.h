//===- AffineProducer.h - Constants that scale a value ----------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_QUANTIZE_AFFINEPRODUCER_H
#define NNQ_LIB_COMPRESS_QUANTIZE_AFFINEPRODUCER_H

#include "ChannelDim.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnq {

/// Elementwise ops that end in a value whose channels are scaled by scaling
/// constants: the scale and offset of a normalization.
class AffineProducer {
public:
  /// On failure `reason` says why there are none.
  static mlir::FailureOr<AffineProducer>
  find(mlir::Value value, ChannelDim channels, std::string &reason);

  /// The value with each channel times its factor, by copies of the ops; fails
  /// if a constant cannot be scaled.
  mlir::FailureOr<mlir::Value> scale(mlir::OpBuilder &builder,
                                     mlir::ArrayRef<double> factors) const;

private:
  struct Step {
    mlir::linalg::LinalgOp op;
    /// Constants to scale, with where their channels are.
    llvm::SmallVector<std::pair<mlir::OpOperand *, ChannelDim>> constants;
    /// The operand that the next step scales, or null in the last.
    mlir::OpOperand *next = nullptr;
  };

  /// What has to be scaled so that `value` of the body of `step.op` is.
  static mlir::LogicalResult demand(Step &step, mlir::Value value,
                                    ChannelDim channels);

  /// From the value upwards.
  llvm::SmallVector<Step> steps;
};

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_QUANTIZE_AFFINEPRODUCER_H
