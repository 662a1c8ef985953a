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

/// A layer whose sums run over channels, with what calibration saw of them.
class ChannelReader {
public:
  /// Fails, and says why, for layers without `correlation` in
  /// `nnq.input_stats`, and for those of several groups, which only go as a
  /// whole.
  static mlir::FailureOr<ChannelReader> get(const ChannelGraph &graph,
                                            mlir::linalg::LinalgOp op,
                                            std::string &reason);

  mlir::linalg::LinalgOp op;
  mlir::OpOperand *weight = nullptr;
  LayerView view;
  /// The unit of each number that a row of weights multiplies.
  llvm::SmallVector<ChannelGraph::Position> units;
  /// Rows of weights, one for each output channel.
  Matrix rows;
  /// Mean of what they multiply, and its covariance.
  Eigen::VectorXd mean;
  Matrix covariance;
};

/// `matrix` with `damping` times the mean of its diagonal added to that, and
/// more until it is positive definite; the inverse of the result.
Matrix invertDamped(const Matrix &matrix, double damping);

/// Errors that the removal of units makes in what layers compute from them,
/// after the other weights have made up for it as well as they can: Optimal
/// Brain Surgeon (Hassibi & Stork, 1993) for blocks of weights.
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
    Matrix inverse;
    double variance = 0;
    llvm::DenseMap<ChannelGraph::Position, llvm::SmallVector<int64_t>> places;
  };

  double getError(const State &state, ChannelGraph::Position unit) const;
  void remove(State &state, ChannelGraph::Position unit);

  std::vector<State> states;
};

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_PRUNE_CHANNELREADER_H
