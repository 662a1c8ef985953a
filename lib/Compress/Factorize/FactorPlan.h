//===- FactorPlan.h - The smaller layers that replace a layer ---*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_FACTORIZE_FACTORPLAN_H
#define NNQ_LIB_COMPRESS_FACTORIZE_FACTORPLAN_H

#include "FactorLayer.h"
#include "nnq/Compress/Factorize/FactorizeOptions.h"

namespace nnq {

/// One of the layers in a row that replace a layer. Loops are those of the op,
/// and behind them the ranks.
struct FactorStep {
  /// Those that its weights have, in the order of the factors: what it makes,
  /// what it reads, windows.
  llvm::SmallVector<unsigned> loops;
  llvm::SmallVector<unsigned> summed;

  // What follows from these and from the steps before.
  llvm::SmallVector<int64_t> weightShape;
  /// Positions in `loops`, in the order of the dimensions of the weights.
  llvm::SmallVector<int64_t> weightOrder;
  /// Over loops of its own: parallel ones in the order of the result, then
  /// sums.
  mlir::AffineMap activationMap, weightMap, outputMap;
  llvm::SmallVector<int64_t> sizes;
  unsigned numParallel = 0;
  /// Shape of the result, and where a dynamic size comes from: a dimension of
  /// what it reads, or, behind these, of the result of the layer.
  llvm::SmallVector<int64_t> shape;
  llvm::SmallVector<unsigned> sizeSources;

  /// Dynamic sizes count as one.
  int64_t countMultiplyAdds() const;
  int64_t countWeights() const;
};

struct FactorPlan {
  /// Fails, and says why, if there is no such factorization of the layer.
  static mlir::FailureOr<FactorPlan> get(const FactorLayer &layer,
                                         FactorMethod method,
                                         llvm::ArrayRef<int64_t> ranks,
                                         std::string &reason);
  /// The layer as it is.
  static mlir::FailureOr<FactorPlan> getUnchanged(const FactorLayer &layer,
                                                  std::string &reason);

  int64_t countMultiplyAdds() const;
  int64_t countWeights() const;

  std::vector<FactorStep> steps;
};

/// Ranks that leave the weights as they are; fails, and says why, if `method`
/// is none for the layer.
mlir::FailureOr<llvm::SmallVector<int64_t>>
getFullRanks(const FactorLayer &layer, FactorMethod method,
             std::string &reason);

/// The windows of more than one tap.
llvm::SmallVector<unsigned> getWideWindows(const FactorLayer &layer);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_FACTORIZE_FACTORPLAN_H
