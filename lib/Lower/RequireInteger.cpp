//===- RequireInteger.cpp - No float tensors between integer layers -------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Lower/Passes.h"
#include "nnq/Support/Layers.h"
#include "nnq/Support/Structured.h"

namespace nnq {
#define GEN_PASS_DEF_REQUIREINTEGER
#include "nnq/Lower/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

static bool isFloatTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && isa<FloatType>(tensor.getElementType());
}

/// A sum of products of integers.
static bool isIntegerLayer(Operation *op) {
  auto structured = dyn_cast<linalg::LinalgOp>(op);
  return structured && isMultiplyAccumulate(structured) &&
         getElementTypeOrSelf(op->getResult(0).getType()).isInteger();
}

namespace {
struct RequireInteger : public nnq::impl::RequireIntegerBase<RequireInteger> {
  void runOnOperation() override {
    llvm::SetVector<Operation *> behind, before;
    ForwardSliceOptions forward;
    BackwardSliceOptions backward;
    backward.omitBlockArguments = true;
    bool hasLayers = false;
    getOperation().walk([&](Operation *op) {
      if (!isIntegerLayer(op))
        return;
      hasLayers = true;
      getForwardSlice(op, &behind, forward);
      (void)getBackwardSlice(op, &before, backward);
    });
    auto fail = [&](Operation *op, const Twine &what) {
      InFlightDiagnostic diag = emitLayerError(op) << what;
      if (auto reason = op->getAttrOfType<StringAttr>(kKeepF32Attr))
        diag << ": " << reason.getValue();
      diag.attachNote() << "--remarks-filter-missed=nnq says why layers stay "
                           "in f32";
      signalPassFailure();
    };
    getOperation().walk([&](linalg::LinalgOp op) {
      bool isFloat = llvm::any_of(op->getResultTypes(), isFloatTensor);
      if (isFloat && isMultiplyAccumulate(op))
        fail(op, "multiplies in f32, where integers are required");
      else if (isFloat && behind.contains(op) && before.contains(op))
        fail(op, "gives a tensor of f32 between integer layers");
    });
    if (!hasLayers)
      fail(getOperation(), "has no integer layers; run --quantize-int8 first");
  }
};
} // namespace
