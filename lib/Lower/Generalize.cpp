//===- Generalize.cpp - Named structured ops to generic -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Lower/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_GENERALIZE
#include "nnq/Lower/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct Generalize : public nnq::impl::GeneralizeBase<Generalize> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (!isa<linalg::GenericOp, linalg::FillOp>(op))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (linalg::LinalgOp op : ops) {
      rewriter.setInsertionPoint(op);
      Attribute layer = op->getAttr(kLayerAttr);
      FailureOr<linalg::GenericOp> generic =
          linalg::generalizeNamedOp(rewriter, op);
      if (succeeded(generic) && layer)
        (*generic)->setAttr(kLayerAttr, layer);
    }
  }
};
} // namespace
