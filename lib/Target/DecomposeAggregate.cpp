//===- DecomposeAggregate.cpp - linalg.softmax as plain linalg ops --------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "nnq/Target/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_DECOMPOSEAGGREGATE
#include "nnq/Target/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct DecomposeAggregate
    : public nnq::impl::DecomposeAggregateBase<DecomposeAggregate> {
  using DecomposeAggregateBase::DecomposeAggregateBase;

  void runOnOperation() override {
    SmallVector<linalg::AggregatedOpInterface> ops;
    getOperation()->walk(
        [&](linalg::AggregatedOpInterface op) { ops.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (linalg::AggregatedOpInterface op : ops) {
      rewriter.setInsertionPoint(op);
      Operation *before = op->getPrevNode();
      FailureOr<SmallVector<Value>> values = op.decomposeOperation(rewriter);
      if (failed(values))
        continue;
      // The pieces belong to the layer of the whole.
      if (Attribute layer = op->getAttr(kLayerAttr))
        for (Operation *piece = before ? before->getNextNode()
                                       : &op->getBlock()->front();
             piece != op; piece = piece->getNextNode())
          if (isa<linalg::LinalgOp>(piece))
            piece->setAttr(kLayerAttr, layer);
      rewriter.replaceOp(op, *values);
      ++numOps;
    }
  }
};
} // namespace
