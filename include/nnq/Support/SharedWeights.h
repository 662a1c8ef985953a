//===- SharedWeights.h - What is known of shared weights --------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_SHAREDWEIGHTS_H
#define NNQ_SUPPORT_SHAREDWEIGHTS_H

#include "mlir/IR/Operation.h"

namespace nnq {

/// That the integer weights of a layer are vectors of a codebook: a dictionary
/// of `bits`, `size` and `apart`.
inline constexpr llvm::StringLiteral kWeightVectorsAttr = "nnq.weight_vectors";
/// Signal to noise of its weights since they are shared, in dB.
inline constexpr llvm::StringLiteral kWeightSqnrAttr = "nnq.weight_sqnr";

/// What `nnq.weight_vectors` says; the vectors are read off the constant.
struct WeightVectors {
  /// Nothing without the attribute, or if it is malformed.
  static std::optional<WeightVectors> read(mlir::Operation *op);
  void write(mlir::Operation *op) const;

  /// There are at most 2^bits vectors, of so many weights.
  int64_t bits, size;
  /// How far apart these are along the dimension of input channels, which has
  /// the pixels of an image that was flattened, too.
  int64_t apart;
};

} // namespace nnq

#endif // NNQ_SUPPORT_SHAREDWEIGHTS_H
