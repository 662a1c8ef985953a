//===- WeightReaders.h - Layers of one constant -----------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_WEIGHTREADERS_H
#define NNQ_SUPPORT_WEIGHTREADERS_H

#include "nnq/Support/LayerView.h"

namespace nnq {

/// Ops that read one constant as weights.
using WeightReaders = llvm::SmallVector<mlir::linalg::LinalgOp, 1>;

/// Convolutions and contractions with constant weights, in order.
std::vector<WeightReaders> findWeightReaders(mlir::Operation *root);

/// True if nothing reads the weights but these ops, all in the same way.
bool readAlike(const WeightReaders &readers);

/// What weights multiply, over all of their readers.
struct ReaderMoments {
  /// Fails, and says why, if a reader has no statistics, or none that fit.
  static mlir::FailureOr<ReaderMoments> get(const WeightReaders &readers,
                                            const LayerView &view,
                                            bool isCorrelated,
                                            std::string &reason);

  /// E[x^2], groups x depth.
  std::vector<double> second;
  /// Triangles of E[x x^T] of the groups; empty unless asked for.
  std::vector<float> correlation;
};

} // namespace nnq

#endif // NNQ_SUPPORT_WEIGHTREADERS_H
