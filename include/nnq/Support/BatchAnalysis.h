//===- BatchAnalysis.h - Samples that do not meet ---------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_BATCHANALYSIS_H
#define NNQ_SUPPORT_BATCHANALYSIS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "nnq/Support/BatchSizes.h"

namespace nnq {

/// Where a tensor holds the samples of a batch: along `position`, with `scale`
/// elements of each sample. These are several where dimensions were merged:
/// `rows` neighbouring elements, such as windows or heads of a sample, in each
/// of `outer` parts, such as tokens, that hold all samples. Where less is
/// known, all elements between those are the same: any multiples of `outer` and
/// `rows` that give `scale` are right.
struct BatchDim {
  int64_t position;
  int64_t scale = 1;
  int64_t outer = 1;
  int64_t rows = 1;
};

/// What is right for both, none if nothing is.
std::optional<BatchDim> unify(BatchDim a, BatchDim b);

/// True if an argument, a result or a value of the function has a tensor type
/// of dynamic shape.
bool hasDynamicShapes(mlir::func::FuncOp function);

/// The proof that the dynamic dimensions of a function are one batch whose
/// samples do not meet: the result for some of the samples is that part of the
/// result. The first dimension of an argument may be dynamic; those of several
/// arguments are the same batch.
class BatchAnalysis {
public:
  /// Fails with an error at the first op that mixes samples.
  static llvm::FailureOr<BatchAnalysis> create(mlir::func::FuncOp function);

  /// None for a tensor that all samples share.
  std::optional<BatchDim> getBatchDim(mlir::Value tensor) const;

  const BatchSizes &getSizes() const { return sizes; }

  /// The index along the loop over samples if `index`, in the body of an op, is
  /// always that: exporters read sample 0 of a batch of one, where broadcasts
  /// are decided at run time. Null otherwise.
  mlir::Value getSampleNumber(mlir::Value index) const {
    return sampleNumbers.lookup(index);
  }

private:
  friend class BatchProof;
  BatchSizes sizes;
  llvm::DenseMap<mlir::Value, BatchDim> dims;
  llvm::DenseMap<mlir::Value, mlir::Value> sampleNumbers;
};

} // namespace nnq

#endif // NNQ_SUPPORT_BATCHANALYSIS_H
