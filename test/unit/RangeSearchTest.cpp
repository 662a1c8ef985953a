//===- RangeSearchTest.cpp ------------------------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Compress/Calibrate/RangeSearch.h"
#include "nnq/Support/QuantMath.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace mlir;
using namespace nnq;

namespace {
struct RangeSearch : public ::testing::Test {
  RangeSearch() { context.loadDialect<NNQDialect>(); }

  TensorStatsAttr makeStats(double min, double max, ArrayRef<int64_t> bins) {
    auto number = [&](double value) {
      return FloatAttr::get(Float64Type::get(&context), value);
    };
    int64_t count = 0;
    for (int64_t n : bins)
      count += n;
    return TensorStatsAttr::get(
        &context, number(min), number(max), number(0), number(0), count,
        DenseI64ArrayAttr::get(&context, bins), FloatAttr(), FloatAttr());
  }

  MLIRContext context;
};

/// The error by quantizing points of each bin, which are [start, start + n).
double sampleError(ArrayRef<int64_t> bins, double start, QuantParams params,
                   StorageRange range) {
  constexpr int points = 10000;
  double sum = 0, count = 0;
  for (auto [i, n] : llvm::enumerate(bins)) {
    for (int k = 0; k < points; ++k) {
      double x = start + i + (k + 0.5) / points;
      int32_t q = quantize(x, params, range);
      double error = (q - params.zeroPoint) * double(params.scale) - x;
      sum += n * error * error / points;
    }
    count += n;
  }
  return sum / count;
}
} // namespace

TEST_F(RangeSearch, SquaredErrorIsThatOfTheGrid) {
  SmallVector<int64_t> positive{5, 3, 2, 0, 1, 0, 0, 1};
  Histogram histogram(makeStats(0, 7.9, positive));
  for (double high : {7.9, 5.0, 3.3, 0.7})
    EXPECT_NEAR(histogram.getSquaredError({0, high}, QuantScheme::Asymmetric),
                sampleError(positive, 0,
                            chooseAsymmetricParams(0, high, kUInt8), kUInt8),
                1e-6);
  SmallVector<int64_t> both{1, 0, 3, 9, 7, 2, 1, 0};
  Histogram other(makeStats(-3.9, 2.5, both));
  for (double low : {-3.9, -2.0, -0.1}) {
    EXPECT_NEAR(
        other.getSquaredError({low, 2.5}, QuantScheme::Asymmetric),
        sampleError(both, -4, chooseAsymmetricParams(low, 2.5, kUInt8), kUInt8),
        1e-6);
    EXPECT_NEAR(
        other.getSquaredError({low, -low}, QuantScheme::Symmetric),
        sampleError(both, -4, chooseSymmetricParams(low, -low, kInt8), kInt8),
        1e-6);
  }
}

TEST_F(RangeSearch, Percentiles) {
  // Even over [0, 4).
  Histogram histogram(makeStats(0, 3.999, {25, 25, 25, 25}));
  Interval kept = histogram.getPercentileRange(0.9, QuantScheme::Asymmetric);
  EXPECT_EQ(kept.low, 0); // extended by zero
  EXPECT_NEAR(kept.high, 3.8, 1e-9);
  EXPECT_NEAR(histogram.getClippedShare(kept), 0.05, 1e-9);
  Interval symmetric =
      histogram.getPercentileRange(0.9, QuantScheme::Symmetric);
  EXPECT_NEAR(symmetric.low, -3.6, 1e-9);
  EXPECT_NEAR(symmetric.high, 3.6, 1e-9);
  Interval all = histogram.getPercentileRange(1, QuantScheme::Asymmetric);
  EXPECT_EQ(all.high, 3.999);
  EXPECT_EQ(histogram.getClippedShare(all), 0);
  // Both ends, over [-2, 2).
  Histogram both(makeStats(-1.999, 1.999, {25, 25, 25, 25}));
  kept = both.getPercentileRange(0.9, QuantScheme::Asymmetric);
  EXPECT_NEAR(kept.low, -1.8, 1e-9);
  EXPECT_NEAR(kept.high, 1.8, 1e-9);
}

TEST_F(RangeSearch, NoDivergenceWhereEachBinHasItsLevel) {
  SmallVector<int64_t> bins(128, 1);
  bins[3] = 40;
  Histogram histogram(makeStats(0, 127.9, bins));
  EXPECT_NEAR(histogram.getDivergence({0, 127.9}, QuantScheme::Asymmetric), 0,
              1e-12);
  // A few bins say nothing of what clipping them would cost.
  EXPECT_TRUE(
      std::isinf(histogram.getDivergence({0, 100}, QuantScheme::Asymmetric)));
  // Two bins of a level are told apart no more.
  EXPECT_GT(histogram.getDivergence({-255, 127.9}, QuantScheme::Asymmetric),
            0.1);
}

TEST_F(RangeSearch, DivergenceIgnoresWhatIsZero) {
  SmallVector<int64_t> bins(512, 2);
  Histogram without(makeStats(0, 511.9, bins));
  bins[0] = 1000000;
  Histogram with(makeStats(0, 511.9, bins));
  Interval range{0, 400};
  EXPECT_EQ(with.getDivergence(range, QuantScheme::Asymmetric),
            without.getDivergence(range, QuantScheme::Asymmetric));
}

TEST_F(RangeSearch, OutliersAreClippedIfTheyCostLess) {
  SmallVector<int64_t> bins(1024, 0);
  for (int i = 0; i < 128; ++i)
    bins[i] = 100000;
  bins[1023] = 1;
  TensorStatsAttr stats = makeStats(0, 1023.9, bins);
  Histogram histogram(stats);
  auto getCost = [&](Interval range) {
    return histogram.getSquaredError(range, QuantScheme::Asymmetric);
  };
  Interval best = findBestRange(histogram, QuantScheme::Asymmetric, getCost);
  EXPECT_EQ(best.low, 0);
  // No position that the search looks at is better.
  EXPECT_LT(best.high, 1023.9);
  for (int i = 1; i <= 128; ++i)
    EXPECT_LE(getCost(best), getCost({0, 1023.9 * i / 128}));
  // Without the rest nothing is worth clipping.
  bins[1023] = 100000;
  Histogram heavy(makeStats(0, 1023.9, bins));
  best = findBestRange(heavy, QuantScheme::Asymmetric, [&](Interval range) {
    return heavy.getSquaredError(range, QuantScheme::Asymmetric);
  });
  EXPECT_NEAR(best.high, 1023.9, 8);
}

TEST_F(RangeSearch, BothEndsAndSymmetric) {
  SmallVector<int64_t> bins(2048, 0);
  for (int i = 1024 - 64; i < 1024 + 64; ++i)
    bins[i] = 100000;
  bins[0] = bins[2047] = 1;
  Histogram histogram(makeStats(-1023.9, 1023.9, bins));
  for (QuantScheme scheme : {QuantScheme::Asymmetric, QuantScheme::Symmetric}) {
    Interval best = findBestRange(histogram, scheme, [&](Interval range) {
      return histogram.getSquaredError(range, scheme);
    });
    EXPECT_LT(best.high, 600);
    EXPECT_GT(best.high, 60);
    EXPECT_GT(best.low, -600);
    EXPECT_LT(best.low, -60);
  }
}

TEST_F(RangeSearch, ZerosHaveNoRange) {
  SmallVector<int64_t> bins(8, 0);
  bins[0] = 9;
  Histogram histogram(makeStats(0, 0, bins));
  Interval best =
      findBestRange(histogram, QuantScheme::Asymmetric, [&](Interval range) {
        return histogram.getSquaredError(range, QuantScheme::Asymmetric);
      });
  EXPECT_EQ(best.low, 0);
  EXPECT_EQ(best.high, 0);
  EXPECT_EQ(histogram.getClippedShare(best), 0);
}
