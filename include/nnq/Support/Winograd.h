//===- Winograd.h - Minimal filtering in exact integers ---------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_WINOGRAD_H
#define NNQ_SUPPORT_WINOGRAD_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <utility>

namespace nnq {

/// A small matrix of integers, row-major.
struct IntMatrix {
  int64_t rows = 0, cols = 0;
  llvm::SmallVector<int64_t> values;

  int64_t at(int64_t row, int64_t col) const {
    return values[row * cols + col];
  }
};

/// `rows * x * columns^T`
struct IntMatrixPair {
  IntMatrix rows, columns;
};

/// F(m, r) after Winograd: m outputs of a filter of r taps from n = m + r - 1
/// products instead of m * r (Lavin and Gray, "Fast Algorithms for
/// Convolutional Neural Networks", 2015). The matrices hold integers, so that
/// `output * ((weight * w) . (input * x)) == scale * y` without rounding; in
/// two dimensions the factor is `scale` squared. What a point has as a factor
/// in the transform of weights, it lacks in that of outputs.
///
/// All of it may be computed modulo 2^32: with `scale * scale = odd * 2^shift`,
/// multiplying by `inverse`, which undoes `odd`, and an arithmetic shift by
/// `shift` recover y if it needs at most 32 - shift bits.
struct WinogradAlgorithm {
  int64_t outputs, taps, points; // m, r, n
  IntMatrix input;               // n x n
  IntMatrixPair weight;          // n x r
  IntMatrixPair output;          // m x n
  int64_t scale;
  int64_t shift;
  uint32_t inverse;
};

/// F(2, 3) and F(4, 3); null for other sizes of output. Where weights are
/// transformed in registers, factors of rows are in their transform, which
/// multiplies by them anyway, and those of columns in that of the outputs.
const WinogradAlgorithm *getWinograd(int64_t outputs, bool fused = false);

/// Least and largest element of `rows * x * columns^T` for matrices x with
/// elements in [low, high].
std::pair<int64_t, int64_t> getTransformedRange(const IntMatrixPair &matrices,
                                                int64_t low, int64_t high);

} // namespace nnq

#endif // NNQ_SUPPORT_WINOGRAD_H
