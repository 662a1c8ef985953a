//===- DivisionByConstantTest.cpp -----------------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Lower/DivisionByConstant.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace nnq;

static float quantize(float quotient, int min, int max) {
  return std::clamp(std::nearbyint(quotient), static_cast<float>(min),
                    static_cast<float>(max));
}

static float divide(const Reciprocal &reciprocal, float x) {
  if (reciprocal.low == 0)
    return x * reciprocal.high;
  float rest = x * reciprocal.low;
  return std::fma(x, reciprocal.high, rest);
}

TEST(DivisionByConstant, GivesTheIntegersOfTheDivision) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> exponents(-20, 20);
  int found = 0;
  for (int i = 0; i < 200; ++i) {
    float divisor = std::exp2(exponents(random));
    std::optional<Reciprocal> reciprocal = findReciprocal(divisor, -128, 255);
    if (!reciprocal)
      continue;
    ++found;
    for (int q = -130; q <= 257; ++q) {
      // Around the number that is rounded one way or the other.
      float x = static_cast<float>((q + 0.5) * divisor);
      for (int step = 0; step < 6; ++step)
        x = std::nextafter(x, -std::numeric_limits<float>::infinity());
      for (int step = 0; step < 12; ++step) {
        ASSERT_EQ(quantize(x / divisor, -128, 255),
                  quantize(divide(*reciprocal, x), -128, 255))
            << x << " / " << divisor;
        x = std::nextafter(x, std::numeric_limits<float>::infinity());
      }
    }
    for (float x : {std::numeric_limits<float>::infinity(),
                    std::numeric_limits<float>::max(), 0.0f, 1e-45f})
      for (float dividend : {x, -x})
        EXPECT_EQ(quantize(dividend / divisor, -128, 255),
                  quantize(divide(*reciprocal, dividend), -128, 255));
  }
  // The reciprocal has 48 bits: hardly any divisor needs more.
  EXPECT_GE(found, 195);
}

TEST(DivisionByConstant, MultipliesByThePowerOfTwo) {
  std::optional<Reciprocal> reciprocal = findReciprocal(0.0625f, 0, 255);
  ASSERT_TRUE(reciprocal);
  EXPECT_EQ(reciprocal->high, 16.0f);
  EXPECT_EQ(reciprocal->low, 0.0f);
}

TEST(DivisionByConstant, RefusesWhatIsNoScale) {
  EXPECT_FALSE(findReciprocal(0.0f, 0, 255));
  EXPECT_FALSE(findReciprocal(-0.5f, 0, 255));
  EXPECT_FALSE(findReciprocal(std::nanf(""), 0, 255));
  EXPECT_FALSE(findReciprocal(std::numeric_limits<float>::infinity(), 0, 255));
  // The reciprocal, or the divisor, would be denormal.
  EXPECT_FALSE(findReciprocal(3e38f, 0, 255));
  EXPECT_FALSE(findReciprocal(1e-40f, 0, 255));
  EXPECT_FALSE(findReciprocal(0.5f, 255, 0));
  EXPECT_FALSE(findReciprocal(0.5f, -(1 << 20), 1 << 20));
}
