//===- Winograd.cpp - Minimal filtering in exact integers -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Winograd.h"

#include "llvm/ADT/bit.h"

#include <algorithm>
#include <numeric>

using namespace nnq;

/// The inverse of an odd number modulo 2^32, by Newton's iteration.
static uint32_t invertOdd(uint32_t odd) {
  uint32_t inverse = odd; // Right in the lowest three bits, then in twice as
                          // many with each step.
  for (int step = 0; step < 4; ++step)
    inverse *= 2 - odd * inverse;
  return inverse;
}

static WinogradAlgorithm makeAlgorithm(const IntMatrix &input,
                                       const IntMatrix &weight,
                                       const IntMatrix &output, int64_t scale) {
  uint32_t square = scale * scale;
  int64_t shift = llvm::countr_zero(square);
  int64_t outputs = output.rows, taps = weight.cols, points = input.rows;
  return {outputs,
          taps,
          points,
          input,
          {weight, weight},
          {output, output},
          scale,
          shift,
          invertOdd(square >> shift)};
}

// Points 0, 1, -1 and infinity.
static WinogradAlgorithm makeF23() {
  return makeAlgorithm({4,
                        4,
                        {1, 0, -1, 0, //
                         0, 1, 1, 0,  //
                         0, -1, 1, 0, //
                         0, -1, 0, 1}},
                       {4,
                        3,
                        {2, 0, 0,  //
                         1, 1, 1,  //
                         1, -1, 1, //
                         0, 0, 2}},
                       {2,
                        4,
                        {1, 1, 1, 0, //
                         0, 1, -1, 1}},
                       /*scale=*/2);
}

// Points 0, 1, -1, 2, -2 and infinity. The fractions of the weights' transform
// are shared with that of the outputs so that the latter takes few steps while
// transformed weights stay within 144 times a weight.
static WinogradAlgorithm makeF43() {
  return makeAlgorithm({6, 6, {4, 0,  -5, 0,  1, 0, //
                               0, -4, -4, 1,  1, 0, //
                               0, 4,  -4, -1, 1, 0, //
                               0, -2, -1, 2,  1, 0, //
                               0, 2,  -1, -2, 1, 0, //
                               0, 4,  0,  -5, 0, 1}},
                       {6,
                        3,
                        {6, 0, 0,  //
                         4, 4, 4,  //
                         4, -4, 4, //
                         1, 2, 4,  //
                         1, -2, 4, //
                         0, 0, 12}},
                       {4, 6, {1, -1, -1, 1, 1,  0, //
                               0, -1, 1,  2, -2, 0, //
                               0, -1, -1, 4, 4,  0, //
                               0, -1, 1,  8, -8, 2}},
                       /*scale=*/24);
}

/// Moves the factor that the points of `weight` have over the `wanted` ones to
/// those of `output`, or the other way around.
static void setFactors(IntMatrix &weight, IntMatrix &output,
                       llvm::ArrayRef<int64_t> wanted) {
  for (int64_t point = 0; point < weight.rows; ++point) {
    int64_t factor = 0;
    for (int64_t col = 0; col < weight.cols; ++col)
      factor = std::gcd(factor, weight.at(point, col));
    for (int64_t col = 0; col < weight.cols; ++col) {
      int64_t &value = weight.values[point * weight.cols + col];
      value = value / factor * wanted[point];
    }
    for (int64_t i = 0; i < output.rows; ++i) {
      int64_t &value = output.values[i * output.cols + point];
      value = value * factor / wanted[point];
    }
  }
}

/// Rows of points with the factors `rows`, columns with none.
static WinogradAlgorithm makeFused(WinogradAlgorithm algorithm,
                                   llvm::ArrayRef<int64_t> rows) {
  setFactors(algorithm.weight.rows, algorithm.output.rows, rows);
  setFactors(algorithm.weight.columns, algorithm.output.columns,
             llvm::SmallVector<int64_t>(rows.size(), 1));
  return algorithm;
}

const WinogradAlgorithm *nnq::getWinograd(int64_t outputs, bool fused) {
  static const WinogradAlgorithm f23 = makeF23(), f43 = makeF43(),
                                 fused23 = makeFused(makeF23(), {2, 1, 1, 2}),
                                 fused43 =
                                     makeFused(makeF43(), {6, 4, 4, 1, 1, 24});
  return outputs == 2   ? (fused ? &fused23 : &f23)
         : outputs == 4 ? (fused ? &fused43 : &f43)
                        : nullptr;
}

std::pair<int64_t, int64_t>
nnq::getTransformedRange(const IntMatrixPair &matrices, int64_t low,
                         int64_t high) {
  const auto &[rows, columns] = matrices;
  int64_t least = 0, largest = 0;
  for (int64_t row = 0; row < rows.rows; ++row)
    for (int64_t col = 0; col < columns.rows; ++col) {
      // Sums of the positive and of the negative factors of one element.
      int64_t positive = 0, negative = 0;
      for (int64_t i = 0; i < rows.cols; ++i)
        for (int64_t j = 0; j < columns.cols; ++j) {
          int64_t factor = rows.at(row, i) * columns.at(col, j);
          (factor > 0 ? positive : negative) += factor;
        }
      least = std::min(least, positive * low + negative * high);
      largest = std::max(largest, positive * high + negative * low);
    }
  return {least, largest};
}
