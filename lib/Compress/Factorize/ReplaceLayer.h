//===- ReplaceLayer.h - Smaller layers in place of a layer ------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_FACTORIZE_REPLACELAYER_H
#define NNQ_LIB_COMPRESS_FACTORIZE_REPLACELAYER_H

#include "FactorPlan.h"

namespace nnq {

/// Replaces a layer by the steps of `plan`, with the weights of each in the
/// order of its loops. `before` is the plan of the layer as it is.
void replaceLayer(const FactorLayer &layer, const FactorPlan &plan,
                  const FactorPlan &before, llvm::ArrayRef<DenseTensor> factors,
                  llvm::StringRef technique = "factorize");

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_FACTORIZE_REPLACELAYER_H
