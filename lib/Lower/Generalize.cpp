//===- Generalize.cpp - Named structured ops to generic -------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "nnq/Lower/Passes.h"
#include "nnq/Support/Rewrite.h"

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
    LayerAttributeListener listener;
    IRRewriter rewriter(&getContext(), &listener);
    for (linalg::LinalgOp op : ops) {
      rewriter.setInsertionPoint(op);
      (void)linalg::generalizeNamedOp(rewriter, op); // The edge verifier asks.
    }
  }
};
} // namespace
