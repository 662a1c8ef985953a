//===- WindowSparsity.cpp - Weights in windows of the activation ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "PlacedWeights.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nnq;

LogicalResult WindowSparsity::check(const ContractionLayout &layout,
                                    const ConstantData &weights,
                                    SparseKind kind, std::string &reason) {
  if (failed(checkPlaces(layout, weights, reason)))
    return failure();
  if (layout.runLength >= getWindow(layout.contraction, kind))
    return success();
  reason = "it multiplies fewer neighbours than a register holds";
  return failure();
}

WindowSparsity::WindowSparsity(const ContractionLayout &layout,
                               const ConstantData &weights, int64_t lanes,
                               int64_t part, SparseKind kind)
    : index(layout), weights(weights), lanes(lanes), part(part),
      placeBits(getPlaceBits(kind)),
      window(getWindow(layout.contraction, kind)), runLength(layout.runLength),
      positions(index.channels * index.outer) {
  ArrayRef<int8_t> all = weights.getAs<int8_t>();
  for (int64_t c = 0; c < index.channels; ++c)
    for (int64_t o = 0; o < index.outer; ++o)
      for (int64_t r = 0; r < runLength; ++r)
        if (all[index.at(c, o, r)] != 0)
          positions[c * index.outer + o].push_back(r);
}

int64_t WindowSparsity::getNumLists(int64_t tileBlocks) const {
  return llvm::divideCeil(llvm::divideCeil(index.channels, lanes), tileBlocks) *
         index.outer;
}

void WindowSparsity::walk(
    int64_t tile, int64_t outer, int64_t tileBlocks,
    function_ref<void(int64_t)> take,
    function_ref<void(int64_t, int64_t, int64_t)> takeWeight) const {
  int64_t first = tile * tileBlocks * lanes;
  int64_t count = std::min(tileBlocks * lanes, index.channels - first);
  std::vector<size_t> next(count, 0);
  auto getPositions = [&](int64_t lane) -> ArrayRef<int32_t> {
    return positions[(first + lane) * index.outer + outer];
  };
  while (true) {
    // The lane that is behind says where a window begins.
    int64_t start = runLength;
    for (int64_t lane = 0; lane < count; ++lane)
      if (next[lane] < getPositions(lane).size())
        start = std::min<int64_t>(start, getPositions(lane)[next[lane]]);
    if (start == runLength)
      return;
    // No window reads behind the run.
    start = std::min(start, runLength - window);
    take(start);
    for (int64_t lane = 0; lane < count; ++lane) {
      ArrayRef<int32_t> its = getPositions(lane);
      for (int64_t i = 0; i < part && next[lane] < its.size() &&
                          its[next[lane]] < start + window;
           ++i)
        takeWeight(lane, i, its[next[lane]++]);
    }
  }
}

int64_t WindowSparsity::countEntries(int64_t tileBlocks, int64_t parts) const {
  int64_t total = 0;
  int64_t tiles = getNumLists(tileBlocks) / index.outer;
  for (int64_t tile = 0; tile < tiles; ++tile)
    for (int64_t outer = 0; outer < index.outer; ++outer) {
      int64_t count = 0;
      walk(
          tile, outer, tileBlocks, [&](int64_t) { ++count; },
          [](int64_t, int64_t, int64_t) {});
      total += llvm::alignTo(count, parts);
    }
  return total;
}

WindowLists WindowSparsity::getLists(int64_t tileBlocks, int64_t parts) const {
  WindowLists lists;
  ArrayRef<int8_t> all = weights.getAs<int8_t>();
  int64_t size = lanes * part;
  std::vector<uint8_t> places(tileBlocks * size);
  auto finishEntry = [&] {
    for (int64_t block = 0; block < tileBlocks; ++block)
      appendPlaces(lists.places, ArrayRef(places).slice(block * size, size),
                   placeBits);
  };
  auto appendEntry = [&](int64_t start) {
    lists.steps.push_back(start);
    lists.values.resize(lists.values.size() + tileBlocks * size, 0);
    std::fill(places.begin(), places.end(), 0);
  };
  int64_t tiles = getNumLists(tileBlocks) / index.outer;
  for (int64_t tile = 0; tile < tiles; ++tile)
    for (int64_t outer = 0; outer < index.outer; ++outer) {
      int32_t first = lists.getNumEntries();
      walk(
          tile, outer, tileBlocks,
          [&](int64_t start) {
            if (lists.getNumEntries() > first)
              finishEntry();
            appendEntry(start);
          },
          [&](int64_t lane, int64_t which, int64_t at) {
            int64_t to = lane * part + which;
            lists.values[lists.values.size() - tileBlocks * size + to] =
                all[index.at(tile * tileBlocks * lanes + lane, outer, at)];
            places[to] = at - lists.steps.back();
          });
      if (lists.getNumEntries() > first)
        finishEntry();
      // Padding multiplies by zero.
      while (lists.getNumEntries() % parts != 0) {
        appendEntry(lists.steps.back());
        finishEntry();
      }
      lists.bounds.push_back(
          {first, static_cast<int32_t>(lists.getNumEntries())});
    }
  return lists;
}
