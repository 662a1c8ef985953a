//===- ReciprocalTest.cpp -------------------------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/Reciprocal.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace nnq;

namespace {
float divide(float x, float divisor, float min, float max) {
  float q = x / divisor;
  q = q > min ? q : min; // A NaN becomes the lower bound.
  return std::nearbyint(std::min(q, max));
}

float multiply(float x, const Reciprocal &reciprocal) {
  float y = x > reciprocal.low ? x : reciprocal.low;
  y = std::min(y, reciprocal.high);
  if (reciprocal.rest == 0)
    return std::nearbyint(y * reciprocal.factor);
  return std::nearbyint(std::fma(y, reciprocal.factor, y * reciprocal.rest));
}

/// Compares near every step, where the two would differ, and beyond the bounds.
void expectSame(float divisor, int32_t min, int32_t max,
                const Reciprocal &reciprocal) {
  auto check = [&](float x) {
    ASSERT_EQ(divide(x, divisor, min, max), multiply(x, reciprocal))
        << x << " / " << divisor;
  };
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (float x :
       {-kInfinity, kInfinity, std::nanf(""), 0.0f, -0.0f,
        std::numeric_limits<float>::min(), std::numeric_limits<float>::max(),
        std::numeric_limits<float>::lowest()})
    check(x);
  for (int32_t k = min - 2; k <= max + 2; ++k) {
    float x = (k + 0.5f) * divisor;
    for (int i = 0; i < 4; ++i)
      x = std::nextafter(x, -kInfinity);
    for (int i = 0; i < 9; ++i, x = std::nextafter(x, kInfinity))
      check(x);
  }
}
} // namespace

TEST(Reciprocal, AnyScaleWithFma) {
  std::mt19937 generator(1);
  std::uniform_real_distribution<float> exponent(-12, 4);
  std::uniform_int_distribution<int32_t> zeroPoint(0, 255);
  for (int i = 0; i < 300; ++i) {
    float divisor = std::exp2(exponent(generator));
    int32_t min = -zeroPoint(generator), max = min + 255;
    std::optional<Reciprocal> reciprocal =
        findReciprocal(divisor, min, max, /*hasFma=*/true);
    ASSERT_TRUE(reciprocal) << divisor;
    expectSame(divisor, min, max, *reciprocal);
  }
}

TEST(Reciprocal, HardlyAnyWithoutFma) {
  std::mt19937 generator(2);
  std::uniform_real_distribution<float> exponent(-12, 4);
  int found = 0;
  for (int i = 0; i < 100; ++i) {
    float divisor = std::exp2(exponent(generator));
    std::optional<Reciprocal> reciprocal =
        findReciprocal(divisor, -128, 127, /*hasFma=*/false);
    if (!reciprocal)
      continue;
    ++found;
    EXPECT_EQ(reciprocal->rest, 0.0f);
    expectSame(divisor, -128, 127, *reciprocal);
  }
  EXPECT_LT(found, 10);
}

TEST(Reciprocal, PowerOfTwo) {
  std::optional<Reciprocal> reciprocal =
      findReciprocal(0.25f, -10, 245, /*hasFma=*/false);
  ASSERT_TRUE(reciprocal);
  EXPECT_EQ(reciprocal->factor, 4.0f);
  EXPECT_EQ(reciprocal->low, -2.5f);
  EXPECT_EQ(reciprocal->high, 61.25f);
}

TEST(Reciprocal, NoneAtTheEndsOfTheRange) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (float divisor :
       {0.0f, -1.0f, std::nanf(""), kInfinity,
        std::numeric_limits<float>::min(), std::numeric_limits<float>::max()})
    EXPECT_FALSE(findReciprocal(divisor, 0, 255, /*hasFma=*/true)) << divisor;
  EXPECT_FALSE(findReciprocal(0.1f, 1, 0, /*hasFma=*/true));
  EXPECT_FALSE(findReciprocal(0.1f, -100000, 100000, /*hasFma=*/true));
}
