//===- WeightReaders.cpp - Layers of one constant -------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Support/WeightReaders.h"

#include "nnq/Support/ConstantData.h"
#include "nnq/Support/Statistics.h"
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

FailureOr<ReaderMoments> ReaderMoments::get(const WeightReaders &readers,
                                            const LayerView &view,
                                            bool isCorrelated,
                                            std::string &reason) {
  auto fail = [&](const Twine &text) {
    reason = text.str();
    return failure();
  };
  ReaderMoments moments;
  double count = 0;
  std::vector<double> products;
  for (linalg::LinalgOp reader : readers) {
    FailureOr<InputStatsAttr> found =
        findInputStats(reader, isCorrelated, reason);
    if (failed(found))
      return failure();
    InputStatsAttr stats = *found;
    if (!view.fits(stats))
      return fail("the statistics of its input are of another shape");
    auto add = [&](ElementsAttr attr, std::vector<double> &to) {
      FailureOr<ConstantData> numbers = ConstantData::get(attr);
      if (failed(numbers))
        return failure();
      to.resize(numbers->getNumElements());
      for (auto [sum, x] : llvm::zip_equal(to, numbers->getAs<float>()))
        sum += static_cast<double>(x) * stats.getCount();
      return success();
    };
    if (failed(add(stats.getSecondMoment(), moments.second)) ||
        (isCorrelated && failed(add(stats.getCorrelation(), products))))
      return fail("the bytes of its statistics are not at hand");
    count += stats.getCount();
  }
  for (double &x : moments.second)
    x /= count;
  for (double x : products)
    moments.correlation.push_back(static_cast<float>(x / count));
  return moments;
}
