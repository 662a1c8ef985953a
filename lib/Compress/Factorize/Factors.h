//===- Factors.h - Weights of the layers that replace a layer ---*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_FACTORIZE_FACTORS_H
#define NNQ_LIB_COMPRESS_FACTORIZE_FACTORS_H

#include "FactorLayer.h"
#include "nnq/Compress/Factorize/FactorizeOptions.h"

namespace nnq {

struct Factors {
  /// Those of each step, in the order of its loops.
  llvm::SmallVector<DenseTensor> weights;
  /// What they are together: rows of output channels.
  Matrix product;
};

/// Weighs by `moments` where there are any. Fails, and says why, if what comes
/// out is not finite or degenerate.
mlir::FailureOr<Factors> computeFactors(const FactorLayer &layer,
                                        FactorMethod method,
                                        llvm::ArrayRef<int64_t> ranks,
                                        const InputMoments *moments,
                                        int64_t seed, std::string &reason);

/// ||W - product|| / ||W||, of products with inputs if there are moments.
double getFactorError(const FactorLayer &layer, const Factors &factors,
                      const InputMoments *moments);

/// Singular values of the matrices that the ranks of `method` are about, with
/// their sizes: one of each rank; none for CP.
struct RankSpectrum {
  Eigen::VectorXd values;
  int64_t rows, columns;
};
llvm::SmallVector<RankSpectrum> getSpectra(const FactorLayer &layer,
                                           FactorMethod method,
                                           const InputMoments *moments);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_FACTORIZE_FACTORS_H
