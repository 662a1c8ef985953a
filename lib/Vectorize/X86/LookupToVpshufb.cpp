//===- LookupToVpshufb.cpp - Tables of 16 bytes ---------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "nnq/Vectorize/LookupParts.h"
#include "nnq/Vectorize/Transforms.h"

using namespace mlir;
using namespace nnq;

namespace {
struct LookupToVpshufb : public OpRewritePattern<LookupOp> {
  LookupToVpshufb(MLIRContext *context, int64_t vectorBits)
      : OpRewritePattern(context), widest(vectorBits / 8) {}

  LogicalResult matchAndRewrite(LookupOp op,
                                PatternRewriter &rewriter) const override {
    int64_t count = cast<VectorType>(op.getType()).getNumElements();
    int64_t width = widest;
    while (width > kTableSize && count % width != 0)
      width /= 2;
    if (count > width && count % width != 0)
      return rewriter.notifyMatchFailure(op, "indices fill no registers");
    StringRef name = width == 16   ? "llvm.x86.ssse3.pshuf.b.128"
                     : width == 32 ? "llvm.x86.avx2.pshuf.b"
                     : width == 64 ? "llvm.x86.avx512.pshuf.b.512"
                                   : "";
    if (name.empty())
      return rewriter.notifyMatchFailure(op, "no instruction of this length");
    // Each 128 bits have the table of their own.
    lookUpByParts(op, width, rewriter, [&](Value table, Value indices) {
      return LLVM::CallIntrinsicOp::create(
                 rewriter, op.getLoc(), indices.getType(),
                 rewriter.getStringAttr(name), ValueRange{table, indices})
          .getResult(0);
    });
    return success();
  }

private:
  int64_t widest;
};
} // namespace

void nnq::populateLookupToVpshufbPatterns(RewritePatternSet &patterns,
                                          int64_t vectorBits) {
  patterns.add<LookupToVpshufb>(patterns.getContext(), vectorBits);
}
