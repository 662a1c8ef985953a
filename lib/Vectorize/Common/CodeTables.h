//===- CodeTables.h - Tables of the numbers that weights are ----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_LIB_VECTORIZE_COMMON_CODETABLES_H
#define NNQ_LIB_VECTORIZE_COMMON_CODETABLES_H

#include "ContractionLayout.h"

namespace nnq {

/// Tables of 16 numbers that all weights are found in: one, or one for each
/// block of lanes. Zero, which fills up groups, is in all of them.
class CodeTables {
public:
  /// For weights of `layout` in blocks of `lanes`; fails if one has more than
  /// `most` numbers.
  static mlir::FailureOr<CodeTables> get(const ContractionLayout &layout,
                                         const ConstantData &weights,
                                         int64_t lanes, int64_t most);

  int64_t getNumTables() const { return tables.size() / kTableSize; }
  llvm::ArrayRef<int8_t> getBytes() const { return tables; }
  /// The place of a number in the table of `block`.
  int64_t getPlace(int64_t block, int8_t number) const;

private:
  std::vector<int8_t> tables;
};

} // namespace nnq

#endif // NNQ_LIB_VECTORIZE_COMMON_CODETABLES_H
