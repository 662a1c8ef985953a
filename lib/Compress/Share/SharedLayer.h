//===- SharedLayer.h - Weights of a layer that share numbers ----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_SHARE_SHAREDLAYER_H
#define NNQ_LIB_COMPRESS_SHARE_SHAREDLAYER_H

#include "nnq/Support/Correlation.h"
#include "nnq/Support/InputChannels.h"
#include "nnq/Support/LayerView.h"
#include "nnq/Support/WeightReaders.h"

namespace nnq {

/// The weights of a layer as a matrix: rows are output channels.
class SharedLayer {
public:
  /// Fails, and says why, where weights have no output channels that could
  /// have scales, or are not at hand.
  static mlir::FailureOr<SharedLayer> get(const WeightReaders &readers,
                                          std::string &reason);

  mlir::linalg::LinalgOp getOp() const { return readers.front(); }
  int64_t getNumRows() const { return view.getNumChannels(); }
  int64_t getDepth() const { return view.getDepth(); }
  bool isFinite() const;

  /// Codes by `codebook` that bits tell apart, in the order of the constant;
  /// and scales of rows. Fails if no matrix can be factorized.
  mlir::LogicalResult share(CodebookAttr codebook, double damping);
  /// Why entries of a codebook cannot be for `vector` neighbours each, or
  /// nothing.
  std::string findVectorObstacle(int64_t vector, bool keepsZeros) const;
  /// Makes readers multiply by scales times codes.
  void write(CodebookAttr codebook) const;
  /// Of weights as they are now to the error of codes, in dB.
  double getSqnr() const;

  WeightReaders readers;
  LayerView view;
  /// In the order of the constant.
  std::vector<double> weights;
  std::vector<int32_t> codes;
  mlir::SmallVector<double> scales;

private:
  /// Chooses codes of a group so that each entry makes up for the error of
  /// those before it, where results are nearer then. Entries are for `vector`
  /// neighbours in `order`.
  mlir::LogicalResult
  compensate(int64_t group,
             llvm::ArrayRef<llvm::ArrayRef<int32_t>> codebookOfRow,
             llvm::ArrayRef<int64_t> order, int64_t vector, bool keepsZeros,
             double damping);
  double getImportance(int64_t row, int64_t k) const;
  /// Positions along a row, those of neighbouring input channels behind one
  /// another.
  llvm::SmallVector<int64_t> getOrder() const;

  unsigned channelAxis;
  InputChannels inputs;
  /// Empty where a reader has none.
  ReaderMoments moments;
};

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_SHARE_SHAREDLAYER_H
