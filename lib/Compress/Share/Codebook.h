//===- Codebook.h - Integers that weights share -----------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_COMPRESS_SHARE_CODEBOOK_H
#define NNQ_LIB_COMPRESS_SHARE_CODEBOOK_H

#include "nnq/Support/QuantMath.h"

#include "mlir/Support/LLVM.h"

namespace nnq {

/// The integers that codebooks of `bits` are made of, -largest to largest.
int32_t getLargestCode(int64_t bits);

/// Weighted numbers, to be stood for by integers.
class CodeHistogram {
public:
  explicit CodeHistogram(int32_t largest);

  void add(double number, double weight);
  /// The `size` integers of the least squared error, ascending, or fewer if
  /// more do not help; zero is one of them if `hasZero`.
  mlir::SmallVector<int32_t> chooseCodes(int64_t size, bool hasZero) const;

private:
  /// Of the numbers of bins [low, high), each a half wide.
  double getError(int64_t low, int64_t high, int32_t code) const;

  int32_t largest;
  /// Up to each bin, of weights and of their products with numbers and squares.
  std::vector<double> weights, sums, squares;
};

/// The code nearest to `number`; of two, the lower one.
int32_t findNearest(llvm::ArrayRef<int32_t> codes, double number);

/// Rows of numbers as scales of rows times codes.
struct SharedRows {
  mlir::SmallVector<double> scales;
  /// Row by row.
  std::vector<int32_t> codes;
};

/// No codes yet; scales, in the precision in which they are multiplied, that
/// put the largest magnitude of each row at `largest`.
SharedRows startRows(llvm::ArrayRef<double> numbers, int64_t numRows,
                     int32_t largest);

/// Makes scales those of the least error for the codes; one for which there is
/// none stays.
void fitScales(llvm::ArrayRef<double> numbers,
               llvm::ArrayRef<double> importance, SharedRows &rows);

/// `importance` has the weight of the error of each number. Numbers that are
/// zero stay so if `keepsZeros`.
SharedRows shareRows(llvm::ArrayRef<double> numbers,
                     llvm::ArrayRef<double> importance, int64_t numRows,
                     int64_t bits, bool keepsZeros,
                     mlir::SmallVectorImpl<int32_t> &codebook);

} // namespace nnq

#endif // NNQ_LIB_COMPRESS_SHARE_CODEBOOK_H
