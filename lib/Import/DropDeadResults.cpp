//===- DropDeadResults.cpp - Remove results that nothing reads ------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Import/Passes.h"
#include "nnq/Support/Rewrite.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"

namespace nnq {
#define GEN_PASS_DEF_DROPDEADRESULTS
#include "nnq/Import/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {

struct DropDeadResults
    : public nnq::impl::DropDeadResultsBase<DropDeadResults> {
  void runOnOperation() override {
    int64_t before = countResults();
    RewritePatternSet patterns(&getContext());
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    if (failed(
            applyPatternsWithoutFolding(getOperation(), std::move(patterns))))
      return signalPassFailure();
    numDropped += before - countResults();
  }

private:
  int64_t countResults() {
    int64_t count = 0;
    getOperation()->walk(
        [&](linalg::GenericOp op) { count += op->getNumResults(); });
    return count;
  }
};

} // namespace
