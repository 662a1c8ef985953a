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
    TargetAttr target = findTarget(getOperation());
    // Elsewhere LLVM selects the conversion that rounds by itself.
    if (!target || !target.getTriple().getValue().starts_with("x86_64"))
      return;
    RewritePatternSet patterns(&getContext());
    populateRoundToCvtps2dqPatterns(patterns, target.getVectorBits());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
