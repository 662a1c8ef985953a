//===- InterchangeLoops.cpp - Contiguous loops innermost ------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Compress/Calibrate/Passes.h"
#include "nnq/Support/Structured.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"

namespace nnq {
#define GEN_PASS_DEF_INTERCHANGELOOPS
#include "nnq/Compress/Calibrate/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

/// The loop over the last dimension of the result, if a reduction runs inside
/// of it.
static std::optional<unsigned> findLoopToSink(linalg::LinalgOp op) {
  if (op.getNumDpsInits() != 1 || op.getNumReductionLoops() == 0)
    return std::nullopt;
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (map.getNumResults() == 0)
    return std::nullopt;
  auto dim = dyn_cast<AffineDimExpr>(map.getResults().back());
  if (!dim || dim.getPosition() + 1 == op.getNumLoops())
    return std::nullopt;
  return dim.getPosition();
}

namespace {

struct InterchangeLoops
    : public nnq::impl::InterchangeLoopsBase<InterchangeLoops> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> ops;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (findLoopToSink(op))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (linalg::LinalgOp op : ops) {
      rewriter.setInsertionPoint(op);
      auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
      if (!generic) {
        FailureOr<linalg::GenericOp> generalized =
            nnq::generalizeNamedOp(rewriter, op);
        if (failed(generalized))
          continue;
        generic = *generalized;
      }
      std::optional<unsigned> loop = findLoopToSink(generic);
      SmallVector<unsigned> order;
      for (unsigned i = 0; i < generic.getNumLoops(); ++i)
        if (i != loop)
          order.push_back(i);
      order.push_back(*loop);
      if (succeeded(linalg::interchangeGenericOp(rewriter, generic, order)))
        ++numOps;
    }
  }
};

} // namespace
