//===- TensorObserverTest.cpp ---------------------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Compress/Calibrate/TensorObserver.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <random>

using namespace nnq;

TEST(TensorObserver, Moments) {
  TensorObserver observer;
  observer.add({1.0f, -2.0f});
  observer.add({4.0f});
  EXPECT_EQ(observer.getCount(), 3);
  EXPECT_EQ(observer.getMin(), -2.0);
  EXPECT_EQ(observer.getMax(), 4.0);
  EXPECT_DOUBLE_EQ(observer.getMean(), 1.0);
  EXPECT_DOUBLE_EQ(observer.getSecondMoment(), 7.0);
}

TEST(TensorObserver, MovingAverages) {
  TensorObserver observer;
  observer.add({1.0f, -2.0f});
  EXPECT_EQ(observer.getMovingMin(), -2.0);
  EXPECT_EQ(observer.getMovingMax(), 1.0);
  observer.add({-4.0f, 11.0f});
  EXPECT_DOUBLE_EQ(observer.getMovingMin(), -2.0 - 0.01 * 2);
  EXPECT_DOUBLE_EQ(observer.getMovingMax(), 1.0 + 0.01 * 10);
}

TEST(TensorObserver, BinsOverPositiveRange) {
  TensorObserver observer;
  observer.add({0.0f, 0.5f, 1.0f, 1.999f});
  // [0, 2): 1024 bins to the unit.
  EXPECT_EQ(observer.getHistogram()[0], 1);
  EXPECT_EQ(observer.getHistogram()[512], 1);
  EXPECT_EQ(observer.getHistogram()[1024], 1);
  EXPECT_EQ(observer.getHistogram()[2046], 1);
  // A power of two is the first of the next range: [0, 4).
  observer.add({2.0f});
  EXPECT_EQ(observer.getHistogram()[256], 1);
  EXPECT_EQ(observer.getHistogram()[1024], 1);
}

TEST(TensorObserver, BinsOverSignedRange) {
  TensorObserver observer;
  observer.add({0.0f, 0.5f});
  observer.add({-1.0f});
  // -1 needs [-2, 2): 512 bins to the unit.
  EXPECT_EQ(observer.getHistogram()[1024], 1);
  EXPECT_EQ(observer.getHistogram()[1024 + 256], 1);
  EXPECT_EQ(observer.getHistogram()[1024 - 512], 1);
}

TEST(TensorObserver, OrderDoesNotMatter) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> elements(4096);
  for (size_t i = 0; i < elements.size(); ++i)
    elements[i] =
        normal(random) * std::ldexp(1.0f, static_cast<int>(i % 40) - 30);
  TensorObserver forwards, backwards;
  for (float x : elements)
    forwards.add({x});
  std::reverse(elements.begin(), elements.end());
  backwards.add(elements);
  EXPECT_EQ(forwards.getHistogram(), backwards.getHistogram());
  EXPECT_EQ(std::accumulate(forwards.getHistogram().begin(),
                            forwards.getHistogram().end(), int64_t(0)),
            4096);
}

TEST(TensorObserver, ExtremeValues) {
  constexpr float max = std::numeric_limits<float>::max();
  constexpr float tiny = std::numeric_limits<float>::denorm_min();
  TensorObserver observer;
  observer.add({0.0f, -0.0f, tiny, -tiny});
  observer.add({max, -max});
  EXPECT_TRUE(observer.isFinite());
  EXPECT_EQ(observer.getHistogram()[1024], 3);
  EXPECT_EQ(observer.getHistogram()[1023], 1);
  EXPECT_EQ(observer.getHistogram()[2047], 1);
  EXPECT_EQ(observer.getHistogram()[0], 1);
}

TEST(TensorObserver, NotFinite) {
  TensorObserver observer;
  observer.add({1.0f, std::numeric_limits<float>::quiet_NaN()});
  EXPECT_FALSE(observer.isFinite());
  TensorObserver other;
  other.add({-std::numeric_limits<float>::infinity(), 1.0f});
  EXPECT_FALSE(other.isFinite());
}

TEST(TensorObserver, NoElements) {
  TensorObserver observer;
  observer.add({});
  EXPECT_EQ(observer.getCount(), 0);
  observer.add({3.0f});
  EXPECT_EQ(observer.getMin(), 3.0);
}
