//===- RowProducts.cpp - Sums of products of columns ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "RowProducts.h"

#include "llvm/Support/MathExtras.h"

#include <vector>

// One rounding on some machines and two on others would be other bits.
#pragma STDC FP_CONTRACT OFF

// The widest registers of the machine. Each lane adds up as it would alone.
#if defined(__x86_64__) && defined(__linux__)
#define NNQ_WIDEST __attribute__((target_clones("avx2", "default")))
#else
#define NNQ_WIDEST
#endif

using llvm::ArrayRef;
using llvm::MutableArrayRef;

/// Columns of a panel, and how many of them a tile multiplies by all of another
/// panel: 8 sums in registers of 8 lanes.
static constexpr int64_t kPanel = 16, kTile = 4, kLanes = 8;

using Vector = float __attribute__((vector_size(kLanes * sizeof(float))));

/// Where the sums of a tile go, and how many of them there are.
namespace {
struct Corner {
  float *sums;
  int64_t stride, numRows, numColumns;
};
} // namespace

/// Adds the products of kTile columns of one panel by the columns of another.
NNQ_WIDEST static void addTile(const float *left, const float *right,
                               int64_t numRows, const Corner &to) {
  Vector sums[kTile][kPanel / kLanes] = {};
  for (int64_t row = 0; row < numRows; ++row)
    for (int64_t column = 0; column < kPanel / kLanes; ++column) {
      Vector factor;
      __builtin_memcpy(&factor, right + row * kPanel + column * kLanes,
                       sizeof(factor));
      for (int64_t i = 0; i < kTile; ++i)
        sums[i][column] += left[row * kPanel + i] * factor;
    }
  for (int64_t i = 0; i < to.numRows; ++i)
    for (int64_t j = 0; j < to.numColumns; ++j)
      to.sums[i * to.stride + j] += sums[i][j / kLanes][j % kLanes];
}

void nnq::addRowProducts(ArrayRef<float> rows, int64_t depth,
                         MutableArrayRef<float> total) {
  int64_t numRows = rows.size() / depth;
  int64_t numPanels = llvm::divideCeil(depth, kPanel);
  // Columns that tiles read together are contiguous.
  std::vector<float> panels(numPanels * numRows * kPanel);
  for (int64_t row = 0; row < numRows; ++row)
    for (int64_t k = 0; k < depth; ++k)
      panels[(k / kPanel * numRows + row) * kPanel + k % kPanel] =
          rows[row * depth + k];
  for (int64_t i = 0; i < depth; i += kTile) {
    const float *left =
        panels.data() + i / kPanel * numRows * kPanel + i % kPanel;
    for (int64_t j = 0; j <= i; j += kPanel)
      addTile(left, panels.data() + j * numRows, numRows,
              {total.data() + i * depth + j, depth, std::min(kTile, depth - i),
               std::min(kPanel, depth - j)});
  }
}
