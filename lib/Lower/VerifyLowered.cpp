//===- VerifyLowered.cpp - Edge of the Lower stage ------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Lower/Passes.h"
#include "nnq/Support/Layers.h"

namespace nnq {
#define GEN_PASS_DEF_VERIFYLOWERED
#include "nnq/Lower/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static bool hasQuantizedElements(Type type) {
  return isa<quant::QuantizedType>(getElementTypeOrSelf(type));
}

namespace {
struct VerifyLowered : public nnq::impl::VerifyLoweredBase<VerifyLowered> {
  void runOnOperation() override {
    WalkResult result = getOperation().walk([](Operation *op) {
      auto fail = [&](StringRef why) {
        emitLayerError(op) << why;
        return WalkResult::interrupt();
      };
      // Observers of calibration go down with the rest.
      if (isa<NNQDialect, quant::QuantDialect>(op->getDialect()) &&
          !isa<ObserveOp>(op))
        return fail("cannot be lowered to integer linalg; lower by definition "
                    "with --lower-to-llvm=reference");
      auto func = dyn_cast<func::FuncOp>(op);
      if (llvm::any_of(op->getResultTypes(), hasQuantizedElements) ||
          (func && llvm::any_of(func.getArgumentTypes(), hasQuantizedElements)))
        return fail("still has quantized elements");
      if (isa<linalg::LinalgOp>(op) &&
          !isa<linalg::GenericOp, linalg::FillOp>(op))
        return fail("is still a named op");
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
