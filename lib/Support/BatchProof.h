//===- BatchProof.h - Which ops keep samples apart --------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_BATCHPROOF_H
#define NNQ_SUPPORT_BATCHPROOF_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/BatchAnalysis.h"
#include "nnq/Support/Layers.h"
#include "llvm/ADT/TypeSwitch.h"

namespace nnq {

/// Follows the batch from the arguments of a function to its results, op by op;
/// each `check` fails with an error, or says where the results hold the batch.
class BatchProof {
public:
  explicit BatchProof(BatchAnalysis &analysis) : analysis(analysis) {}

  llvm::LogicalResult visit(mlir::func::FuncOp function);

private:
  llvm::LogicalResult visit(mlir::Operation *op);
  /// True if `op` or an op inside of it has an operand that holds samples.
  bool readsBatch(mlir::Operation *op) const;
  void findSampleNumbers(mlir::linalg::LinalgOp op);
  bool isOfSampleNumbers(mlir::Operation *compare) const;
  void evaluateShape(mlir::Operation *op);
  llvm::LogicalResult checkScalars(mlir::Operation *op);
  llvm::LogicalResult checkResults(mlir::Operation *op);
  llvm::LogicalResult checkBody(mlir::linalg::LinalgOp op,
                                std::optional<unsigned> loop,
                                std::optional<BatchDim> &samples);

  llvm::LogicalResult check(mlir::func::ReturnOp op);
  llvm::LogicalResult check(mlir::cf::AssertOp op);
  llvm::LogicalResult check(mlir::linalg::LinalgOp op);

  // Movement.
  llvm::LogicalResult check(mlir::tensor::EmptyOp op);
  llvm::LogicalResult check(mlir::tensor::PadOp op);
  llvm::LogicalResult check(mlir::tensor::ExpandShapeOp op);
  llvm::LogicalResult check(mlir::tensor::CollapseShapeOp op);
  llvm::LogicalResult check(mlir::tensor::ReshapeOp op);
  llvm::LogicalResult check(mlir::tensor::ExtractSliceOp op);
  llvm::LogicalResult check(mlir::tensor::InsertSliceOp op);
  llvm::LogicalResult check(mlir::tensor::ConcatOp op);
  llvm::LogicalResult check(DynamicQCastOp op);
  llvm::LogicalResult checkCast(mlir::Operation *op);

  /// True if [offset, offset + size) with `stride` is all of `batch`.
  bool isWhole(BatchDim batch, mlir::OpFoldResult offset,
               mlir::OpFoldResult size, mlir::OpFoldResult stride) const;

  llvm::LogicalResult refuse(mlir::Operation *op, const llvm::Twine &cause);

  static std::string print(mlir::Type type) {
    std::string text;
    llvm::raw_string_ostream(text) << "'" << type << "'";
    return text;
  }

  BatchAnalysis &analysis;
  /// Tensors that hold sizes, which reshapes read.
  llvm::DenseMap<mlir::Value, llvm::SmallVector<BatchSize>> shapes;
};

} // namespace nnq

#endif // NNQ_SUPPORT_BATCHPROOF_H
