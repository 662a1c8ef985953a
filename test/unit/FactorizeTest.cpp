//===- FactorizeTest.cpp --------------------------------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "Compress/Factorize/Cp.h"
#include "Compress/Factorize/SingularValues.h"
#include "Compress/Factorize/Tucker2.h"
#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace nnq;

namespace {
class Factorize : public testing::Test {
protected:
  double draw() { return (random() >> 11) * 0x1p-53 * 2 - 1; }

  Matrix drawMatrix(int64_t rows, int64_t columns) {
    Matrix matrix(rows, columns);
    for (int64_t i = 0; i < matrix.size(); ++i)
      matrix.data()[i] = draw();
    return matrix;
  }

  DenseTensor drawTensor(llvm::ArrayRef<int64_t> shape) {
    DenseTensor tensor(shape);
    for (double &value : tensor.values)
      value = draw();
    return tensor;
  }

  std::mt19937_64 random{7};
};

TEST_F(Factorize, UnfoldingsHoldFibresInOrder) {
  DenseTensor tensor({2, 3, 2});
  for (size_t i = 0; i < tensor.values.size(); ++i)
    tensor.values[i] = i;
  Matrix middle = tensor.unfold(1);
  ASSERT_EQ(middle.rows(), 3);
  ASSERT_EQ(middle.cols(), 4);
  // (i, j, k) is at j, 2 i + k.
  EXPECT_EQ(middle(2, 3), 6 + 2 * 2 + 1);
  EXPECT_EQ(DenseTensor::fold(middle, 1, tensor.shape).values, tensor.values);
  Matrix sum = Matrix::Ones(1, 3);
  EXPECT_EQ(
      tensor.multiply(sum, 1).values,
      (std::vector<double>{0 + 2 + 4, 1 + 3 + 5, 6 + 8 + 10, 7 + 9 + 11}));
}

TEST_F(Factorize, TruncatedSvdLosesTheTailOfSingularValues) {
  for (auto [rows, columns] : {std::pair(9, 40), {40, 9}, {12, 12}}) {
    Matrix matrix = drawMatrix(rows, columns);
    LeftSvd svd = computeLeftSvd(matrix);
    ASSERT_EQ(svd.values.size(), std::min(rows, columns));
    EXPECT_NEAR(svd.values.squaredNorm(), matrix.squaredNorm(), 1e-9);
    Matrix left = svd.vectors.leftCols(4);
    double error = (matrix - left * (left.transpose() * matrix)).squaredNorm();
    EXPECT_NEAR(error, svd.values.tail(svd.values.size() - 4).squaredNorm(),
                1e-9);
  }
}

TEST_F(Factorize, WeightedSvdIsNearerOnTheData) {
  Matrix matrix = drawMatrix(10, 20), samples = drawMatrix(20, 300);
  for (int64_t i = 0; i < 20; ++i)
    samples.row(i) *= std::pow(0.7, i);
  Matrix correlation = samples * samples.transpose() / 300;
  auto errorOf = [&](const LeftSvd &svd) {
    Matrix left = svd.vectors.leftCols(3);
    Matrix difference = matrix - left * (left.transpose() * matrix);
    return (difference * samples).squaredNorm() / 300;
  };
  LeftSvd weighted = computeWeightedLeftSvd(matrix, correlation);
  EXPECT_LT(errorOf(weighted), 0.8 * errorOf(computeLeftSvd(matrix)));
  // No matrix of rank 3 is nearer: the error is the tail of the values.
  EXPECT_NEAR(errorOf(weighted), weighted.values.tail(7).squaredNorm(), 1e-9);
}

TEST_F(Factorize, EnergyTakesTheLeastRank) {
  Eigen::VectorXd values(4);
  values << 2, 1, 1, 0;
  EXPECT_EQ(getEnergyRank(values, 0.5), 1);
  EXPECT_EQ(getEnergyRank(values, 4.0 / 6), 1);
  EXPECT_EQ(getEnergyRank(values, 0.7), 2);
  EXPECT_EQ(getEnergyRank(values, 1), 3);
}

TEST_F(Factorize, VbmfFindsTheRankUnderNoise) {
  for (int64_t rank : {1, 4, 9}) {
    Matrix signal = drawMatrix(40, rank) * drawMatrix(rank, 90);
    Matrix noisy = signal + 0.1 * drawMatrix(40, 90);
    EXPECT_EQ(getVbmfRank(computeLeftSvd(noisy).values, 40, 90), rank);
    EXPECT_EQ(getVbmfRank(computeLeftSvd(noisy.transpose()).values, 90, 40),
              rank);
  }
  EXPECT_EQ(getVbmfRank(computeLeftSvd(drawMatrix(40, 90)).values, 40, 90), 0);
  EXPECT_EQ(getVbmfRank(Eigen::VectorXd::Zero(8), 8, 9), 0);
}

TEST_F(Factorize, TuckerFindsACoreThatIsThere) {
  DenseTensor tensor = drawTensor({3, 2, 5})
                           .multiply(drawMatrix(12, 3), 0)
                           .multiply(drawMatrix(7, 2), 1);
  Tucker2 exact = computeTucker2(tensor, 3, 2);
  EXPECT_EQ(exact.core.shape, (llvm::SmallVector<int64_t>{3, 2, 5}));
  EXPECT_LT(getRelativeError(tensor, exact.expand()), 1e-10);
  EXPECT_GT(getRelativeError(tensor, computeTucker2(tensor, 2, 2).expand()),
            1e-2);
}

TEST_F(Factorize, TuckerIsNoWorseThanTruncation) {
  DenseTensor tensor = drawTensor({10, 8, 9});
  Matrix first = computeLeftSvd(tensor.unfold(0)).vectors.leftCols(4),
         second = computeLeftSvd(tensor.unfold(1)).vectors.leftCols(3);
  DenseTensor truncated = tensor.multiply(first * first.transpose(), 0)
                              .multiply(second * second.transpose(), 1);
  EXPECT_LE(getRelativeError(tensor, computeTucker2(tensor, 4, 3).expand()),
            getRelativeError(tensor, truncated));
}

TEST_F(Factorize, CpFindsTermsThatAreThere) {
  Cp terms;
  for (int64_t size : {9, 8, 3, 3})
    terms.factors.push_back(drawMatrix(size, 3));
  DenseTensor tensor = terms.expand();
  Cp found = computeCp(tensor, 3, /*seed=*/0);
  EXPECT_LT(found.relativeError, 1e-2);
  EXPECT_FALSE(found.isDegenerate());
  EXPECT_NEAR(found.relativeError, getRelativeError(tensor, found.expand()),
              1e-6);
  for (int64_t term = 0; term < 3; ++term)
    for (const Matrix &factor : found.factors)
      EXPECT_NEAR(factor.col(term).norm(), found.factors[0].col(term).norm(),
                  1e-9);
}

TEST_F(Factorize, CpDoesNotDiverge) {
  // a a b + a b a + b a a, of rank 3, is the limit of tensors of rank 2 whose
  // terms grow without end.
  DenseTensor tensor({2, 2, 2});
  tensor.values[1] = tensor.values[2] = tensor.values[4] = 1;
  Cp found = computeCp(tensor, 2, /*seed=*/0);
  EXPECT_FALSE(found.isDegenerate());
  EXPECT_LT(found.termNorm, 30);
  EXPECT_LT(found.relativeError, 0.6);
}

TEST_F(Factorize, DegenerateTermsAreTold) {
  Cp cp;
  cp.relativeError = 0.1;
  cp.termNorm = 1;
  EXPECT_FALSE(cp.isDegenerate());
  cp.termNorm = 1000;
  EXPECT_TRUE(cp.isDegenerate());
  cp.termNorm = std::nan("");
  EXPECT_TRUE(cp.isDegenerate());
}
} // namespace
