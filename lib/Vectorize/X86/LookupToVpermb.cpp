//===- LookupToVpermb.cpp - Tables of 32 bytes ----------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "nnq/Vectorize/Transforms.h"

#include <numeric>

using namespace mlir;
using namespace nnq;

namespace {
struct LookupToVpermb : public OpRewritePattern<LookupOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LookupOp op,
                                PatternRewriter &rewriter) const override {
    constexpr int64_t kBytes = 64;
    auto type = cast<VectorType>(op.getType());
    int64_t size = cast<VectorType>(op.getTable().getType()).getNumElements();
    if (size != kWideTableSize || type.getNumElements() != kBytes)
      return rewriter.notifyMatchFailure(op, "not a register by 32 bytes");
    // No index reads the upper half of the table.
    SmallVector<int64_t> widened(kBytes, vector::ShuffleOp::kPoisonIndex);
    std::iota(widened.begin(), widened.begin() + size, 0);
    Value table = vector::ShuffleOp::create(
        rewriter, op.getLoc(), op.getTable(), op.getTable(), widened);
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(
        op, type, rewriter.getStringAttr("llvm.x86.avx512.permvar.qi.512"),
        ValueRange{table, op.getIndices()});
    return success();
  }
};
} // namespace

void nnq::populateLookupToVpermbPatterns(RewritePatternSet &patterns) {
  patterns.add<LookupToVpermb>(patterns.getContext());
}
