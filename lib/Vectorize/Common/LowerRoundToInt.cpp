//===- LowerRoundToInt.cpp - Rounding conversions of the target -----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Support/TargetInfo.h"
#include "nnq/Vectorize/Passes.h"
#include "nnq/Vectorize/Transforms.h"

namespace nnq {
#define GEN_PASS_DEF_LOWERROUNDTOINT
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct LowerRoundToInt
    : public nnq::impl::LowerRoundToIntBase<LowerRoundToInt> {
  void runOnOperation() override {
    auto module = getOperation()->getParentOfType<ModuleOp>();
    auto target =
        module ? module->getAttrOfType<TargetAttr>(kTargetAttr) : nullptr;
    if (!target)
      return;
    // While the rounding is there to be seen.
    RewritePatternSet divisions(&getContext());
    if (hasFusedMultiplyAdd(target))
      populateDivideByScalePatterns(divisions);
    if (failed(applyPatternsGreedily(getOperation(), std::move(divisions))))
      return signalPassFailure();
    // Elsewhere LLVM selects the conversion that rounds by itself.
    if (!target.getTriple().getValue().starts_with("x86_64"))
      return;
    RewritePatternSet patterns(&getContext());
    // Wider registers convert more at a time, as LLVM knows.
    populateRoundToCvtps2dqPatterns(patterns,
                                    /*splits=*/target.getVectorBits() <= 256);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
