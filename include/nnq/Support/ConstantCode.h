//===- ConstantCode.h - Constants in fewer bits -----------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//
///
/// \file
/// Constants of few numbers, one of them the most frequent one, as entries of
/// equal width: how many elements of the frequent number come first, and the
/// place of the next one in a table. Without the first part each element has an
/// entry, with it only those that differ, and some in long runs. An entry may
/// stand for several neighbours, as those of vector codebooks are.
///
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_CONSTANTCODE_H
#define NNQ_SUPPORT_CONSTANTCODE_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"

#include <optional>
#include <vector>

namespace nnq {

class ConstantCode {
public:
  /// The shortest code of elements of `width` bytes; none if they are of too
  /// many numbers, or all one.
  static std::optional<ConstantCode> get(llvm::ArrayRef<char> bytes,
                                         int64_t width);

  int64_t getEntryBits() const { return runBits + indexBits; }
  /// Of entries and of the table.
  int64_t getNumBytes() const {
    return getStreamSize() + static_cast<int64_t>(table.size()) * width;
  }
  /// Entries one after the other, the run of each in the lower bits. The last
  /// one may be read as a word of four bytes.
  std::vector<char> getStream() const;
  std::vector<char> getTable() const;

  /// Neighbours that an entry stands for, and bytes of all of them. They are
  /// what is called an element below.
  int64_t lanes = 1, width = 1;
  int64_t runBits = 0, indexBits = 0;
  int64_t numEntries = 0;
  /// The most frequent number, and those that entries refer to, as the bits of
  /// elements.
  uint64_t frequent = 0;
  std::vector<uint64_t> table;

private:
  static std::optional<ConstantCode> getOfVectors(llvm::ArrayRef<char> bytes,
                                                  int64_t lanes, int64_t width);
  int64_t getStreamSize() const;

  std::vector<uint32_t> entries;
};

} // namespace nnq

#endif // NNQ_SUPPORT_CONSTANTCODE_H
