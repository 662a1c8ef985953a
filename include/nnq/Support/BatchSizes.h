//===- BatchSizes.h - Integers that depend on the batch ---------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_BATCHSIZES_H
#define NNQ_SUPPORT_BATCHSIZES_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

#include <optional>

namespace nnq {

/// scale * batch + offset, where a batch has at least one sample.
struct BatchSize {
  int64_t scale = 0;
  int64_t offset = 0;

  bool isConstant() const { return scale == 0; }
  /// A whole number of elements a sample.
  bool isMultiple() const { return scale > 0 && offset == 0; }
  int64_t at(int64_t batch) const { return scale * batch + offset; }
  bool operator==(const BatchSize &other) const {
    return scale == other.scale && offset == other.offset;
  }
};

/// What is known about the scalars of a function whose batch is dynamic:
/// exporters compute shapes at run time.
class BatchSizes {
public:
  void set(mlir::Value scalar, BatchSize size) { sizes[scalar] = size; }

  /// Derives the results of `op` from its operands: integer arithmetic,
  /// comparisons and selections.
  void evaluate(mlir::Operation *op);

  /// None if the value is not known, or not linear in the batch.
  std::optional<BatchSize> get(mlir::Value scalar) const;
  std::optional<BatchSize> get(mlir::OpFoldResult scalar) const;

  /// True unless the value is the same for every batch.
  bool dependsOnBatch(mlir::Value scalar) const;

private:
  llvm::DenseMap<mlir::Value, BatchSize> sizes;
  /// Depend on the batch in another way.
  llvm::DenseSet<mlir::Value> unknown;
};

} // namespace nnq

#endif // NNQ_SUPPORT_BATCHSIZES_H
