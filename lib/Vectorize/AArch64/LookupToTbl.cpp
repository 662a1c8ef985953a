//===- LookupToTbl.cpp - Tables of 16 bytes -------------------------------===//
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
struct LookupToTbl : public OpRewritePattern<LookupOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LookupOp op,
                                PatternRewriter &rewriter) const override {
    int64_t count = cast<VectorType>(op.getType()).getNumElements();
    if (cast<VectorType>(op.getTable().getType()).getNumElements() !=
        kTableSize)
      return rewriter.notifyMatchFailure(op, "a table of more than 16 bytes");
    if (count > kTableSize && count % kTableSize != 0)
      return rewriter.notifyMatchFailure(op, "indices fill no registers");
    lookUpByParts(op, kTableSize, rewriter, [&](Value table, Value indices) {
      return LLVM::CallIntrinsicOp::create(
                 rewriter, op.getLoc(), indices.getType(),
                 rewriter.getStringAttr("llvm.aarch64.neon.tbl1.v16i8"),
                 ValueRange{table, indices})
          .getResult(0);
    });
    return success();
  }
};
} // namespace

void nnq::populateLookupToTblPatterns(RewritePatternSet &patterns) {
  patterns.add<LookupToTbl>(patterns.getContext());
}
