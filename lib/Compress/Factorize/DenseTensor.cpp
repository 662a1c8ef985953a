//===- DenseTensor.cpp - Tensors and their unfoldings ---------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "DenseTensor.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <numeric>

using namespace nnq;
using llvm::ArrayRef;
using llvm::SmallVector;

static int64_t countElements(ArrayRef<int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1},
                         std::multiplies<>());
}

/// The modes with `mode` in front.
static SmallVector<int64_t> bringToFront(int64_t mode, int64_t rank) {
  SmallVector<int64_t> order{mode};
  for (int64_t i = 0; i < rank; ++i)
    if (i != mode)
      order.push_back(i);
  return order;
}

DenseTensor::DenseTensor(ArrayRef<int64_t> shape)
    : shape(shape), values(countElements(shape), 0.0) {}

DenseTensor DenseTensor::permute(ArrayRef<int64_t> permutation) const {
  const int64_t rank = getRank();
  SmallVector<int64_t> strides(rank, 1), sizes, steps;
  for (int64_t i = rank - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  for (int64_t from : permutation) {
    sizes.push_back(shape[from]);
    steps.push_back(strides[from]);
  }
  DenseTensor result(sizes);
  SmallVector<int64_t> index(rank, 0);
  int64_t from = 0;
  for (double &value : result.values) {
    value = values[from];
    for (int64_t i = rank - 1; i >= 0; --i) {
      from += steps[i];
      if (++index[i] < sizes[i])
        break;
      from -= steps[i] * sizes[i];
      index[i] = 0;
    }
  }
  return result;
}

DenseTensor DenseTensor::reshape(ArrayRef<int64_t> sizes) const {
  assert(countElements(sizes) == countElements(shape));
  DenseTensor result(ArrayRef<int64_t>{});
  result.shape.assign(sizes.begin(), sizes.end());
  result.values = values;
  return result;
}

Matrix DenseTensor::unfold(int64_t mode) const {
  DenseTensor moved = permute(bringToFront(mode, getRank()));
  const int64_t rows = shape[mode];
  return Eigen::Map<const Matrix>(moved.values.data(), rows,
                                  moved.values.size() / rows);
}

DenseTensor DenseTensor::fold(const Matrix &matrix, int64_t mode,
                              ArrayRef<int64_t> shape) {
  SmallVector<int64_t> order = bringToFront(mode, shape.size()), moved;
  SmallVector<int64_t> inverse(shape.size());
  for (auto [i, from] : llvm::enumerate(order)) {
    moved.push_back(shape[from]);
    inverse[from] = i;
  }
  DenseTensor front(moved);
  assert(matrix.size() == static_cast<int64_t>(front.values.size()));
  std::copy(matrix.data(), matrix.data() + matrix.size(), front.values.begin());
  return front.permute(inverse);
}

DenseTensor DenseTensor::multiply(const Matrix &matrix, int64_t mode) const {
  SmallVector<int64_t> sizes = shape;
  sizes[mode] = matrix.rows();
  return fold(matrix * unfold(mode), mode, sizes);
}

double DenseTensor::getSquaredNorm() const {
  return std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
}

double nnq::getRelativeError(const DenseTensor &a, const DenseTensor &b) {
  double error = 0;
  for (auto [x, y] : llvm::zip_equal(a.values, b.values))
    error += (x - y) * (x - y);
  double norm = a.getSquaredNorm();
  return error > 0 ? std::sqrt(error / norm) : 0;
}
