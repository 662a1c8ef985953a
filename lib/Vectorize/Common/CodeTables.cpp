//===- CodeTables.cpp - Tables of the numbers that weights are ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "CodeTables.h"

#include "llvm/Support/MathExtras.h"

#include <set>

using namespace mlir;
using namespace nnq;

FailureOr<CodeTables> CodeTables::get(const ContractionLayout &layout,
                                      const ConstantData &weights,
                                      int64_t lanes, int64_t most) {
  auto isTooLarge = [most](const std::set<int8_t> &numbers) {
    return static_cast<int64_t>(numbers.size()) > most;
  };
  WeightIndex index(layout);
  ArrayRef<int8_t> values = weights.getAs<int8_t>();
  int64_t together = layout.contraction.groupChannels.value_or(index.channels);
  int64_t blocks = llvm::divideCeil(together, lanes);
  std::vector<std::set<int8_t>> numbers(
      llvm::divideCeil(index.channels, together) * blocks, {0});
  for (int64_t c = 0; c < index.channels; ++c) {
    std::set<int8_t> &own =
        numbers[c / together * blocks + c % together / lanes];
    for (int64_t o = 0; o < index.outer; ++o)
      for (int64_t r = 0; r < layout.getRunLength(); ++r)
        own.insert(values[index.at(c, o, r)]);
    if (isTooLarge(own))
      return failure();
  }
  std::set<int8_t> all;
  for (const std::set<int8_t> &own : numbers)
    all.insert(own.begin(), own.end());
  if (!isTooLarge(all))
    numbers = {all};
  CodeTables result;
  for (const std::set<int8_t> &own : numbers) {
    llvm::append_range(result.tables, own);
    // What no place refers to.
    result.tables.resize(llvm::alignTo(result.tables.size(), kTableSize),
                         *own.rbegin());
  }
  return result;
}

int64_t CodeTables::getPlace(int64_t block, int8_t number) const {
  const int8_t *table =
      tables.data() + (getNumTables() == 1 ? 0 : block * kTableSize);
  return std::lower_bound(table, table + kTableSize, number) - table;
}
