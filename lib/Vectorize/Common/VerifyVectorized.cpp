//===- VerifyVectorized.cpp - Edge of the Vectorize stage -----------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/Layers.h"
#include "nnq/Vectorize/Passes.h"

namespace nnq {
#define GEN_PASS_DEF_VERIFYVECTORIZED
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct VerifyVectorized
    : public nnq::impl::VerifyVectorizedBase<VerifyVectorized> {
  void runOnOperation() override {
    WalkResult result = getOperation().walk([](Operation *op) {
      auto fail = [&](StringRef why) {
        emitLayerError(op) << why;
        return WalkResult::interrupt();
      };
      if (isa<linalg::LinalgOp>(op))
        return fail("has no vector or loop form");
      if (isa<vector::ContractionOp>(op))
        return fail("matches no dot instruction of the target");
      if (isa<LookupOp>(op))
        return fail("is looked up by no instruction");
      if (llvm::any_of(op->getResultTypes(), llvm::IsaPred<TensorType>))
        return fail("still yields a tensor");
      for (Region &region : op->getRegions())
        if (llvm::any_of(region.getArgumentTypes(), llvm::IsaPred<TensorType>))
          return fail("still has a tensor argument");
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
