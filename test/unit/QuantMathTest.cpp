//===- QuantMathTest.cpp - Division by a scale ----------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/QuantMath.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace nnq;

static float divide(float x, const Reciprocal &reciprocal) {
  return std::fma(x, reciprocal.leading, x * reciprocal.rest);
}

TEST(QuantMathTest, ReciprocalRoundsToTheSameIntegers) {
  constexpr float kScale = 0.0530267768f;
  std::optional<Reciprocal> reciprocal = findReciprocal(kScale, -136, 119);
  ASSERT_TRUE(reciprocal);
  for (float x = -8.0f; x < 8.0f; x += 1.1e-5f)
    ASSERT_EQ(std::nearbyint(divide(x, *reciprocal)),
              std::nearbyint(x / kScale))
        << x;
}

TEST(QuantMathTest, ReciprocalKeepsInfinityAndNaN) {
  std::optional<Reciprocal> reciprocal = findReciprocal(3.0f, -10, 245);
  ASSERT_TRUE(reciprocal);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(divide(kInfinity, *reciprocal), kInfinity);
  EXPECT_EQ(divide(-kInfinity, *reciprocal), -kInfinity);
  EXPECT_TRUE(
      std::isnan(divide(std::numeric_limits<float>::quiet_NaN(), *reciprocal)));
}

TEST(QuantMathTest, NoReciprocalWithoutProof) {
  EXPECT_FALSE(findReciprocal(0.25f, -10, 245)); // One product does.
  EXPECT_FALSE(findReciprocal(0.0f, -10, 245));
  EXPECT_FALSE(findReciprocal(-3.0f, -10, 245));
  EXPECT_FALSE(findReciprocal(3.0f, -1e9f, 245));
  EXPECT_FALSE(findReciprocal(1e-39f, -10, 245));
}
