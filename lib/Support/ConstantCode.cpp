//===- ConstantCode.cpp - Constants in fewer bits -------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/ConstantCode.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>
#include <limits>
#include <map>

using namespace mlir;
using namespace nnq;

/// Entries are then in one word of 32 bits, wherever in a byte they begin.
static constexpr int64_t kMaxRunBits = 8, kMaxIndexBits = 12;

static std::vector<uint64_t> split(ArrayRef<char> bytes, int64_t width) {
  std::vector<uint64_t> elements(bytes.size() / width);
  for (auto [i, element] : llvm::enumerate(elements))
    std::memcpy(&element, bytes.data() + i * width, width);
  return elements;
}

std::optional<ConstantCode> ConstantCode::get(ArrayRef<char> bytes,
                                              int64_t width) {
  std::optional<ConstantCode> best;
  for (int64_t lanes = 1; lanes * width <= int64_t(sizeof(uint64_t));
       lanes *= 2) {
    if (bytes.size() % (lanes * width) != 0)
      break;
    std::optional<ConstantCode> code =
        getOfVectors(bytes, lanes, lanes * width);
    if (code && (!best || code->getNumBytes() < best->getNumBytes()))
      best = std::move(code);
  }
  return best;
}

std::optional<ConstantCode>
ConstantCode::getOfVectors(ArrayRef<char> bytes, int64_t lanes, int64_t width) {
  std::vector<uint64_t> elements = split(bytes, width);
  std::map<uint64_t, int64_t> counts;
  for (uint64_t element : elements)
    if (++counts[element]; counts.size() > (size_t{1} << kMaxIndexBits))
      return std::nullopt;
  if (counts.size() < 2)
    return std::nullopt;
  ConstantCode best;
  best.lanes = lanes;
  best.width = width;
  best.frequent = llvm::max_element(counts, [](const auto &a, const auto &b) {
                    return a.second < b.second;
                  })->first;
  // Lengths of runs in front of the others.
  std::vector<int64_t> runs;
  int64_t run = 0;
  for (uint64_t element : elements) {
    if (element == best.frequent) {
      ++run;
      continue;
    }
    runs.push_back(run);
    run = 0;
  }
  int64_t least = std::numeric_limits<int64_t>::max();
  for (int64_t bits = 0; bits <= kMaxRunBits; ++bits) {
    int64_t fillers = 0, count = elements.size(), numbers = counts.size();
    if (bits > 0) {
      for (int64_t length : runs)
        fillers += length >> bits;
      count = runs.size() + fillers;
      numbers -= fillers == 0;
    }
    int64_t indexBits = llvm::Log2_64_Ceil(numbers);
    if (int64_t size = count * (bits + indexBits); size < least) {
      least = size;
      best.runBits = bits;
      best.indexBits = indexBits;
      best.numEntries = count;
    }
  }
  std::map<uint64_t, uint32_t> places;
  bool refersToFrequent =
      best.runBits == 0 || best.numEntries > static_cast<int64_t>(runs.size());
  for (auto [number, unused] : counts) {
    if (number == best.frequent && !refersToFrequent)
      continue;
    places[number] = best.table.size();
    best.table.push_back(number);
  }
  uint32_t longest = (1u << best.runBits) - 1;
  run = 0;
  for (uint64_t element : elements) {
    if (best.runBits != 0 && element == best.frequent && run < longest) {
      ++run;
      continue;
    }
    best.entries.push_back(places[element] << best.runBits | run);
    run = 0;
  }
  // The rest is there before the first entry is read.
  best.entries.resize(best.numEntries);
  return best;
}

int64_t ConstantCode::getStreamSize() const {
  return llvm::divideCeil(numEntries * getEntryBits(), 8) + sizeof(uint32_t) -
         1;
}

std::vector<char> ConstantCode::getStream() const {
  std::vector<char> stream(getStreamSize());
  for (auto [i, entry] : llvm::enumerate(entries)) {
    int64_t bit = static_cast<int64_t>(i) * getEntryBits();
    uint32_t word;
    std::memcpy(&word, stream.data() + bit / 8, sizeof(word));
    word |= entry << bit % 8;
    std::memcpy(stream.data() + bit / 8, &word, sizeof(word));
  }
  return stream;
}

std::vector<char> ConstantCode::getTable() const {
  std::vector<char> bytes(table.size() * width);
  for (auto [i, number] : llvm::enumerate(table))
    std::memcpy(bytes.data() + i * width, &number, width);
  return bytes;
}
