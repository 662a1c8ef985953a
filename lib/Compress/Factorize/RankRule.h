//===- RankRule.h - How ranks are chosen ------------------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_FACTORIZE_RANKRULE_H
#define NNQ_LIB_COMPRESS_FACTORIZE_RANKRULE_H

#include "FactorPlan.h"
#include "Factors.h"

namespace nnq {

struct RankRule {
  enum class Kind { Fixed, Ratio, Energy, Vbmf };

  Kind kind = Kind::Fixed;
  /// One for all ranks, or one for each.
  llvm::SmallVector<int64_t> ranks;
  /// Of multiply-adds that go, or of energy that stays.
  double share = 0;
  /// Multiples of this number of channels, as far as break-even allows.
  int64_t width = 1;
};

/// Ranks of `method` by `rule`, and what comes of them. Fails, and says why, if
/// there are none below the `before` multiply-adds of the layer.
struct RankedPlan {
  static mlir::FailureOr<RankedPlan> get(const FactorLayer &layer,
                                         FactorMethod method,
                                         const RankRule &rule,
                                         llvm::ArrayRef<RankSpectrum> spectra,
                                         int64_t before, std::string &reason);

  FactorMethod method;
  llvm::SmallVector<int64_t> ranks;
  FactorPlan plan;
};

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_FACTORIZE_RANKRULE_H
