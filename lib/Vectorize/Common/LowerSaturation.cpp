//===- LowerSaturation.cpp - Saturating instructions of the target --------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "nnq/Support/TargetInfo.h"
#include "nnq/Vectorize/Passes.h"
#include "nnq/Vectorize/Transforms.h"

namespace nnq {
#define GEN_PASS_DEF_LOWERSATURATION
#include "nnq/Vectorize/Passes.h.inc"
} // namespace nnq

using namespace mlir;
using namespace nnq;

namespace {
struct LowerSaturation
    : public nnq::impl::LowerSaturationBase<LowerSaturation> {
  void runOnOperation() override {
    TargetAttr target = findTarget(getOperation());
    // Elsewhere no instruction takes halves by 128 bits.
    if (!target || !target.getTriple().getValue().starts_with("x86_64"))
      return;
    RewritePatternSet patterns(&getContext());
    populateNarrowToPackssdwPatterns(patterns, target.getVectorBits());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
