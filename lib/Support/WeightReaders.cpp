//===- WeightReaders.cpp - Layers of one constant -------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/WeightReaders.h"

#include "nnq/Support/Structured.h"

using namespace mlir;
using namespace nnq;

std::vector<WeightReaders> nnq::findWeightReaders(Operation *root) {
  llvm::MapVector<Value, WeightReaders> found;
  root->walk([&](linalg::LinalgOp op) {
    FailureOr<WeightedOp> operands = matchWeightedOp(op);
    if (isMultiplyAccumulate(op) && succeeded(operands))
      found[operands->weight->get()].push_back(op);
  });
  std::vector<WeightReaders> result;
  for (auto &[weight, readers] : found)
    result.push_back(std::move(readers));
  return result;
}

static bool readAlike(linalg::LinalgOp a, linalg::LinalgOp b) {
  return a.getIndexingMapsArray() == b.getIndexingMapsArray() &&
         a.getIteratorTypesArray() == b.getIteratorTypesArray() &&
         matchWeightedOp(a)->weight->getOperandNumber() ==
             matchWeightedOp(b)->weight->getOperandNumber();
}

bool nnq::readAlike(const WeightReaders &readers) {
  linalg::LinalgOp first = readers.front();
  Value constant = matchWeightedOp(first)->weight->get();
  return llvm::all_of(constant.getUses(), [&](OpOperand &use) {
    auto user = dyn_cast<linalg::LinalgOp>(use.getOwner());
    return !user ||
           (llvm::is_contained(readers, user) && ::readAlike(user, first));
  });
}
