//===- ContractToSdot.cpp - Groups of four s8 by s8 -----------------------===//
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
struct ContractToSdot : public OpRewritePattern<vector::ContractionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::ContractionOp op,
                                PatternRewriter &rewriter) const override {
    bool perLane = isLaneContract(op);
    if (!perLane && !isRowContract(op))
      return rewriter.notifyMatchFailure(op, "not a row by columns");
    Value row = getExtended<arith::ExtSIOp>(op.getLhs(), 8);
    Value columns = getExtended<arith::ExtSIOp>(op.getRhs(), 8);
    if (!row || !columns)
      return rewriter.notifyMatchFailure(op, "factors are not s8");
    auto accType = cast<VectorType>(op.getAccType());
    if (cast<VectorType>(row.getType()).getShape().back() != 4 ||
        accType.getNumElements() != 4)
      return rewriter.notifyMatchFailure(op, "no instruction of this shape");
    Location loc = op.getLoc();
    Value factor = perLane ? flatten(rewriter, loc, row)
                           : splatGroup(rewriter, loc, row, /*lanes=*/4);
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(
        op, accType,
        rewriter.getStringAttr("llvm.aarch64.neon.sdot.v4i32.v16i8"),
        ValueRange{op.getAcc(), flatten(rewriter, loc, columns), factor});
    return success();
  }
};
} // namespace

void nnq::populateContractToSdotPatterns(RewritePatternSet &patterns) {
  patterns.add<ContractToSdot>(patterns.getContext());
}
