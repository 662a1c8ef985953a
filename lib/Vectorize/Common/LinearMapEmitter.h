//===- LinearMapEmitter.h - Products with small matrices --------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_LINEARMAPEMITTER_H
#define NNQ_LIB_VECTORIZE_COMMON_LINEARMAPEMITTER_H

#include "mlir/IR/Builders.h"
#include "nnq/Support/Winograd.h"

namespace nnq {

/// Multiplies a small constant matrix with vectors of integers by additions and
/// shifts. Columns that are equal up to signs are added and subtracted once,
/// and rows that differ in signs share what they add up, as do others that
/// then have fewer terms.
class LinearMapEmitter {
public:
  LinearMapEmitter(mlir::OpBuilder &builder, mlir::Location loc,
                   const IntMatrix &matrix);

  /// `matrix * x`, by column and row.
  using Columns = mlir::SmallVector<mlir::SmallVector<mlir::Value>>;
  /// Adds columns up to `end` to those that are there.
  void emitColumns(int64_t end,
                   mlir::function_ref<mlir::Value(int64_t, int64_t)> load,
                   Columns &columns);
  /// `matrix * x * matrix^T` for a square x of which there are some columns of
  /// `matrix * x`; the others are added to them.
  void emit2D(mlir::function_ref<mlir::Value(int64_t, int64_t)> load,
              mlir::function_ref<void(int64_t, int64_t, mlir::Value)> store,
              Columns &columns);

  /// Rows that share sums: partners, and those that read the same pair.
  mlir::SmallVector<mlir::SmallVector<int64_t>> groupRows() const;
  /// `rows`, which are a group, of `matrix * x * columns^T`.
  void
  emitRows2D(mlir::ArrayRef<int64_t> rows, LinearMapEmitter &columns,
             mlir::function_ref<mlir::Value(int64_t, int64_t)> load,
             mlir::function_ref<void(int64_t, int64_t, mlir::Value)> store);
  /// Elements of x, in each direction, that `rows` read.
  mlir::SmallVector<int64_t> getRead(mlir::ArrayRef<int64_t> rows) const;
  /// Values of some rows of `matrix * x`, by row, which are groups.
  mlir::SmallVector<mlir::Value> emitRows(mlir::ArrayRef<int64_t> rows,
                                          mlir::ArrayRef<mlir::Value> x);

private:
  mlir::SmallVector<mlir::Value> emitAllRows(mlir::ArrayRef<mlir::Value> x) {
    return emitRows(llvm::to_vector(llvm::seq<int64_t>(0, matrix.rows)), x);
  }
  void pairColumns();
  void pairRows();
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value subtract(mlir::Value a, mlir::Value b);
  mlir::Value constant(mlir::Type type, int64_t value);
  mlir::Value multiply(mlir::Value value, int64_t factor);
  /// `factor * value`
  struct Term {
    mlir::Value value;
    int64_t factor;
  };
  mlir::Value sum(mlir::ArrayRef<Term> terms);
  /// What partners add up, and its factors of the columns.
  struct Part {
    mlir::SmallVector<int64_t> factors;
    mlir::Value value;
  };
  Part emitPart(int64_t row, bool isOdd, mlir::ArrayRef<mlir::Value> x);
  mlir::Value emitSingle(int64_t row, mlir::ArrayRef<Part> parts,
                         mlir::ArrayRef<mlir::Value> x);

  mlir::OpBuilder &builder;
  mlir::Location loc;
  /// Over sums and differences in place of paired columns.
  IntMatrix matrix;
  /// Columns replaced by their sum (in the first) and difference.
  mlir::SmallVector<std::pair<int64_t, int64_t>> columnPairs;
  /// Partner of each row, or -1.
  mlir::SmallVector<int64_t> partners;
};

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_LINEARMAPEMITTER_H
