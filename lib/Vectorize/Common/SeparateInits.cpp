//===- SeparateInits.cpp - A destination for each op ----------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "nnq/Vectorize/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_SEPARATEINITS
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static bool isInit(Value value) {
  return value.getDefiningOp<tensor::EmptyOp>() ||
         value.getDefiningOp<linalg::FillOp>();
}

namespace {
struct SeparateInits : public nnq::impl::SeparateInitsBase<SeparateInits> {
  /// `init` for `use` alone: an empty tensor or a fill of one.
  Value cloneInit(Value init, Operation *user) {
    OpBuilder builder(user);
    Operation *clone = builder.clone(*init.getDefiningOp());
    ++copied;
    for (OpOperand &operand : clone->getOpOperands())
      if (isInit(operand.get()))
        operand.set(cloneInit(operand.get(), clone));
    return clone->getResult(0);
  }

  void runOnOperation() override {
    SmallVector<OpOperand *> shared;
    SmallVector<Operation *> inits;
    getOperation().walk([&](Operation *op) {
      if (llvm::any_of(op->getResults(), isInit))
        inits.push_back(op);
      auto destination = dyn_cast<DestinationStyleOpInterface>(op);
      if (!destination || isa<linalg::FillOp>(op))
        return;
      for (OpOperand &init : destination.getDpsInitsMutable())
        if (isInit(init.get()))
          shared.push_back(&init);
    });
    for (OpOperand *use : shared)
      use->set(cloneInit(use->get(), use->getOwner()));
    for (Operation *op : llvm::reverse(inits))
      if (op->use_empty())
        op->erase();
  }
};
} // namespace
