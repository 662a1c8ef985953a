//===- PlacedWeights.cpp - Weights and what they multiply -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "PlacedWeights.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nnq;

int64_t nnq::getPlaceBits(SparseKind kind) {
  switch (kind) {
  case SparseKind::TwoOfFour:
    return 2;
  case SparseKind::WideWindow:
    // As the instruction takes them.
    return 8;
  default:
    return kTableBits;
  }
}

int64_t nnq::getWindowBytes(SparseKind kind) {
  return kind == SparseKind::WideWindow ? kWideTableSize : kTableSize;
}

int64_t nnq::getWindow(const Contraction &contraction, SparseKind kind) {
  return getWindowBytes(kind) * 8 /
         getFactorTypes(contraction).activation.getIntOrFloatBitWidth();
}

LogicalResult nnq::checkPlaces(const ContractionLayout &layout,
                               const ConstantData &weights,
                               std::string &reason) {
  if (failed(checkZerosSkipped(layout, weights, reason)))
    return failure();
  if (weights.getType().getElementType().isInteger(8))
    return success();
  reason = "places are kept of weights of 8 bits only";
  return failure();
}

void nnq::appendPlaces(std::vector<char> &to, ArrayRef<uint8_t> indices,
                       int64_t bits) {
  size_t start = to.size(), count = indices.size() * bits / 8;
  to.resize(start + count, 0);
  for (auto [i, index] : llvm::enumerate(indices))
    to[start + i % count] |= static_cast<char>(index << i / count * bits);
}

/// True if no four neighbours along the run have more than two weights that are
/// not zero.
static bool isTwoOfFour(const ContractionLayout &layout,
                        const ConstantData &weights) {
  WeightIndex index(layout);
  ArrayRef<int8_t> values = weights.getAs<int8_t>();
  for (int64_t c = 0; c < index.channels; ++c)
    for (int64_t o = 0; o < index.outer; ++o)
      for (int64_t first = 0; first < layout.runLength; first += kFour) {
        int64_t count = 0;
        int64_t end = std::min(first + kFour, layout.runLength);
        for (int64_t r = first; r < end; ++r)
          count += values[index.at(c, o, r)] != 0;
        if (count > kFour / 2)
          return false;
      }
  return true;
}

FailureOr<PlacedWeights>
PlacedWeights::getTwoOfFour(const ContractionLayout &layout,
                            const ConstantData &weights, KernelAttr kernel,
                            std::string &reason) {
  if (failed(checkPlaces(layout, weights, reason)))
    return failure();
  auto fail = [&](StringRef why) {
    reason = why.str();
    return failure();
  };
  if (!isTwoOfFour(layout, weights))
    return fail("more than two of four neighbouring weights are not zero");
  WeightIndex index(layout);
  ArrayRef<int8_t> all = weights.getAs<int8_t>();
  int64_t lanes = kernel.getLanes(), size = getPartSize(kernel);
  int64_t bits = getPlaceBits(kernel.getSparse());
  int64_t steps = llvm::divideCeil(layout.runLength, kernel.getGroup()) *
                  getNumParts(kernel);
  int64_t blocks = llvm::divideCeil(index.channels, lanes);
  PlacedWeights result;
  std::vector<uint8_t> indices;
  for (int64_t block = 0; block < blocks; ++block)
    for (int64_t o = 0; o < index.outer; ++o)
      for (int64_t step = 0; step < steps; ++step) {
        size_t start = result.values.size(), firstPlace = indices.size();
        result.values.resize(start + lanes * size, 0);
        indices.resize(firstPlace + lanes * size, 0);
        for (int64_t lane = 0; lane < lanes; ++lane) {
          int64_t channel = block * lanes + lane;
          for (int64_t four = 0; four < size / 2; ++four) {
            int64_t at = lane * size + 2 * four;
            for (int64_t i = 0; i < kFour; ++i) {
              int64_t r = step * getPartSpan(kernel) + four * kFour + i;
              if (channel >= index.channels || r >= layout.runLength)
                continue;
              int8_t value = all[index.at(channel, o, r)];
              if (value == 0)
                continue;
              result.values[start + at] = value;
              indices[firstPlace + at++] = i;
            }
          }
        }
        if (step % 2 == 0)
          continue;
        appendPlaces(result.places, indices, bits);
        indices.clear();
      }
  if (addsInI16(kernel.getDot()) &&
      !fitsI16(asNumbers(result.values), kernel.getDot(), lanes * size,
               /*parts=*/1))
    return fail("16 bits do not hold the sums of its pairs");
  return result;
}
