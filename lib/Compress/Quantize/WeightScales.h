//===- WeightScales.h - Scales that suit weights ----------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_QUANTIZE_WEIGHTSCALES_H
#define NNQ_LIB_COMPRESS_QUANTIZE_WEIGHTSCALES_H

#include "nnq/Compress/Quantize/QuantizeOptions.h"
#include "nnq/Support/QuantMath.h"
#include "llvm/ADT/ArrayRef.h"

namespace nnq {

/// Parameters that cover all of `weights`: the finest, or those of the least
/// squared error among the ones that put the extremes at integers not below
/// half of the range. Weights that come from a coarser grid are exact on that
/// grid.
QuantParams chooseWeightParams(llvm::ArrayRef<float> weights,
                               QuantScheme scheme, StorageRange range,
                               WeightCalibration calibration);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_QUANTIZE_WEIGHTSCALES_H
