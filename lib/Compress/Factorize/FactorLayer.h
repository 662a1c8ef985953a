//===- FactorLayer.h - Layers whose weights can be factorized ---*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_FACTORIZE_FACTORLAYER_H
#define NNQ_LIB_COMPRESS_FACTORIZE_FACTORLAYER_H

#include "DenseTensor.h"
#include "nnq/Support/LayerView.h"

namespace nnq {

/// A convolution or contraction without groups, by what its loops do.
struct FactorLayer {
  /// Fails, and says why, for other ops.
  static mlir::FailureOr<FactorLayer> get(mlir::linalg::LinalgOp op,
                                          std::string &reason);

  int64_t countChannels() const { return weights.shape[0]; }
  int64_t countInputs() const { return weights.shape[1]; }
  int64_t countTaps() const {
    return weights.values.size() / (countChannels() * countInputs());
  }
  int64_t getDepth() const { return countInputs() * countTaps(); }
  /// Rows of output channels.
  Matrix getRows() const { return weights.unfold(0); }
  bool isFinite() const;
  int64_t getSize(unsigned loop) const { return sizes[loop]; }

  mlir::linalg::LinalgOp op;
  mlir::OpOperand *activation = nullptr, *weight = nullptr;
  LayerView view;
  /// Loops of the op that the weights have: over output channels; over sums
  /// that index the activation alone; over those that slide along it.
  llvm::SmallVector<unsigned> channels, inputs, windows;
  /// Of all loops; dynamic ones are kDynamic.
  llvm::SmallVector<int64_t> sizes;
  /// Modes: all output channels, all inputs, and each window.
  DenseTensor weights{llvm::ArrayRef<int64_t>{}};
  /// For each input and tap in the order of `weights`, its number in `view`.
  llvm::SmallVector<int64_t> depthOrder;
};

/// Second moments of what a layer multiplies, in the order of its weights: all
/// of them, or, where correlations are missing, those of the diagonal.
struct InputMoments {
  /// Fails, and says why, where calibration has seen nothing.
  static mlir::FailureOr<InputMoments> get(const FactorLayer &layer,
                                           std::string &reason);

  /// matrix * E[x x^T]
  Matrix multiply(const Matrix &matrix) const;
  /// E[|matrix * x|^2]
  double getPower(const Matrix &matrix) const;

  Matrix correlation;
  Eigen::VectorXd diagonal;
};

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_FACTORIZE_FACTORLAYER_H
