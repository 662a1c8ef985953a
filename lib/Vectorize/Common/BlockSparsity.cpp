//===- BlockSparsity.cpp - Blocks of weights that are zero ----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "BlockSparsity.h"

#include "nnq/Support/QuantMath.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

using namespace mlir;
using namespace nnq;

/// Calls `take` with the elements as numbers, among which -0 is 0.
template <typename Take>
static auto withElements(const ConstantData &weights, Take take) {
  Type type = weights.getType().getElementType();
  if (type.isF32())
    return take(weights.getAs<float>());
  return take(weights.getAs<int8_t>());
}

static bool hasKnownElements(const ConstantData &weights) {
  Type type = weights.getType().getElementType();
  return type.isF32() || type.isInteger(8);
}

double nnq::getZeroShare(const ConstantData &weights) {
  if (!hasKnownElements(weights) || weights.getNumElements() == 0)
    return 0;
  return withElements(weights, [&](auto values) {
    return static_cast<double>(llvm::count(values, 0)) / values.size();
  });
}

int64_t BlockLists::getStepBits() const {
  int32_t most = steps.empty() ? 0 : *llvm::max_element(steps);
  return most < 1 << 8 ? 8 : most < 1 << 16 ? 16 : 32;
}

std::vector<char> BlockLists::getStepBytes() const {
  size_t width = getStepBits() / 8;
  std::vector<char> bytes(steps.size() * width);
  // Little-endian, as all targets are.
  for (size_t i = 0; i < steps.size(); ++i)
    std::memcpy(bytes.data() + i * width, &steps[i], width);
  return bytes;
}

bool nnq::fitsI16(ArrayRef<int8_t> numbers, DotKind dot, int64_t size,
                  int64_t parts) {
  int64_t length = numbers.size(), neighbours = NarrowSum::getNeighbours(dot);
  for (int64_t first = 0; first < length; first += parts * size)
    for (int64_t at = first; at < first + size; at += neighbours) {
      NarrowSum sum(dot);
      for (int64_t i = 0; i < parts; ++i)
        for (int64_t j = 0; j < neighbours; ++j)
          sum.add(numbers[at + i * size + j]);
      if (!sum.fits())
        return false;
    }
  return true;
}

bool BlockLists::fitsI16(DotKind dot, int64_t parts) const {
  return steps.empty() || nnq::fitsI16(asNumbers(values), dot,
                                       values.size() / steps.size(), parts);
}

LogicalResult nnq::checkZerosSkipped(const ContractionLayout &layout,
                                     const ConstantData &weights,
                                     std::string &reason) {
  auto fail = [&](StringRef why) {
    reason = why.str();
    return failure();
  };
  if (layout.contraction.groupChannels || layout.mergedGroups > 1)
    return fail("zeros are not skipped in a convolution over groups");
  if (layout.contraction.groupLoop)
    return fail("zeros are not skipped where groups have scales");
  if (!hasKnownElements(weights))
    return fail("zeros are skipped of weights of f32 or 8 bits only");
  return success();
}

FailureOr<BlockSparsity> BlockSparsity::get(const ContractionLayout &layout,
                                            const ConstantData &weights,
                                            int64_t lanes, int64_t part,
                                            std::string &reason) {
  if (failed(checkZerosSkipped(layout, weights, reason)))
    return failure();
  BlockSparsity result(layout, weights, lanes, part);
  const WeightIndex &index = result.index;
  result.runLength = layout.runLength;
  int64_t blocks = llvm::divideCeil(index.channels, lanes);
  result.nonzero.assign(blocks * index.outer, llvm::BitVector(llvm::divideCeil(
                                                  layout.runLength, part)));
  withElements(weights, [&](auto values) {
    for (int64_t c = 0; c < index.channels; ++c)
      for (int64_t o = 0; o < index.outer; ++o) {
        llvm::BitVector &steps = result.nonzero[c / lanes * index.outer + o];
        for (int64_t r = 0; r < layout.runLength; ++r)
          if (values[index.at(c, o, r)] != 0)
            steps.set(r / part);
      }
  });
  return result;
}

int64_t BlockSparsity::getNumTiles(int64_t tileBlocks) const {
  return llvm::divideCeil(llvm::divideCeil(index.channels, lanes), tileBlocks);
}

int64_t BlockSparsity::getNumLists(int64_t tileBlocks) const {
  return getNumTiles(tileBlocks) * index.outer;
}

int64_t BlockSparsity::getNumEntries(int64_t tileBlocks) const {
  return getNumLists(tileBlocks) * llvm::divideCeil(runLength, part);
}

llvm::BitVector BlockSparsity::getSteps(int64_t tile, int64_t outer,
                                        int64_t tileBlocks) const {
  int64_t blocks = llvm::divideCeil(index.channels, lanes);
  int64_t first = tile * tileBlocks;
  llvm::BitVector steps = nonzero[first * index.outer + outer];
  int64_t end = std::min(first + tileBlocks, blocks);
  for (int64_t block = first + 1; block < end; ++block)
    steps |= nonzero[block * index.outer + outer];
  return steps;
}

int64_t BlockSparsity::countEntries(int64_t tileBlocks, int64_t parts) const {
  int64_t count = 0;
  for (int64_t tile = 0; tile < getNumTiles(tileBlocks); ++tile)
    for (int64_t outer = 0; outer < index.outer; ++outer)
      count += llvm::alignTo(getSteps(tile, outer, tileBlocks).count(), parts);
  return count;
}

/// Padding multiplies what another entry of the list does, by zero.
void BlockSparsity::appendBlock(BlockLists &lists, int64_t tile, int64_t outer,
                                int64_t tileBlocks, int64_t step,
                                bool isPadding) const {
  size_t width = weights.getType().getElementTypeBitWidth() / 8;
  lists.steps.push_back(step);
  size_t start = lists.values.size();
  lists.values.resize(start + tileBlocks * lanes * part * width, 0);
  if (isPadding)
    return;
  for (int64_t lane = 0; lane < tileBlocks * lanes; ++lane) {
    int64_t channel = tile * tileBlocks * lanes + lane;
    if (channel >= index.channels)
      return;
    for (int64_t v = 0; v < part && step * part + v < runLength; ++v)
      std::memcpy(lists.values.data() + start + (lane * part + v) * width,
                  weights.getBytes().data() +
                      index.at(channel, outer, step * part + v) * width,
                  width);
  }
}

BlockLists BlockSparsity::getLists(int64_t tileBlocks, int64_t parts) const {
  BlockLists lists;
  for (int64_t tile = 0; tile < getNumTiles(tileBlocks); ++tile)
    for (int64_t outer = 0; outer < index.outer; ++outer) {
      int32_t first = lists.getNumEntries();
      llvm::BitVector steps = getSteps(tile, outer, tileBlocks);
      for (unsigned step : steps.set_bits())
        appendBlock(lists, tile, outer, tileBlocks, step, /*isPadding=*/false);
      while (lists.steps.size() % parts != 0)
        appendBlock(lists, tile, outer, tileBlocks, lists.steps.back(),
                    /*isPadding=*/true);
      int32_t end = lists.getNumEntries();
      lists.bounds.push_back({first, end});
    }
  return lists;
}
