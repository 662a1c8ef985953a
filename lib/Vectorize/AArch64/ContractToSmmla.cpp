//===- ContractToSmmla.cpp - Two rows by two columns of eight s8 ----------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "nnq/Vectorize/ContractMatch.h"
#include "nnq/Vectorize/Transforms.h"

using namespace mlir;
using namespace nnq;

namespace {
struct ContractToSmmla : public OpRewritePattern<vector::ContractionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::ContractionOp op,
                                PatternRewriter &rewriter) const override {
    if (!isPairContract(op))
      return rewriter.notifyMatchFailure(op, "not rows by columns");
    Value rows = getExtended<arith::ExtSIOp>(op.getLhs(), 8);
    Value columns = getExtended<arith::ExtSIOp>(op.getRhs(), 8);
    if (!rows || !columns)
      return rewriter.notifyMatchFailure(op, "factors are not s8");
    ArrayRef<int64_t> shape = cast<VectorType>(rows.getType()).getShape();
    if (shape != ArrayRef<int64_t>{2, 8} ||
        cast<VectorType>(columns.getType()).getShape() != shape)
      return rewriter.notifyMatchFailure(op, "no instruction of this shape");
    Location loc = op.getLoc();
    auto flat = VectorType::get({4}, rewriter.getI32Type());
    auto dot = LLVM::CallIntrinsicOp::create(
        rewriter, loc, flat,
        rewriter.getStringAttr("llvm.aarch64.neon.smmla.v4i32.v16i8"),
        ValueRange{flatten(rewriter, loc, op.getAcc()),
                   flatten(rewriter, loc, rows),
                   flatten(rewriter, loc, columns)});
    rewriter.replaceOpWithNewOp<vector::ShapeCastOp>(op, op.getAccType(),
                                                     dot.getResult(0));
    return success();
  }
};
} // namespace

void nnq::populateContractToSmmlaPatterns(RewritePatternSet &patterns) {
  patterns.add<ContractToSmmla>(patterns.getContext());
}
