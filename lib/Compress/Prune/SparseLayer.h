//===- SparseLayer.h - Weights of a layer that compete ----------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_PRUNE_SPARSELAYER_H
#define NNQ_LIB_COMPRESS_PRUNE_SPARSELAYER_H

#include "SparsityPattern.h"
#include "nnq/Compress/Prune/PruneOptions.h"
#include "nnq/Support/Correlation.h"
#include "nnq/Support/LayerView.h"
#include "nnq/Support/WeightReaders.h"

#include "llvm/ADT/BitVector.h"

namespace nnq {

/// The weights of a layer as a matrix: rows are output channels; the input
/// channels of one tap are neighbouring columns.
class SparseLayer {
public:
  /// Fails, and says why, if the pattern does not fit, or if statistics that
  /// the criterion asks for are missing.
  static mlir::FailureOr<SparseLayer> get(const WeightReaders &readers,
                                          const SparsityPattern &pattern,
                                          WeightCriterion criterion,
                                          std::string &reason);

  mlir::linalg::LinalgOp getOp() const { return readers.front(); }
  int64_t getNumRows() const { return view.getNumChannels(); }
  int64_t getDepth() const { return view.getDepth(); }
  int64_t getNumWeights() const { return weights.size(); }
  int64_t getWeight(int64_t row, int64_t column) const {
    return view.getWeight(row, columns[column]);
  }
  bool isFinite() const;

  /// What goes as one: weights, or blocks of them, row by row.
  int64_t getNumUnits() const {
    return getNumWeights() / pattern.getBlockSize();
  }
  /// The squared importance of all units; fails if no matrix can be factorized.
  mlir::FailureOr<std::vector<double>> getScores(WeightCriterion criterion,
                                                 double damping) const;
  /// The same of magnitudes, or, of wanda, with E[x^2] of what the weights
  /// of each group multiply.
  std::vector<double> getScores(WeightCriterion criterion,
                                llvm::ArrayRef<double> seconds) const;
  /// The sum of the scores of single weights, or of what they stand for.
  double getPower(WeightCriterion criterion) const;
  /// The weights that `zeros` of the least important units are; of N:M patterns
  /// those that go, whatever their number.
  llvm::BitVector choose(llvm::ArrayRef<double> scores, int64_t zeros) const;

  /// The upper triangle U of a group with U^T U = H^-1, H = E[x x^T].
  std::optional<Matrix> getInverse(int64_t group, double damping) const;
  llvm::SmallVector<int64_t> getRows(int64_t group) const;

  /// Makes readers multiply by `weights`.
  void write() const;

  WeightReaders readers;
  LayerView view;
  SparsityPattern pattern;
  /// In the order of the constant.
  std::vector<float> weights;

private:
  std::vector<double> sumSquares(llvm::ArrayRef<double> factors) const;
  /// E[x x^T] in the order of the view.
  Matrix getCorrelation(int64_t group) const;
  double getSquare(int64_t row, int64_t column,
                   llvm::ArrayRef<double> factors) const;

  /// Numbers of columns among those of the view.
  llvm::SmallVector<int64_t> columns;
  /// As far as the criterion asks for them.
  ReaderMoments moments;
};

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_PRUNE_SPARSELAYER_H
