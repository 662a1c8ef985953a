//===- SparseStrategy.h - Kernels that skip zeros ---------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_SPARSESTRATEGY_H
#define NNQ_LIB_VECTORIZE_COMMON_SPARSESTRATEGY_H

#include "ContractionLayout.h"
#include "nnq/Vectorize/KernelCost.h"

namespace nnq {

/// The kernel that multiplies all that is stored, and the cycles of all its
/// steps.
KernelEstimate estimateKernel(TargetAttr target,
                              const ContractionLayout &layout,
                              const KernelProblem &problem);

/// The kernel that skips zeros among the weights, in blocks or one by one, if
/// it takes fewer cycles than `dense`, else that. Where many weights are zero
/// all the same, `reason` says why.
KernelEstimate chooseSparse(TargetAttr target, const ContractionLayout &layout,
                            const KernelProblem &problem,
                            const KernelEstimate &dense, std::string &reason);

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_SPARSESTRATEGY_H
