//===- BodyEvaluator.h - Compute structured ops on constants ----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_IMPORT_BODYEVALUATOR_H
#define NNQ_LIB_IMPORT_BODYEVALUATOR_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

#include <functional>

namespace nnq {

/// A number in a body: floats hold f64 or the f32 that rounds to itself,
/// integers are sign-extended except i1.
struct Scalar {
  double real = 0;
  int64_t integer = 0;
};

/// Reads and writes of an element by its type; null if the type has none.
using LoadFn = Scalar (*)(const char *);
using StoreFn = void (*)(Scalar, char *);
LoadFn getLoad(mlir::Type type);
StoreFn getStore(mlir::Type type);

/// The ops of the body of `op` that `values` are computed by.
llvm::SetVector<mlir::Operation *> getBodySlice(mlir::linalg::LinalgOp op,
                                                mlir::ValueRange values);

/// The body of a structured op as a list of steps, run for one element after
/// another.
class BodyEvaluator {
public:
  /// Fails, and says why, if the body holds an op that has no step here.
  static mlir::FailureOr<BodyEvaluator> get(mlir::linalg::LinalgOp op,
                                            std::string &reason);

  /// The same for some values of the body, and not the rest of it.
  static mlir::FailureOr<BodyEvaluator>
  get(mlir::linalg::LinalgOp op, mlir::ValueRange values, std::string &reason);

  /// Runs the body on `inputs`, the elements of the operands at the loop
  /// `indices`. Fails where a check (`cf.assert`) of the body fails.
  mlir::LogicalResult run(llvm::ArrayRef<Scalar> inputs,
                          llvm::ArrayRef<int64_t> indices,
                          llvm::SmallVectorImpl<Scalar> &results);

  /// The loops that the body asks the index of: elements of equal operands may
  /// differ along them.
  const llvm::SmallDenseSet<int64_t> &getIndices() const { return indices; }
  /// The check that failed, after a run that did.
  mlir::Operation *getFailedCheck() const { return failedCheck; }

private:
  using StepFn = std::function<Scalar(llvm::ArrayRef<Scalar>)>;
  struct Step {
    mlir::Operation *op;
    StepFn compute;
    llvm::SmallVector<unsigned, 3> operands;
    unsigned result;
    /// The loop that `linalg.index` asks for, else -1.
    int64_t loop = -1;
    bool isCheck = false;
  };

  mlir::FailureOr<unsigned> getSlot(mlir::Value value);
  mlir::LogicalResult addStep(mlir::Operation &op, std::string &reason);

  llvm::SmallVector<Step> steps;
  llvm::SmallVector<Scalar> values;
  llvm::DenseMap<mlir::Value, unsigned> slots;
  llvm::SmallVector<unsigned> yielded;
  mlir::Operation *failedCheck = nullptr;
  unsigned numInputs = 0;
  llvm::SmallDenseSet<int64_t> indices;
};

} // namespace nnq

#endif // NNQ_LIB_IMPORT_BODYEVALUATOR_H
