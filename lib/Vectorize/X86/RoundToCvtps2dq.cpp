//===- RoundToCvtps2dq.cpp - Rounding conversions -------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "nnq/Vectorize/Transforms.h"

using namespace mlir;
using namespace nnq;

/// The conversion of `lanes` floats, or an empty name.
static StringRef conversionOf(int64_t lanes) {
  switch (lanes) {
  case 4:
    return "llvm.x86.sse2.cvtps2dq";
  case 8:
    return "llvm.x86.avx.cvt.ps2dq.256";
  default:
    return "";
  }
}

namespace {
struct RoundToCvtps2dq : public OpRewritePattern<arith::FPToSIOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::FPToSIOp op,
                                PatternRewriter &rewriter) const override {
    auto round = op.getIn().getDefiningOp<math::RoundEvenOp>();
    auto type = dyn_cast<VectorType>(op.getType());
    if (!round || !type || type.getRank() != 1 ||
        !type.getElementType().isInteger(32) ||
        !getElementTypeOrSelf(op.getIn().getType()).isF32())
      return rewriter.notifyMatchFailure(op, "not a rounding of f32 to i32");
    StringRef name = conversionOf(type.getNumElements());
    if (name.empty())
      return rewriter.notifyMatchFailure(op, "no instruction of this length");
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(
        op, type, rewriter.getStringAttr(name), ValueRange{round.getOperand()});
    return success();
  }
};
} // namespace

void nnq::populateRoundToCvtps2dqPatterns(RewritePatternSet &patterns) {
  patterns.add<RoundToCvtps2dq>(patterns.getContext());
}
