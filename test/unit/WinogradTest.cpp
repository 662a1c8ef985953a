//===- WinogradTest.cpp ---------------------------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Winograd.h"
#include "gtest/gtest.h"

#include <random>
#include <tuple>
#include <vector>

using namespace nnq;

namespace {
using Matrix = std::vector<std::vector<int64_t>>;

/// rows * x * columns^T
Matrix transform(const IntMatrixPair &matrices, const Matrix &x) {
  const auto &[rows, columns] = matrices;
  Matrix result(rows.rows, std::vector<int64_t>(columns.rows, 0));
  for (int64_t r = 0; r < rows.rows; ++r)
    for (int64_t c = 0; c < columns.rows; ++c)
      for (int64_t i = 0; i < rows.cols; ++i)
        for (int64_t j = 0; j < columns.cols; ++j)
          result[r][c] += rows.at(r, i) * x[i][j] * columns.at(c, j);
  return result;
}

Matrix randomMatrix(std::mt19937 &generator, int64_t size, int64_t low,
                    int64_t high) {
  std::uniform_int_distribution<int64_t> number(low, high);
  Matrix result(size, std::vector<int64_t>(size));
  for (auto &row : result)
    for (int64_t &value : row)
      value = number(generator);
  return result;
}

class Winograd : public testing::TestWithParam<std::tuple<int64_t, bool>> {
protected:
  const WinogradAlgorithm &f =
      *getWinograd(std::get<0>(GetParam()), std::get<1>(GetParam()));
  std::mt19937 generator{7};
};

TEST_P(Winograd, ConvolvesExactlyModulo32Bits) {
  for (int trial = 0; trial < 100; ++trial) {
    Matrix x = randomMatrix(generator, f.points, 0, 255);
    Matrix w = randomMatrix(generator, f.taps, -128, 127);
    Matrix v = transform({f.input, f.input}, x), u = transform(f.weight, w);
    for (int64_t i = 0; i < f.points; ++i)
      for (int64_t j = 0; j < f.points; ++j)
        v[i][j] *= u[i][j];
    Matrix scaled = transform(f.output, v);
    for (int64_t i = 0; i < f.outputs; ++i)
      for (int64_t j = 0; j < f.outputs; ++j) {
        int64_t expected = 0;
        for (int64_t k = 0; k < f.taps; ++k)
          for (int64_t l = 0; l < f.taps; ++l)
            expected += x[i + k][j + l] * w[k][l];
        EXPECT_EQ(scaled[i][j], f.scale * f.scale * expected);
        auto wrapped = static_cast<uint32_t>(scaled[i][j]) * f.inverse;
        EXPECT_EQ(static_cast<int32_t>(wrapped) >> f.shift, expected);
      }
  }
}

TEST_P(Winograd, BoundsWhatTransformsReach) {
  auto [low, high] = getTransformedRange({f.input, f.input}, 0, 255);
  int64_t least = 0, largest = 0;
  // Extreme inputs reach the bounds: each element of the transform is linear.
  for (int64_t r = 0; r < f.points; ++r)
    for (int64_t c = 0; c < f.points; ++c)
      for (int64_t sign : {1, -1}) {
        Matrix x(f.points, std::vector<int64_t>(f.points));
        for (int64_t i = 0; i < f.points; ++i)
          for (int64_t j = 0; j < f.points; ++j)
            x[i][j] = sign * f.input.at(r, i) * f.input.at(c, j) > 0 ? 255 : 0;
        int64_t reached = transform({f.input, f.input}, x)[r][c];
        least = std::min(least, reached);
        largest = std::max(largest, reached);
      }
  EXPECT_EQ(low, least);
  EXPECT_EQ(high, largest);
}

TEST_P(Winograd, FactorsFitIn16Bits) {
  for (auto [low, high] : {getTransformedRange({f.input, f.input}, 0, 255),
                           getTransformedRange({f.input, f.input}, -128, 127),
                           getTransformedRange(f.weight, -128, 127)}) {
    EXPECT_GE(low, -32768);
    EXPECT_LE(high, 32767);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Winograd,
                         testing::Combine(testing::Values(2, 4),
                                          testing::Bool()));

TEST(WinogradFused, ColumnsOfWeightsHaveNoFactors) {
  const IntMatrix &weight = getWinograd(4, /*fused=*/true)->weight.columns;
  for (int64_t row = 0; row < weight.rows; ++row) {
    int64_t least = INT64_MAX;
    for (int64_t col = 0; col < weight.cols; ++col)
      if (weight.at(row, col) != 0)
        least = std::min(least, std::abs(weight.at(row, col)));
    EXPECT_EQ(least, 1);
  }
}

TEST(WinogradFused, RowsOfOutputsHaveNoFactors) {
  const IntMatrix &output = getWinograd(4, /*fused=*/true)->output.rows;
  for (int64_t point = 0; point < output.cols; ++point) {
    int64_t least = INT64_MAX;
    for (int64_t row = 0; row < output.rows; ++row)
      if (output.at(row, point) != 0)
        least = std::min(least, std::abs(output.at(row, point)));
    EXPECT_EQ(least, 1);
  }
}

TEST(WinogradSizes, OthersAreNone) {
  EXPECT_EQ(getWinograd(3), nullptr);
  EXPECT_EQ(getWinograd(0), nullptr);
  EXPECT_EQ(getWinograd(3, /*fused=*/true), nullptr);
}
} // namespace
