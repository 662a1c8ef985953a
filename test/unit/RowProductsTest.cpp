//===- RowProductsTest.cpp ------------------------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Compress/Calibrate/RowProducts.h"
#include "gtest/gtest.h"

#include <random>
#include <vector>

#pragma STDC FP_CONTRACT OFF

using namespace nnq;

/// Each sum is over the rows in order, so that not even its last bit differs.
TEST(RowProducts, AddsUpInOrder) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  for (int64_t depth : {1, 3, 4, 15, 16, 17, 33, 50})
    for (int64_t numRows : {1, 2, 7, 128}) {
      std::vector<float> rows(numRows * depth), total(depth * depth);
      for (float &x : rows)
        x = normal(random);
      for (float &x : total)
        x = normal(random);
      std::vector<float> before(total);
      addRowProducts(rows, depth, total);
      for (int64_t i = 0; i < depth; ++i)
        for (int64_t j = 0; j <= i; ++j) {
          float sum = 0;
          for (int64_t row = 0; row < numRows; ++row)
            sum += rows[row * depth + i] * rows[row * depth + j];
          EXPECT_EQ(total[i * depth + j], before[i * depth + j] + sum)
              << depth << " columns, " << numRows << " rows: " << i << ", "
              << j;
        }
    }
}
