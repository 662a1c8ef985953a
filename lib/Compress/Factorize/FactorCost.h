//===- FactorCost.h - Estimated time of layers in a row ---------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_FACTORIZE_FACTORCOST_H
#define NNQ_LIB_COMPRESS_FACTORIZE_FACTORCOST_H

#include "FactorPlan.h"

namespace nnq {

/// Cycles that the f32 kernels of a plan take on the target, by the model that
/// chooses their tiles, with what that leaves out: weights that no cache near
/// the core holds, what lies between layers, and what each kernel costs by
/// itself.
double estimateCycles(TargetAttr target, const FactorPlan &plan);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_FACTORIZE_FACTORCOST_H
