//===- ChannelReader.h - A layer as a reader of channels --------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_PRUNE_CHANNELREADER_H
#define NNQ_LIB_COMPRESS_PRUNE_CHANNELREADER_H

#include "ChannelGroups.h"
#include "nnq/Support/Correlation.h"
#include "nnq/Support/LayerView.h"

namespace nnq {

/// The unit of each number that a row of the weights of `op` multiplies.
llvm::SmallVector<ChannelGraph::Position>
getUnitsOfRows(const ChannelGraph &graph, mlir::linalg::LinalgOp op,
               mlir::OpOperand *weight, const LayerView &view);

/// A layer whose sums run over channels, with what calibration saw of them.
class ChannelReader {
public:
  /// Fails, and says why, for layers without `nnq.input_stats` or, if it is
  /// asked for, `correlation` in these, and for those of several groups, which
  /// only go as a whole.
  static mlir::FailureOr<ChannelReader> get(const ChannelGraph &graph,
                                            mlir::linalg::LinalgOp op,
                                            bool isCorrelated,
                                            std::string &reason);

  mlir::linalg::LinalgOp op;
  mlir::OpOperand *weight = nullptr;
  LayerView view;
  /// The unit of each number that a row of weights multiplies.
  llvm::SmallVector<ChannelGraph::Position> units;
  /// Rows of weights, one for each output channel.
  Matrix rows;
  /// Mean and variance of what they multiply, and its covariance where there
  /// are correlations.
  Eigen::VectorXd mean, variance;
  Matrix covariance;
};

/// `matrix` with `damping` times the mean of its diagonal added to that, and
/// more until it is positive definite; the inverse of the result.
Matrix invertDamped(const Matrix &matrix, double damping);

/// Errors that the removal of units makes in what layers compute from them,
/// after the other weights have made up for it as well as they can: Optimal
/// Brain Surgeon (Hassibi & Stork, 1993) for blocks of weights. Without
/// correlations, nothing makes up for it but the bias.
class RemovalErrors {
public:
  /// Layers that read the units of one group.
  explicit RemovalErrors(std::vector<ChannelReader> readers);

  /// For each unit the error at its removal, relative to the variance of what
  /// the layers compute; the least one first, with those before it gone. The
  /// numbers do not fall in this order.
  std::vector<double> rank(llvm::ArrayRef<ChannelGraph::Position> units);

private:
  struct State {
    ChannelReader reader;
    /// Of the covariance, if there is one.
    Matrix inverse;
    double variance = 0;
    llvm::DenseMap<ChannelGraph::Position, llvm::SmallVector<int64_t>> places;
  };

  double getError(const State &state, ChannelGraph::Position unit) const;
  void remove(State &state, llvm::ArrayRef<ChannelGraph::Position> units);

  std::vector<State> states;
};

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_PRUNE_CHANNELREADER_H
